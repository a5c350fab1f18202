// The few pieces of protobuf's wire format that an entry needs, with sizes known ahead.
// https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lokitail::agent::wire {

constexpr std::size_t varint_size(std::uint64_t value) {
  // 7 bits a byte; |1 because zero still takes one.
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

inline char* put_varint(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

constexpr char length_delimited_tag(unsigned field) { return static_cast<char>(field << 3 | 2); }
constexpr char varint_tag(unsigned field) { return static_cast<char>(field << 3); }

// A field of bytes: tag, length, content.
constexpr std::size_t bytes_field_size(std::size_t content) { return 1 + varint_size(content) + content; }

inline char* put_bytes_field(char* out, unsigned field, std::string_view content) {
  *out++ = length_delimited_tag(field);
  out = put_varint(out, content.size());
  if (!content.empty()) std::memcpy(out, content.data(), content.size());
  return out + content.size();
}

}  // namespace lokitail::agent::wire
