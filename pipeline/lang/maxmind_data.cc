#include "pipeline/lang/maxmind_data.h"

#include <algorithm>
#include <bit>

namespace lokitail::pipeline::lang {
namespace {

std::uint64_t big_endian(const std::uint8_t* bytes, std::size_t count) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < count; ++i) number = number << 8 | bytes[i];
  return number;
}

}  // namespace

std::optional<std::string_view> MaxMindValue::text() const {
  if (type_ != Type::kText) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(content_), size_);
}

std::optional<double> MaxMindValue::real() const {
  if (type_ == Type::kDouble && size_ == 8) {
    return std::bit_cast<double>(big_endian(content_, size_));
  }
  if (type_ == Type::kFloat && size_ == 4) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(content_, size_)));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> MaxMindValue::natural() const {
  const bool is_unsigned = type_ == Type::kUint16 || type_ == Type::kUint32 || type_ == Type::kUint64;
  // Leading zero bytes are left out, so that only an int32 of full length can be negative.
  const bool is_positive = type_ == Type::kInt32 && (size_ < 4 || content_[0] < 0x80);
  if (size_ > 8 || (!is_unsigned && !is_positive)) return std::nullopt;
  return big_endian(content_, size_);
}

MaxMindValue MaxMindReader::at(std::size_t offset) {
  if (offset >= section_.size()) return {};
  return follow(read(section_.data() + offset));
}

void MaxMindReader::find_members(MaxMindValue map, std::span<const std::string_view> keys,
                                 std::span<MaxMindValue> found) {
  if (map.type_ != MaxMindValue::Type::kMap) return;
  std::size_t missing = keys.size();
  Place place = map.content_;
  for (std::uint32_t i = 0; i < map.size_ && place != nullptr; ++i) {
    const MaxMindValue key = read(place);
    const auto name = follow(key).text();
    if (!name) return;
    const MaxMindValue value = read(key.end());
    const auto wanted = std::ranges::find(keys, *name);
    if (wanted != keys.end()) {
      found[static_cast<std::size_t>(wanted - keys.begin())] = follow(value);
      if (--missing == 0) return;
    }
    place = behind(value);
  }
}

MaxMindValue MaxMindReader::last_item(MaxMindValue array) {
  if (array.type_ != MaxMindValue::Type::kArray || array.size_ == 0) return {};
  Place place = array.content_;
  for (std::uint32_t i = 1; i < array.size_ && place != nullptr; ++i) place = behind(read(place));
  return place == nullptr ? MaxMindValue() : follow(read(place));
}

// A control byte holds the type, or 0 for one in the next byte, and the size or a part of it.
MaxMindValue MaxMindReader::read(Place place) {
  using Type = MaxMindValue::Type;
  if (place == end() || values_left_ == 0) return {};
  --values_left_;
  const unsigned control = *place++;
  auto type = static_cast<Type>(control >> 5);
  std::uint64_t size = control & 31;
  // Takes further bytes; what is more than there are makes the value nothing below.
  const auto left = [&] { return static_cast<std::size_t>(end() - place); };
  std::size_t further = 0;
  std::uint64_t base = 0;
  if (type == Type::kPointer) {
    constexpr std::uint32_t kBase[] = {0, 2'048, 526'336, 0};
    const std::uint64_t form = size >> 3;
    further = form + 1;
    base = kBase[form] + (form == 3 ? 0 : (size & 7) << (8 * further));
    size = 0;
  } else {
    if (type == Type::kNothing) {
      constexpr unsigned kLastExtended = 8;
      if (left() == 0 || *place == 0 || *place > kLastExtended) return {};
      type = static_cast<Type>(7 + *place++);
    }
    constexpr std::uint32_t kBase[] = {29, 285, 65'821};
    if (size >= 29) {
      further = size - 28;
      base = kBase[size - 29];
      size = 0;
    }
  }
  if (further != 0) {
    if (left() < further) return {};
    size = base + big_endian(place, further);
    place += further;
  }
  const MaxMindValue value(type, static_cast<std::uint32_t>(size), place);
  if (value.has_bytes() && left() < size) return {};
  return value;
}

MaxMindValue MaxMindReader::follow(MaxMindValue value) {
  using Type = MaxMindValue::Type;
  if (value.type_ != Type::kPointer) return value;
  if (value.size_ >= section_.size()) return {};
  const MaxMindValue target = read(section_.data() + value.size_);
  return target.type_ == Type::kPointer ? MaxMindValue() : target;
}

MaxMindReader::Place MaxMindReader::behind(MaxMindValue value) {
  using Type = MaxMindValue::Type;
  // Counts down what is open instead of descending into it.
  std::uint64_t open = 1;
  for (;;) {
    if (value.type_ == Type::kNothing) return nullptr;
    if (value.type_ == Type::kMap) open += 2 * std::uint64_t{value.size_};
    if (value.type_ == Type::kArray) open += value.size_;
    if (--open == 0) return value.end();
    value = read(value.end());
  }
}

}  // namespace lokitail::pipeline::lang
