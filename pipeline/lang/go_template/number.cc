#include "pipeline/lang/go_template/number.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "config/scalar.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool starts_with_letter(std::string_view text, char lower) {
  return !text.empty() && (text.front() | 0x20) == lower;
}

// Takes the prefix of a number in base 0 off and says what base it stands for.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits.front() != '0') return 10;
  const std::string_view behind = digits.substr(1);
  for (const auto& [letter, base] : {std::pair('x', 16), std::pair('o', 8), std::pair('b', 2)}) {
    if (starts_with_letter(behind, letter)) {
      digits.remove_prefix(2);
      return base;
    }
  }
  digits.remove_prefix(1);
  return 8;
}

// Underscores may stand between digits and behind a prefix, one at a time. The text has no sign.
bool underscores_stand_well(std::string_view text) {
  std::string_view digits = text;
  const int base = take_base(digits);
  const bool prefix = base != 10 && digits.size() + 2 == text.size();
  if (!prefix) digits = text;
  bool behind_digit = prefix;
  bool behind_underscore = false;
  for (const char c : digits) {
    const bool digit = (c >= '0' && c <= '9') || (base == 16 && std::isxdigit(c));
    if (c == '_' ? !behind_digit : behind_underscore && !digit) return false;
    behind_underscore = c == '_';
    behind_digit = digit;
  }
  return !behind_underscore;
}

// Nothing if some underscore stands where it may not.
std::optional<std::string> without_underscores(std::string_view text) {
  if (!underscores_stand_well(text)) return std::nullopt;
  std::string without(text);
  std::erase(without, '_');
  return without;
}

// A finite number as mantissa * 2^exponent; the mantissa has its top bit at kTopBit, or is 0.
struct Binary {
  static constexpr int kTopBit = 52;
  std::uint64_t mantissa = 0;
  int exponent = 0;
};

Binary take_apart(double number) {
  if (number == 0) return {};
  Binary binary;
  const double fraction = std::frexp(std::fabs(number), &binary.exponent);
  binary.mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, Binary::kTopBit + 1));
  binary.exponent -= Binary::kTopBit + 1;
  return binary;
}

// %b: the bits as a whole number, and a power of two.
char* write_binary(double number, char* out, char* last) {
  constexpr int kLeastExponent = -1074;
  Binary binary = take_apart(number);
  if (binary.mantissa == 0) binary.exponent = kLeastExponent;
  for (; binary.exponent < kLeastExponent; ++binary.exponent) binary.mantissa >>= 1;
  if (std::signbit(number)) *out++ = '-';
  out = std::to_chars(out, last, binary.mantissa).ptr;
  *out++ = 'p';
  if (binary.exponent >= 0) *out++ = '+';
  return std::to_chars(out, last, binary.exponent).ptr;
}

// %x: 0x1.8p+01; the places rounded to `precision` of them, half to even.
char* write_hexadecimal(double number, int precision, char* out) {
  constexpr int kPlaces = Binary::kTopBit / 4;
  Binary binary = take_apart(number);
  int exponent = binary.mantissa == 0 ? 0 : binary.exponent + Binary::kTopBit;
  std::uint64_t mantissa = binary.mantissa;
  if (precision >= 0 && precision < kPlaces) {
    const int dropped = 4 * (kPlaces - precision);
    const std::uint64_t unit = std::uint64_t{1} << dropped;
    const std::uint64_t rest = mantissa & (unit - 1);
    mantissa -= rest;
    if (rest > unit / 2 || (rest == unit / 2 && (mantissa & unit) != 0)) mantissa += unit;
    if (mantissa >> (Binary::kTopBit + 1) != 0) {
      mantissa >>= 1;
      ++exponent;
    }
  }
  if (std::signbit(number)) *out++ = '-';
  *out++ = '0';
  *out++ = 'x';
  *out++ = mantissa == 0 ? '0' : '1';
  std::uint64_t places = mantissa << (64 - Binary::kTopBit);
  if (precision != 0 && (precision > 0 || places != 0)) {
    *out++ = '.';
    for (int i = 0; precision < 0 ? places != 0 : i < precision; ++i, places <<= 4) {
      *out++ = "0123456789abcdef"[places >> 60];
    }
  }
  *out++ = 'p';
  *out++ = exponent < 0 ? '-' : '+';
  if (std::abs(exponent) < 10) *out++ = '0';
  return std::to_chars(out, out + 8, std::abs(exponent)).ptr;
}

}  // namespace

