// Reads the values of a MaxMind DB's data section without trusting a byte of it.
//
// libmaxminddb finds the entry of an address; what the entry says is read here, because version 1.7
// skips values by recursion, so that a deeply nested one ends the process.
//
// Threads:   a reader belongs to one thread; it is made per entry.
// Ownership: texts are views of the section, which outlives them.
// Errors:    what is damaged or out of bounds is not there. Nothing recurses, and a reader finds
//            nothing any more after kMostValues values.
// Source:    https://maxmind.github.io/MaxMind-DB/, version 2.0 of the format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace lokitail::pipeline::lang {

class MaxMindValue {
 public:
  // UTF-8 if the database keeps its word, which nobody has checked.
  std::optional<std::string_view> text() const;
  // A double or a float.
  std::optional<double> real() const;
  // An integer of up to 64 bits that is not negative.
  std::optional<std::uint64_t> natural() const;

 private:
  friend class MaxMindReader;
  enum class Type : std::uint8_t {
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

  // Where the next value begins, or the first one in this.
  std::size_t end() const;

  Type type_ = Type::kMap;
  std::size_t size_ = 0;     // bytes; pairs, items; of a pointer where it points to
  std::size_t content_ = 0;  // where its bytes, or the first value in it, begin in the section
  const std::uint8_t* bytes_ = nullptr;  // the same place
};

class MaxMindReader {
 public:
  // All labels of an entry in a city database take some hundred.
  static constexpr std::size_t kMostValues = 10'000;

  explicit MaxMindReader(std::span<const std::uint8_t> section) : section_(section) {}

  std::optional<MaxMindValue> at(std::size_t offset);

  // What a map has under `key`; other values have nothing.
  std::optional<MaxMindValue> member(const MaxMindValue& map, std::string_view key) {
    return members<1>(map, {key})[0];
  }
  // The same for several keys, in one walk.
  template <std::size_t count>
  std::array<std::optional<MaxMindValue>, count> members(
      const MaxMindValue& map, const std::array<std::string_view, count>& keys) {
    std::array<std::optional<MaxMindValue>, count> found;
    find_members(map, keys, found);
    return found;
  }
  // The last item of an array; other values have none.
  std::optional<MaxMindValue> last_item(const MaxMindValue& array);

 private:
  void find_members(const MaxMindValue& map, std::span<const std::string_view> keys,
                    std::span<std::optional<MaxMindValue>> found);
  // One value as it stands there, which may be a pointer.
  std::optional<MaxMindValue> read(std::size_t offset);
  // What it points to if it is a pointer, which is never another one; itself otherwise.
  std::optional<MaxMindValue> follow(const MaxMindValue& value);
  // Where the value at `offset` ends, with all that is in it.
  std::optional<std::size_t> behind(std::size_t offset);

  const std::span<const std::uint8_t> section_;
  std::size_t values_left_ = kMostValues;
};

}  // namespace lokitail::pipeline::lang
