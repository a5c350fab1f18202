// Bytes as hexadecimal digits in lower case. Pure functions: any thread, no errors.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lokitail::telemetry {

// Writes two digits for each byte and answers the end.
inline char* put_hex(char* at, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    *at++ = kDigits[byte >> 4];
    *at++ = kDigits[byte & 0xF];
  }
  return at;
}

}  // namespace lokitail::telemetry
