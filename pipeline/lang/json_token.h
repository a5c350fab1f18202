// The tokens of JSON, read exactly as json-iterator (the Go library behind Promtail's json stage)
// reads them: what it takes is taken, what it refuses is refused.
//
// Where json-iterator is more generous than the JSON standard:
//   - control characters may stand in a string behind its first escape, though not before it
//   - bytes that are no UTF-8 pass as they are; half a surrogate pair becomes U+FFFD
//   - `null` may stand for the key "" (json_walk.h says where)
//   - `-+1` is -1
//   - a NUL byte behind the document ends it, whatever follows
// A number beyond a double's range is an error; one too small for a double is 0.
//
// Every function takes a position and the end of the text, REQUIRES kTextPadding readable bytes
// behind that end (pipeline/arena.h), and answers the position behind what it has read, which is
// never behind the end, or nullptr for malformed text.
//
// Threads: pure functions. Errors: nullptr; nothing is thrown.
// Source:  github.com/json-iterator/go 1.1.12: iter.go, iter_str.go, iter_float.go.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "config/ascii.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_block.h"

namespace lokitail::pipeline::lang::json_token {

inline bool is_whitespace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Never malformed; may answer the end.
inline const char* skip_whitespace(const char* at, const char* end) {
  while (at < end && *at <= ' ' && is_whitespace(*at)) ++at;
  return at;
}

// The character at a position, NUL at the end.
inline char peek(const char* at, const char* end) { return at < end ? *at : '\0'; }

// Whether nothing that counts follows.
inline bool is_document_end(const char* at, const char* end) {
  return peek(skip_whitespace(at, end), end) == '\0';
}

inline bool begins_number(char c) { return c == '-' || is_digit(c); }

// Takes the colon behind a key and answers where the value begins.
inline const char* skip_colon(const char* at, const char* end) {
  at = skip_whitespace(at, end);
  return peek(at, end) == ':' ? skip_whitespace(at + 1, end) : nullptr;
}

// `literal` is null, true or false.
inline const char* read_literal(const char* at, const char* end, std::string_view literal) {
  const auto size = static_cast<std::ptrdiff_t>(literal.size());
  if (end - at < size || std::memcmp(at, literal.data(), literal.size()) != 0) return nullptr;
  return at + size;
}

// ---- Strings. `at` is always behind the opening quote.

constexpr std::array<char, 256> escapes() {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  std::array<char, 256> found{};
  for (std::size_t i = 0; i < kNames.size(); ++i) found[static_cast<unsigned char>(kNames[i])] = kValues[i];
  return found;
}

// What stands for an escape of two characters, by its second; 0 where there is none, or none yet (`u`).
inline constexpr std::array<char, 256> kEscapes = escapes();

// Reads `\uXXXX`, or two of them that make a surrogate pair, and writes the UTF-8 at `to`, moving it on. `at` is the
// backslash.
const char* read_unicode_escape(const char* at, const char* end, char*& to);

// Copies in whole blocks, so it reads and writes up to a block too far.
inline char* copy_blocks(const char* from, const char* until, char* to) {
  constexpr std::size_t kBytes = 16;
  char* const stop = to + (until - from);
  do {
    // The padding of a text in the arena may be where the copy goes: the two can overlap.
    char block[kBytes];
    std::memcpy(block, from, sizeof block);
    std::memcpy(to, block, sizeof block);
    to += kBytes;
    from += kBytes;
  } while (to < stop);
  return stop;
}

// For eight bytes of which some are removed, as bits: which of them comes first, second and so on.
constexpr std::array<std::array<std::uint8_t, 8>, 256> rests() {
  std::array<std::array<std::uint8_t, 8>, 256> all{};
  for (unsigned removed = 0; removed < all.size(); ++removed) {
    std::size_t count = 0;
    for (std::uint8_t i = 0; i < 8; ++i) {
      if ((removed >> i & 1) == 0) all[removed][count++] = i;
    }
  }
  return all;
}
inline constexpr std::array<std::array<std::uint8_t, 8>, 256> kRest = rests();

// StringEnds, skip_string() and read_string(), for any processor.
using json_block::any::Block;
#include "pipeline/lang/json_unescape_steps.inc"

#include "pipeline/lang/json_strings.inc"

// ---- Numbers. `at` is a minus or a digit.

// What may stand in a number, or continue one that is thereby malformed.
inline bool is_number_character(char c) {
  return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

// Takes any number, `value` may be null.
const char* read_any_number(const char* at, const char* end, double* value);

// Each is exact as a double.
inline constexpr std::array<double, 20> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                        1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                        1e14, 1e15, 1e16, 1e17, 1e18, 1e19};

// Takes a number; `value` may be null if only its end is wanted. The common ones are done here:
// those whose digits and power of ten are exact as doubles, so that one division rounds rightly.
inline const char* read_number(const char* at, const char* end, double* value) {
  constexpr std::ptrdiff_t kMantissaDigits = 19;  // fit into 64 bits
  constexpr std::uint64_t kExact = std::uint64_t{1} << 53;
  constexpr std::ptrdiff_t kSurelyInRange = 300;
  const char* const digits = at + (*at == '-');
  const char* now = digits;
  std::uint64_t mantissa = 0;
  const auto take_digits = [&now, &mantissa, end] {
    const char* const begin = now;
    for (; now < end && is_digit(*now); ++now) {
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(*now - '0');
    }
    return now - begin;
  };
  const std::ptrdiff_t whole = take_digits();
  if (whole == 0 || (*digits == '0' && whole > 1)) return read_any_number(at, end, value);
  std::ptrdiff_t fraction = 0;
  if (peek(now, end) == '.') {
    ++now;
    fraction = take_digits();
    if (fraction == 0) return nullptr;
  }
  if (is_number_character(peek(now, end))) return read_any_number(at, end, value);
  if (value == nullptr && whole <= kSurelyInRange) return now;
  if (whole + fraction > kMantissaDigits || (fraction > 0 && mantissa > kExact)) {
    return read_any_number(at, end, value);
  }
  const double positive = static_cast<double>(mantissa) / kPowersOfTen[static_cast<std::size_t>(fraction)];
  *value = *at == '-' ? -positive : positive;
  return now;
}

}  // namespace lokitail::pipeline::lang::json_token
