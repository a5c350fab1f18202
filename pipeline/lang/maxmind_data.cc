#include "pipeline/lang/maxmind_data.h"

#include <algorithm>
#include <bit>

namespace lokitail::pipeline::lang {
namespace {

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

// Takes bytes from the front of what is left of a section.
class Cursor {
 public:
  Cursor(std::span<const std::uint8_t> section, std::size_t offset)
      : section_(section), offset_(offset) {}

  std::size_t offset() const { return offset_; }

  // REQUIRES: offset() is within the section, and count <= 8.
  std::optional<std::uint64_t> take(std::size_t count) {
    if (section_.size() - offset_ < count) return std::nullopt;
    const std::uint64_t number = big_endian(section_.subspan(offset_, count));
    offset_ += count;
    return number;
  }

 private:
  const std::span<const std::uint8_t> section_;
  std::size_t offset_;
};

// The size field of a control byte says up to 28 itself; beyond, further bytes do.
std::optional<std::size_t> take_size(unsigned field, Cursor& cursor) {
  if (field < 29) return field;
  constexpr std::size_t kBase[] = {29, 285, 65'821};
  const auto further = cursor.take(field - 28);
  if (!further) return std::nullopt;
  return kBase[field - 29] + *further;
}

// The five lower bits of a pointer's control byte: how many bytes follow, and its upper bits.
std::optional<std::size_t> take_pointer(unsigned field, Cursor& cursor) {
  constexpr std::size_t kBase[] = {0, 2'048, 526'336, 0};
  const unsigned form = field >> 3;
  const auto further = cursor.take(form + 1);
  if (!further) return std::nullopt;
  const std::size_t upper = form == 3 ? 0 : field & 7;
  return kBase[form] + (upper << (8 * (form + 1)) | *further);
}

}  // namespace

std::optional<std::string_view> MaxMindValue::text() const {
  if (type_ != Type::kText) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(bytes_), size_);
}

std::optional<double> MaxMindValue::real() const {
  if (type_ == Type::kDouble && size_ == 8) {
    return std::bit_cast<double>(big_endian({bytes_, size_}));
  }
  if (type_ == Type::kFloat && size_ == 4) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian({bytes_, size_})));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> MaxMindValue::natural() const {
  const bool is_unsigned =
      type_ == Type::kUint16 || type_ == Type::kUint32 || type_ == Type::kUint64;
  // Leading zero bytes are left out, so that only an int32 of full length can be negative.
  const bool is_positive = type_ == Type::kInt32 && (size_ < 4 || bytes_[0] < 0x80);
  if (size_ > 8 || (!is_unsigned && !is_positive)) return std::nullopt;
  return big_endian({bytes_, size_});
}

std::size_t MaxMindValue::end() const {
  switch (type_) {
    case Type::kMap:
    case Type::kArray:
    case Type::kPointer:
    case Type::kBoolean:
      return content_;
    default:
      return content_ + size_;
  }
}

std::optional<MaxMindValue> MaxMindReader::at(std::size_t offset) {
  const auto value = read(offset);
  return value ? follow(*value) : value;
}

void MaxMindReader::find_members(const MaxMindValue& map, std::span<const std::string_view> keys,
                                 std::span<std::optional<MaxMindValue>> found) {
  if (map.type_ != MaxMindValue::Type::kMap) return;
  std::size_t left = keys.size();
  std::size_t offset = map.content_;
  for (std::size_t i = 0; i < map.size_; ++i) {
    const auto raw_key = read(offset);
    const auto key = raw_key ? follow(*raw_key) : std::nullopt;
    const auto name = key ? key->text() : std::nullopt;
    if (!name) return;
    offset = raw_key->end();
    const auto wanted = std::ranges::find(keys, *name);
    if (wanted != keys.end()) {
      found[static_cast<std::size_t>(wanted - keys.begin())] = at(offset);
      if (--left == 0) return;
    }
    const auto next = behind(offset);
    if (!next) return;
    offset = *next;
  }
}

std::optional<MaxMindValue> MaxMindReader::last_item(const MaxMindValue& array) {
  if (array.type_ != MaxMindValue::Type::kArray || array.size_ == 0) return std::nullopt;
  std::optional<std::size_t> offset = array.content_;
  for (std::size_t i = 1; i < array.size_ && offset; ++i) offset = behind(*offset);
  return offset ? at(*offset) : std::nullopt;
}

std::optional<MaxMindValue> MaxMindReader::read(std::size_t offset) {
  using Type = MaxMindValue::Type;
  if (offset >= section_.size() || values_left_ == 0) return std::nullopt;
  --values_left_;
  Cursor cursor(section_, offset);
  const auto control = static_cast<unsigned>(*cursor.take(1));
  MaxMindValue value;
  value.type_ = static_cast<Type>(control >> 5);
  if (control >> 5 == 0) {
    const auto extended = cursor.take(1);
    if (!extended || *extended > 8) return std::nullopt;
    value.type_ = static_cast<Type>(7 + *extended);
  }
  const bool is_pointer = value.type_ == Type::kPointer;
  const auto size =
      is_pointer ? take_pointer(control & 31, cursor) : take_size(control & 31, cursor);
  if (!size) return std::nullopt;
  value.size_ = *size;
  value.content_ = cursor.offset();
  value.bytes_ = section_.data() + value.content_;
  if (value.end() > section_.size()) return std::nullopt;
  return value;
}

std::optional<MaxMindValue> MaxMindReader::follow(const MaxMindValue& value) {
  using Type = MaxMindValue::Type;
  if (value.type_ != Type::kPointer) return value;
  const auto target = read(value.size_);
  return target && target->type_ != Type::kPointer ? target : std::nullopt;
}

std::optional<std::size_t> MaxMindReader::behind(std::size_t offset) {
  using Type = MaxMindValue::Type;
  // Counts down what is open instead of descending into it.
  for (std::size_t left = 1; left > 0; --left) {
    const auto value = read(offset);
    if (!value) return std::nullopt;
    if (value->type_ == Type::kMap) left += 2 * value->size_;
    if (value->type_ == Type::kArray) left += value->size_;
    offset = value->end();
  }
  return offset;
}

}  // namespace lokitail::pipeline::lang
