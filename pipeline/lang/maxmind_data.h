// Reads the values of a MaxMind DB's data section without trusting a byte of it.
//
// libmaxminddb finds the entry of an address; what the entry says is read here, because version 1.7
// skips values by recursion, so that a deeply nested one ends the process.
//
// Threads:   a reader belongs to one thread; it is made per entry.
// Ownership: values and texts are views of the section, which outlives them.
// Errors:    what is not there, damaged or out of bounds is a value that is nothing. Nothing
// recurses,
//            and a reader finds nothing any more after kMostValues values.
// Source:    https://maxmind.github.io/MaxMind-DB/, version 2.0 of the format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace lokitail::pipeline::lang {

// Small, as it is what a lookup mostly hands around.
class MaxMindValue {
 public:
  MaxMindValue() = default;  // nothing

  bool present() const { return type_ != Type::kNothing; }
  // UTF-8 if the database keeps its word, which nobody has checked.
  std::optional<std::string_view> text() const;
  // A double or a float.
  std::optional<double> real() const;
  // An integer of up to 64 bits that is not negative.
  std::optional<std::uint64_t> natural() const;

 private:
  friend class MaxMindReader;
  enum class Type : std::uint8_t {
    kNothing = 0,
    kPointer = 1,
    kText = 2,
    kDouble = 3,
    kBytes = 4,
    kUint16 = 5,
    kUint32 = 6,
    kMap = 7,
    kInt32 = 8,
    kUint64 = 9,
    kUint128 = 10,
    kArray = 11,
    kBoolean = 14,
    kFloat = 15
  };

  MaxMindValue(Type type, std::uint32_t size, const std::uint8_t* content)
      : content_(content), size_(size), type_(type) {}

  // Maps and arrays have values instead, and what the size of pointers and booleans says is all.
  bool has_bytes() const {
    return type_ != Type::kMap && type_ != Type::kArray && type_ != Type::kPointer && type_ != Type::kBoolean;
  }
  // Where the next value begins, or the first one in this.
  const std::uint8_t* end() const { return has_bytes() ? content_ + size_ : content_; }

  const std::uint8_t* content_ = nullptr;
  std::uint32_t size_ = 0;  // bytes; pairs, items; of a pointer where in the section it points to
  Type type_ = Type::kNothing;
};

class MaxMindReader {
 public:
  // All labels of an entry in a city database take some hundred.
  static constexpr std::size_t kMostValues = 10'000;

  explicit MaxMindReader(std::span<const std::uint8_t> section) : section_(section) {}

  MaxMindValue at(std::size_t offset);

  // What a map has under `key`; other values have nothing.
  MaxMindValue member(MaxMindValue map, std::string_view key) { return members(map, {key})[0]; }
  // The same for several keys, in one walk.
  template <std::size_t count>
  std::array<MaxMindValue, count> members(MaxMindValue map, const std::string_view (&keys)[count]) {
    std::array<MaxMindValue, count> found;
    find_members(map, keys, found);
    return found;
  }

  // The last item of an array; other values have none.
  MaxMindValue last_item(MaxMindValue array);

 private:
  using Place = const std::uint8_t*;  // within the section, or at its end

  Place end() const { return section_.data() + section_.size(); }
  void find_members(MaxMindValue map, std::span<const std::string_view> keys, std::span<MaxMindValue> found);
  // One value as it stands there, which may be a pointer.
  MaxMindValue read(Place place);
  // What it points to if it is a pointer, which is never another one; itself otherwise.
  MaxMindValue follow(MaxMindValue value);
  // Where the value ends with all that is in it; nullptr where that cannot be said.
  Place behind(MaxMindValue value);

  const std::span<const std::uint8_t> section_;
  std::size_t values_left_ = kMostValues;
};

}  // namespace lokitail::pipeline::lang
