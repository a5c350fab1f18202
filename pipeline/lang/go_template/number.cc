#include "pipeline/lang/go_template/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "config/scalar.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

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

// Underscores may stand between digits and behind a prefix, one at a time.
bool underscores_stand_well(std::string_view digits) {
  return !digits.ends_with('_') && digits.find("__") == std::string_view::npos;
}

}  // namespace

std::optional<std::uint64_t> parse_uint(std::string_view text, int base) {
  std::string without_underscores;
  if (base == 0) {
    base = take_base(text);
    if (text.find('_') != std::string_view::npos) {
      if (!underscores_stand_well(text)) return std::nullopt;
      std::ranges::copy_if(text, std::back_inserter(without_underscores),
                           [](char c) { return c != '_'; });
      text = without_underscores;
    }
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
  const char lower = static_cast<char>(format | 0x20);
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
      style =
          exponent < -4 || exponent >= 6 ? std::chars_format::scientific : std::chars_format::fixed;
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
