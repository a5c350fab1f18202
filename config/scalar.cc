#include "config/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "config/ascii.h"
#include "config/nearest.h"

namespace lokitail::config {
namespace {

// Whether `text` is `word`, `Word` or `WORD`; YAML 1.1 allows no other mixture.
bool is_spelling(std::string_view text, std::string_view word) {
  if (!equal_fold(text, word)) return false;
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const bool no_lower = std::none_of(text.begin(), text.end(), is_lower);
  return no_lower || std::all_of(text.begin() + 1, text.end(), is_lower);
}

bool is_any_spelling(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return is_spelling(text, word); });
}

std::string without_underscores(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  return plain;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - from;
  };
  const auto sign = [&] {
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  };
  sign();
  const size_t whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    sign();
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::optional<double> parse_infinity_or_nan(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest != ".inf" && rest != ".Inf" && rest != ".INF") return std::nullopt;
  const double infinity = std::numeric_limits<double>::infinity();
  return negative ? -infinity : infinity;
}

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool has_hex_prefix(std::string_view number) {
  return number.size() > 2 && number[0] == '0' && (number[1] == 'x' || number[1] == 'X');
}

// Whether each `_` stands between two digits, or behind 0x, 0b or 0o and before one.
bool underscores_separate_digits(std::string_view number) {
  const bool hex = has_hex_prefix(number);
  const bool prefixed = number.size() > 2 && number[0] == '0' &&
                        std::string_view("xXbBoO").find(number[1]) != std::string_view::npos;
  const auto digit_at = [number, hex, prefixed](size_t at) {
    return at < number.size() &&
           (is_digit(number[at]) || (prefixed && at == 1) || (hex && is_hex_digit(number[at])));
  };
  for (size_t at = 0; at < number.size(); ++at) {
    if (number[at] == '_' && (at == 0 || !digit_at(at - 1) || !digit_at(at + 1))) return false;
  }
  return true;
}

// Decimal, or hexadecimal with its exponent. What is too large is nothing, what is too small is 0.
std::optional<double> parse_unsigned_float(std::string_view text) {
  const bool hex = has_hex_prefix(text);
  const std::string_view number = hex ? text.substr(2) : text;
  if (number.empty() || !(number[0] == '.' || (hex ? is_hex_digit : is_digit)(number[0]))) {
    return std::nullopt;  // no sign, no name of a number
  }
  if (hex && number.find_first_of("pP") == std::string_view::npos) return std::nullopt;
  double value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] =
      std::from_chars(number.data(), end, value, hex ? std::chars_format::hex : std::chars_format::general);
  if (stop != end) return std::nullopt;
  if (error == std::errc()) return value;
  if (error != std::errc::result_out_of_range) return std::nullopt;
  // from_chars does not say on which side it is out of range.
  value = std::strtod(std::string(text).c_str(), nullptr);
  return std::isinf(value) ? std::nullopt : std::optional(value);
}

}  // namespace

std::optional<int64_t> Integer::as_int64() const {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (!negative) {
    if (magnitude > kMax) return std::nullopt;
    return static_cast<int64_t>(magnitude);
  }
  if (magnitude > kMax + 1) return std::nullopt;
  if (magnitude == kMax + 1) return std::numeric_limits<int64_t>::min();
  return -static_cast<int64_t>(magnitude);
}

std::optional<bool> parse_yaml_bool(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (is_any_spelling(text, {"true", "yes", "on", "y"})) return true;
  if (is_any_spelling(text, {"false", "no", "off", "n"})) return false;
  return std::nullopt;
}

std::optional<Integer> parse_yaml_int(std::string_view text) {
  const std::string plain = without_underscores(text);
  std::string_view digits = plain;
  Integer value;
  value.negative = digits.starts_with('-');
  if (value.negative || digits.starts_with('+')) digits.remove_prefix(1);

  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = digits[1];
    const bool prefixed = std::string_view("xXoObB").find(mark) != std::string_view::npos;
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    digits.remove_prefix(prefixed ? 2 : 1);
  }
  if (digits.empty()) return std::nullopt;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value.magnitude, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  if (value.negative && !value.as_int64()) return std::nullopt;
  return value;
}

std::optional<double> parse_yaml_float(std::string_view text) {
  if (const auto special = parse_infinity_or_nan(text)) return special;
  // Behind a point underscores have to be where Go wants them.
  if (text.starts_with('.')) return parse_go_float(text);
  const std::string plain = without_underscores(text);
  return looks_like_float(plain) ? parse_go_float(plain) : std::nullopt;
}

std::optional<double> parse_go_float(std::string_view text) {
  std::string_view number = text;
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.remove_prefix(1);
  if (!number.empty() && number.front() > '9') {  // no digit
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (equal_fold(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
    if (!equal_fold(number, "inf") && !equal_fold(number, "infinity")) return std::nullopt;
    return negative ? -kInfinity : kInfinity;
  }
  std::string plain;
  if (number.find('_') != std::string_view::npos) {
    if (!underscores_separate_digits(number)) return std::nullopt;
    number = plain = without_underscores(number);
  }
  const auto value = parse_unsigned_float(number);
  return value && negative ? -*value : value;
}

std::optional<int64_t> parse_go_int(std::string_view text) {
  std::string_view number = text;
  if (number.starts_with('-') || number.starts_with('+')) number.remove_prefix(1);
  if (!underscores_separate_digits(number)) return std::nullopt;
  const auto value = parse_yaml_int(text);
  return value ? value->as_int64() : std::nullopt;
}

std::optional<bool> parse_go_bool(std::string_view text) {
  if (text == "1" || text == "t" || text == "T" || is_any_spelling(text, {"true"})) return true;
  if (text == "0" || text == "f" || text == "F" || is_any_spelling(text, {"false"})) return false;
  return std::nullopt;
}

Node::Type resolve_plain(std::string_view text) {
  if (text.empty() || text == "~" || is_spelling(text, "null")) return Node::Type::kNull;
  const char first = text.front();
  if (is_digit(first) || first == '-' || first == '+' || first == '.') {
    if (first != '.' && parse_yaml_int(text)) return Node::Type::kInt;
    return parse_yaml_float(text) ? Node::Type::kFloat : Node::Type::kString;
  }
  return parse_yaml_bool(text) ? Node::Type::kBool : Node::Type::kString;
}

}  // namespace lokitail::config
