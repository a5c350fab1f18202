// Protobuf messages, written field by field, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lokitail::agent::test {

inline std::string varint(std::uint64_t value) {
  std::string out;
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  return out + static_cast<char>(value);
}

inline std::string number_field(unsigned field, std::uint64_t value) {
  return varint(field << 3) + varint(value);
}

inline std::string fixed64_field(unsigned field, std::uint64_t value) {
  std::string out = varint(field << 3 | 1);
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

inline std::string bytes_field(unsigned field, std::string_view bytes) {
  return varint(field << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

}  // namespace lokitail::agent::test
