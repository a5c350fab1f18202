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

// The bytes of the next 64 that `bits` picks, as 64 bits.
template <typename Bits>
std::uint64_t bits_of_64(const char* at, Bits bits) {
  const auto part = [&](std::size_t i) -> std::uint64_t {
    return bits(json_block::Bytes(at + i * json_block::kBytes));
  };
  return part(0) | part(1) << 16 | part(2) << 32 | part(3) << 48;
}

// Finds where the plain beginning of each string ends: at its closing quote, its first backslash,
// or a control character that may not be there. The document is looked at in steps of 64 bytes,
// each once, so that the ends of short strings are known before they are asked for.
class StringEnds {
 public:
  StringEnds(const char* begin, const char* end) : step_(begin), end_(end), bits_(look(begin)) {}

  // The first quote, backslash or control character from `at` on; the end, or a position behind it,
  // where there is none. Positions asked for must not go backwards.
  const char* find(const char* at) {
    const auto offset = static_cast<std::size_t>(at - step_);
    if (offset >= kStep) {
      step_ = at;
    } else if (const std::uint64_t rest = bits_ >> offset; rest != 0) [[likely]] {
      return at + std::countr_zero(rest);
    } else {
      step_ += kStep;
    }
    for (; step_ < end_; step_ += kStep) {
      bits_ = look(step_);
      if (bits_ != 0) return step_ + std::countr_zero(bits_);
    }
    return end_;
  }

 private:
  static constexpr std::size_t kStep = 64;

  static std::uint64_t look(const char* at) {
    return bits_of_64(at, [](json_block::Bytes bytes) { return bytes.string_ends(); });
  }

  const char* step_;  // bits_ are those of the 64 bytes from here
  const char* end_;
  std::uint64_t bits_;
};

// Goes on from a string's first backslash to its closing quote.
const char* skip_escaped(const char* at, const char* end);

// Answers the position behind the closing quote. `ends` are those of the document.
inline const char* skip_string(const char* at, const char* end, StringEnds& ends) {
  const char* stop = ends.find(at);
  if (stop >= end) return nullptr;
  if (*stop == '"') [[likely]]
    return stop + 1;
  stop = *stop == '\\' ? skip_escaped(stop, end) : nullptr;
  return stop == nullptr ? nullptr : stop + 1;
}

// The rest of a string that has an escape, at `stop`.
const char* read_escaped_string(const char* at, const char* stop, const char* end, Arena& arena,
                                std::string_view& text);

// As skip_string(), and gives the text: a view of the document if that has no escapes there, and
// else of `arena`.
inline const char* read_string(const char* at, const char* end, StringEnds& ends, Arena& arena,
                               std::string_view& text) {
  const char* const stop = ends.find(at);
  if (stop >= end) return nullptr;
  if (*stop == '"') [[likely]] {
    text = {at, static_cast<std::size_t>(stop - at)};
    return stop + 1;
  }
  return *stop == '\\' ? read_escaped_string(at, stop, end, arena, text) : nullptr;
}

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
