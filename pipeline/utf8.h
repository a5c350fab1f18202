// Text as UTF-8: whether it is valid, and its characters. Pure functions: any thread, no errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <simdjson.h>

namespace lokitail::pipeline {

// Eight bytes at a time: most of what is asked about is short.
inline bool is_ascii(std::string_view text) {
  std::uint64_t bits = 0;
  while (text.size() >= sizeof bits) {
    std::uint64_t next;
    std::memcpy(&next, text.data(), sizeof next);
    bits |= next;
    text.remove_prefix(sizeof next);
  }
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return (bits & 0x8080808080808080) == 0;
}

// As Go's utf8.Valid: neither overlong forms nor surrogates.
inline bool is_utf8(std::string_view text) {
  return is_ascii(text) || simdjson::validate_utf8(text.data(), text.size());
}

// A character at the start of a text, as Go decodes it.
struct Character {
  static constexpr char32_t kReplacement = 0xFFFD;

  char32_t code = kReplacement;
  std::uint32_t size = 1;  // in bytes; a byte that begins no valid character stands alone
  bool valid = false;
};

// REQUIRES: `text` is not empty.
inline Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::uint32_t size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || text.size() < size) return {};
  char32_t code = lead & (0x7FU >> size);
  for (std::uint32_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[size] || surrogate || code > 0x10FFFF) return {};
  return {code, size, true};
}

// The last place up to `at` that is not within a character; bytes that are no UTF-8 stand alone.
// REQUIRES: at < text.size()
inline std::size_t character_border(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t back = 1; back < kLongest && back <= at; ++back) {
    const Character before = first_character(text.substr(at - back));
    if (before.valid) return before.size > back ? at - back : at;
  }
  return at;
}

}  // namespace lokitail::pipeline
