#include "pipeline/lang/json_token.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang::json_token {
namespace {

constexpr char32_t kReplacement = Character::kReplacement;

bool is_surrogate(char32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

// Four hexadecimal digits; nullptr as everywhere here.
const char* read_hex(const char* at, const char* end, char32_t& code) {
  if (end - at < 4) return nullptr;
  code = 0;
  for (const char* const stop = at + 4; at < stop; ++at) {
    const char c = *at;
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      code = code * 16 + static_cast<char32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      code = code * 16 + static_cast<char32_t>(lower - 'a' + 10);
    } else {
      return nullptr;
    }
  }
  return at;
}

void append_utf8(char32_t code, char*& to) {
  const auto put = [&to](char32_t byte) { *to++ = static_cast<char>(byte); };
  if (is_surrogate(code)) code = kReplacement;
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  }
}

// Whether a number whose digits are [at, end) has its first digit that counts left of the point:
// tells an overflow from an underflow once a double is known not to hold it.
bool is_large(const char* at, const char* end) {
  std::int64_t exponent = 0;
  const char* const mark = std::find_if(at, end, [](char c) { return c == 'e' || c == 'E'; });
  if (mark != end) {
    const char* digits = mark + 1;
    const bool negative = *digits == '-';
    if (*digits == '-' || *digits == '+') ++digits;
    const auto error = std::from_chars(digits, end, exponent).ec;
    if (error == std::errc::result_out_of_range) {
      exponent = std::numeric_limits<std::int32_t>::max();
    }
    if (negative) exponent = -exponent;
  }
  const char* const point = std::find(at, mark, '.');
  const char* const first = std::find_if(at, mark, [](char c) { return c != '0' && c != '.'; });
  if (first == mark) return false;
  // Of the first digit that is not 0: 1 for units, 0 for tenths.
  const std::int64_t magnitude = first < point ? point - first : point + 1 - first;
  return magnitude + exponent > 0;
}

}  // namespace

const char* read_unicode_escape(const char* at, const char* end, char*& to) {
  char32_t code = 0;
  at = read_hex(at + 2, end, code);
  if (at == nullptr) return nullptr;
  if (is_surrogate(code) && end - at >= 2 && at[0] == '\\' && at[1] == 'u') {
    // The second escape is taken with the first whether they make a pair or not.
    char32_t second = 0;
    at = read_hex(at + 2, end, second);
    if (at == nullptr) return nullptr;
    const bool pair = code < 0xDC00 && second >= 0xDC00 && second <= 0xDFFF;
    if (pair) {
      code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
    } else {
      append_utf8(code, to);
      code = second;
    }
  }
  append_utf8(code, to);
  return at;
}

const char* read_any_number(const char* at, const char* end, double* value) {
  const bool negative = *at == '-';
  const char* digits = at + negative;
  // json-iterator reads the number behind a minus with Go's ParseFloat, which takes a plus.
  const bool plus = negative && peek(digits, end) == '+';
  if (plus) ++digits;
  const char* now = digits;
  const auto take_digits = [&now, end] {
    const char* const begin = now;
    while (now < end && is_digit(*now)) ++now;
    return now - begin;
  };
  const std::ptrdiff_t whole = take_digits();
  if (!plus && (whole == 0 || (*digits == '0' && whole > 1))) return nullptr;
  std::ptrdiff_t fraction = 0;
  if (peek(now, end) == '.') {
    ++now;
    fraction = take_digits();
    if (fraction == 0) return nullptr;
  }
  if (whole + fraction == 0) return nullptr;
  if (const char c = peek(now, end); c == 'e' || c == 'E') {
    ++now;
    if (const char sign = peek(now, end); sign == '+' || sign == '-') ++now;
    if (take_digits() == 0) return nullptr;
  }
  if (is_number_character(peek(now, end))) return nullptr;
  double positive = 0;
  if (std::from_chars(digits, now, positive).ec != std::errc{}) {
    if (is_large(digits, now)) return nullptr;
    positive = 0;
  }
  if (value != nullptr) *value = negative ? -positive : positive;
  return now;
}

}  // namespace lokitail::pipeline::lang::json_token