std::optional<std::uint64_t> parse_uint(std::string_view text, int base) {
  std::optional<std::string> plain;
  if (base == 0) {
    if (text.find('_') != std::string_view::npos) {
      plain = without_underscores(text);
      if (!plain) return std::nullopt;
      text = *plain;
    }
    base = take_base(text);
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> parse_int(std::string_view text, int base) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto magnitude = parse_uint(text, base);
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!magnitude || *magnitude > most + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude);
}

std::optional<double> parse_float(std::string_view text) {
  std::optional<std::string> plain;
  if (text.find('_') != std::string_view::npos) {
    const bool sign = text.starts_with('-') || text.starts_with('+');
    if (!underscores_stand_well(text.substr(sign ? 1 : 0))) return std::nullopt;
    plain = text;
    std::erase(*plain, '_');
    text = *plain;
  }
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.size() < 2 || digits[0] != '0' || !starts_with_letter(digits.substr(1), 'x')) {
    return config::parse_go_float(text);
  }
  digits.remove_prefix(2);
  if (digits.find_first_of("pP") == std::string_view::npos) return std::nullopt;
  double number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::hex);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return negative ? -number : number;
}

std::string_view format_int(std::int64_t number, NumberBuffer& buffer) {
  const auto end = std::to_chars(buffer.bytes, std::end(buffer.bytes), number).ptr;
  return {buffer.bytes, static_cast<std::size_t>(end - buffer.bytes)};
}

std::string_view format_uint(std::uint64_t number, NumberBuffer& buffer, int base) {
  const auto end = std::to_chars(buffer.bytes, std::end(buffer.bytes), number, base).ptr;
  return {buffer.bytes, static_cast<std::size_t>(end - buffer.bytes)};
}

std::string_view format_float(double number, char format, int precision, NumberBuffer& buffer) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  char* const first = buffer.bytes;
  char* const last = std::end(buffer.bytes);
  if (format == 'b' || (format | 0x20) == 'x') {
    char* const end =
        format == 'b' ? write_binary(number, first, last) : write_hexadecimal(number, precision, first);
    if (format == 'X') std::transform(first, end, first, upper);
    return {first, static_cast<std::size_t>(end - first)};
  }
  const char lower = static_cast<char>(format | 0x20);
  // Not std::to_chars, which gives all digits of a large number.
  if (lower == 'f' && precision < 0) return {first, format_number(number, first)};
  auto style = lower == 'e'   ? std::chars_format::scientific
               : lower == 'f' ? std::chars_format::fixed
                              : std::chars_format::general;
  char* end = nullptr;
  if (precision >= 0) {
    end = std::to_chars(first, last, number, style, precision).ptr;
  } else {
    if (lower == 'g') {
      // The shortest digits, with an exponent where it is below -4 or has reached 6.
      end = std::to_chars(first, last, number, std::chars_format::scientific).ptr;
      const std::string_view text(first, static_cast<std::size_t>(end - first));
      const auto exponent = parse_int(text.substr(text.find('e') + 1), 10).value_or(0);
      style = exponent < -4 || exponent >= 6 ? std::chars_format::scientific : std::chars_format::fixed;
    }
    end = std::to_chars(first, last, number, style).ptr;
  }
  if (format >= 'A' && format <= 'Z') std::replace(first, end, 'e', 'E');
  return {first, static_cast<std::size_t>(end - first)};
}

std::int64_t truncate(double number) {
  constexpr double kEdge = 9223372036854775808.0;  // 2^63
  if (!(number >= -kEdge && number < kEdge)) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(number);
}

}  // namespace lokitail::pipeline::lang::go_template
