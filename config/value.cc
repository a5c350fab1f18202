#include "config/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include "config/ascii.h"
#include "config/nearest.h"
#include "config/scalar.h"

namespace lokitail::config {
namespace {

using std::chrono::nanoseconds;

constexpr double kTwoTo63 = 9223372036854775808.0;

// What stands there, with the text itself where it helps.
std::string found(const Node& node) {
  constexpr size_t kLongestQuote = 60;
  if (!node.is_scalar()) return "found " + node.describe();
  if (node.text().size() > kLongestQuote) return "found a long " + node.describe().substr(2);
  return "found \"" + node.text() + "\"";
}

Error expected(const Node& node, std::string_view what) {
  return node.error("expected " + std::string(what) + ", " + found(node));
}

bool in_int64(double value) { return value >= -kTwoTo63 && value < kTwoTo63; }

// Without its fraction. What is too small, and what is just too large, becomes the smallest number, as in Go on
// amd64.
std::optional<int64_t> truncated(double value) {
  if (in_int64(value)) return static_cast<int64_t>(value);
  if (value <= kTwoTo63) return std::numeric_limits<int64_t>::min();
  return std::nullopt;
}

double to_double(Integer value) {
  const auto magnitude = static_cast<double>(value.magnitude);
  return value.negative && value.magnitude != 0 ? -magnitude : magnitude;
}

// The value of a node of type kInt or kFloat.
double number_of(const Node& node) {
  if (node.type() == Node::Type::kInt) return to_double(*parse_yaml_int(node.text()));
  return *parse_yaml_float(node.text());
}

bool is_number(const Node& node) {
  return node.type() == Node::Type::kInt || node.type() == Node::Type::kFloat;
}

// The shortest decimal form that reads back as the same number, without an exponent: 1e+23 is a 1 with zeros.
std::string shortest_fixed(double value) {
  std::array<char, 400> buffer;  // the longest double takes 325 characters
  const auto write = [&](std::chars_format format) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
    return std::string(buffer.data(), end.ptr);
  };
  std::string fixed = write(std::chars_format::fixed);
  if (fixed.find('.') != std::string::npos) return fixed;
  // All digits that the number has in binary may be more than it takes to tell it.
  std::string digits = write(std::chars_format::scientific);
  const size_t mark = digits.find('e');
  size_t exponent = 0;
  std::from_chars(digits.data() + mark + 2, digits.data() + digits.size(), exponent);
  digits.erase(mark);
  std::erase(digits, '.');
  const size_t sign = digits.starts_with('-') ? 1 : 0;
  return digits.append(sign + exponent + 1 - digits.size(), '0');
}

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;
};
constexpr std::array kUnits{
    Unit{"ns", 1},          Unit{"us", 1'000},        Unit{"\u00b5s", 1'000},  // micro sign
    Unit{"\u03bcs", 1'000},                                                    // Greek letter mu
    Unit{"ms", 1'000'000},  Unit{"s", 1'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"h", 3'600'000'000'000},
};

// From the largest to the smallest, which is the order that they stand in.
constexpr std::array kPrometheusUnits{
    Unit{"y", 31'536'000'000'000'000},
    Unit{"w", 604'800'000'000'000},
    Unit{"d", 86'400'000'000'000},
    Unit{"h", 3'600'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"ms", 1'000'000},
};

// The magnitude of the smallest duration; that of the largest is one less.
constexpr uint64_t kMostNanoseconds = uint64_t{1} << 63;

// Makes `value` a digit longer; false where it would exceed kMostNanoseconds.
bool append_digit(uint64_t& value, char digit) {
  if (value > kMostNanoseconds / 10) return false;
  const uint64_t longer = value * 10 + static_cast<uint64_t>(digit - '0');
  if (longer > kMostNanoseconds) return false;
  value = longer;
  return true;
}

// Reads the digits at the start, of which there may be none; false where they are too many.
bool take_digits(std::string_view& text, uint64_t& value) {
  while (!text.empty() && is_digit(text.front())) {
    if (!append_digit(value, text.front())) return false;
    text.remove_prefix(1);
  }
  return true;
}

// The digits behind a decimal point. Those beyond what fits are too small to matter.
struct Decimals {
  uint64_t value = 0;
  double scale = 1;

  // Rounded as Go does it, which divides first: 670.5255s have no 525499999 nanoseconds.
  uint64_t of(uint64_t unit) const {
    return static_cast<uint64_t>(static_cast<double>(value) * (static_cast<double>(unit) / scale));
  }
};

Decimals take_decimals(std::string_view& text) {
  Decimals decimals;
  bool full = false;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    full = full || !append_digit(decimals.value, text.front());
    if (!full) decimals.scale *= 10;
  }
  return decimals;
}

// The unit at the start, which goes on to the next number; nullptr where there is none.
const Unit* take_unit(std::string_view& text, std::span<const Unit> units) {
  size_t length = 0;
  while (length < text.size() && text[length] != '.' && !is_digit(text[length])) ++length;
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  const auto found = std::ranges::find(units, name, &Unit::name);
  return found == units.end() ? nullptr : &*found;
}

// One "1.5h" of a duration, added to `total`; false where there is none.
bool take_duration_part(std::string_view& text, uint64_t& total) {
  const size_t size_before = text.size();
  uint64_t whole = 0;
  if (!take_digits(text, whole)) return false;
  bool has_digits = text.size() != size_before;
  Decimals decimals;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    has_digits = has_digits || (!text.empty() && is_digit(text.front()));
    decimals = take_decimals(text);
  }
  if (!has_digits) return false;
  const Unit* const unit = take_unit(text, kUnits);
  if (!unit || whole > kMostNanoseconds / unit->nanoseconds) return false;
  const uint64_t part = whole * unit->nanoseconds + decimals.of(unit->nanoseconds);
  if (part > kMostNanoseconds) return false;
  total += part;
  return total <= kMostNanoseconds;
}

// One "90s" of a Prometheus duration, whose unit is smaller than the one `before`.
bool take_prometheus_part(std::string_view& text, const Unit*& before, uint64_t& total) {
  if (!is_digit(text.front())) return false;
  uint64_t count = 0;
  if (!take_digits(text, count)) return false;
  const Unit* const unit = take_unit(text, kPrometheusUnits);
  if (!unit || (before && unit <= before)) return false;
  before = unit;
  if (count > kMostNanoseconds / unit->nanoseconds) return false;
  total += count * unit->nanoseconds;
  return total < kMostNanoseconds;
}

// The power of 1024 that a unit of size stands for.
std::optional<unsigned> power_of_1024(std::string_view unit) {
  if (unit.empty() || equal_fold(unit, "b") || equal_fold(unit, "byte")) return 0;
  constexpr std::array<std::string_view, 6> kPrefixes{"kilo", "mega", "giga", "tera", "peta", "exa"};
  for (unsigned i = 0; i < kPrefixes.size(); ++i) {
    const std::string letter(kPrefixes[i].substr(0, 1));
    const std::string word(kPrefixes[i]);
    for (const std::string& name : {letter, letter + "b", word, word + "byte", word + "bytes"}) {
      if (equal_fold(unit, name)) return i + 1;
    }
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

}  // namespace

std::string read_text(const Node& node) {
  if (node.is_mapping() || node.is_sequence()) throw expected(node, "a string");
  return node.text();
}

std::string read_string(const Node& node) {
  if (node.type() != Node::Type::kString) throw expected(node, "a string");
  return node.text();
}

bool read_bool(const Node& node) {
  if (node.type() != Node::Type::kBool) throw expected(node, "true or false");
  return parse_yaml_bool(node.text()).value_or(false);
}

int64_t read_int(const Node& node) {
  constexpr std::string_view kWhat = "a whole number";
  if (!is_number(node)) throw expected(node, kWhat);
  if (node.type() == Node::Type::kInt) {
    const auto value = parse_yaml_int(node.text())->as_int64();
    if (!value) throw node.error("the number " + node.text() + " is too large");
    return *value;
  }
  const auto value = truncated(number_of(node));
  if (!value) throw expected(node, kWhat);
  return *value;
}

double read_float(const Node& node) {
  if (!is_number(node)) throw expected(node, "a number");
  return number_of(node);
}

std::string weak_string(const Node& node) {
  switch (node.type()) {
    case Node::Type::kBool:
      return read_bool(node) ? "1" : "0";
    case Node::Type::kInt: {
      const Integer value = *parse_yaml_int(node.text());
      const bool below_zero = value.negative && value.magnitude != 0;
      return (below_zero ? "-" : "") + std::to_string(value.magnitude);
    }
    case Node::Type::kFloat: {
      const double value = number_of(node);
      if (std::isnan(value)) return "NaN";
      if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
      return shortest_fixed(value);
    }
    default:
      return read_text(node);
  }
}

int64_t weak_int(const Node& node) {
  switch (node.type()) {
    case Node::Type::kNull:
      return 0;
    case Node::Type::kBool:
      return read_bool(node) ? 1 : 0;
    case Node::Type::kFloat: {
      const double value = number_of(node);
      if (!in_int64(value)) throw expected(node, "a whole number");
      return static_cast<int64_t>(value);
    }
    case Node::Type::kString: {
      if (node.text().empty()) return 0;
      const auto value = parse_go_int(node.text());
      if (!value) throw expected(node, "a whole number");
      return *value;
    }
    default:
      return read_int(node);
  }
}

double weak_float(const Node& node) {
  switch (node.type()) {
    case Node::Type::kNull:
      return 0;
    case Node::Type::kBool:
      return read_bool(node) ? 1 : 0;
    case Node::Type::kString: {
      if (node.text().empty()) return 0;
      const auto value = parse_go_float(node.text());
      if (!value) throw expected(node, "a number");
      return *value;
    }
    default:
      return read_float(node);
  }
}

bool weak_bool(const Node& node) {
  switch (node.type()) {
    case Node::Type::kNull:
      return false;
    case Node::Type::kInt:
    case Node::Type::kFloat:
      return number_of(node) != 0;
    case Node::Type::kString: {
      if (node.text().empty()) return false;
      const auto value = parse_go_bool(node.text());
      if (!value) throw expected(node, "true or false");
      return *value;
    }
    default:
      return read_bool(node);
  }
}

nanoseconds read_duration(const Node& node) {
  constexpr std::string_view kWhat = "a duration such as 1.5s or 2h45m";
  if (node.type() == Node::Type::kInt) return nanoseconds(read_int(node));
  if (node.type() == Node::Type::kFloat) {
    const auto value = truncated(number_of(node));
    if (!value) throw expected(node, kWhat);
    return nanoseconds(*value);
  }
  if (node.type() != Node::Type::kString) throw expected(node, kWhat);
  return read_duration_string(node);
}

nanoseconds read_duration_string(const Node& node) {
  const auto value = node.type() == Node::Type::kString ? parse_go_duration(node.text()) : std::nullopt;
  if (value) return *value;
  throw expected(node, "a duration such as 1.5s or 2h45m (units: ns us ms s m h)");
}

nanoseconds read_prometheus_duration(const Node& node) {
  const auto value = parse_prometheus_duration(read_text(node));
  if (value) return *value;
  throw expected(node, "a duration such as 90s or 1h30m (units, in this order: y w d h m s ms)");
}

uint64_t read_bytes(const Node& node) {
  const auto value = parse_bytes(read_text(node));
  if (!value) throw expected(node, "a size such as 65536, 256KB or 1MB");
  return *value;
}

std::map<std::string, std::string> read_label_map(const Node& node) {
  if (!node.is_mapping() && !node.is_null()) throw expected(node, "a mapping of labels");
  node.refuse_replaced_keys();
  std::map<std::string, std::string> labels;
  for (const auto& [key, value] : node.entries()) {
    if (key.text().empty() || !is_utf8(key.text())) {
      throw key.error("\"" + key.text() + "\" is not a valid label name");
    }
    labels.emplace(key.text(), read_text(value));
  }
  return labels;
}

std::vector<std::string> read_text_list(const Node& node) {
  if (!node.is_sequence() && !node.is_null()) throw expected(node, "a list of strings");
  std::vector<std::string> texts;
  for (const Node& item : node.items()) texts.push_back(read_text(item));
  return texts;
}

std::optional<nanoseconds> parse_go_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return nanoseconds(0);
  if (text.empty()) return std::nullopt;
  uint64_t total = 0;
  while (!text.empty()) {
    if (!take_duration_part(text, total)) return std::nullopt;
  }
  if (!negative && total == kMostNanoseconds) return std::nullopt;
  return nanoseconds(static_cast<int64_t>(negative ? 0 - total : total));
}

std::string format_go_duration(nanoseconds duration) {
  const int64_t count = duration.count();
  if (count == 0) return "0s";
  // The magnitude of the smallest int64 fits in no int64.
  const uint64_t total = count < 0 ? 0 - static_cast<uint64_t>(count) : static_cast<uint64_t>(count);
  const std::string sign = count < 0 ? "-" : "";

  // The number of `unit`s with as many decimals as it takes, and no more.
  const auto with_fraction = [](uint64_t value, uint64_t unit, int digits) {
    std::string text = std::to_string(value / unit);
    if (value % unit == 0) return text;
    text += fmt::format(".{:0{}}", value % unit, digits);
    text.erase(text.find_last_not_of('0') + 1);
    return text;
  };
  if (total < 1'000) return sign + std::to_string(total) + "ns";
  if (total < 1'000'000) return sign + with_fraction(total, 1'000, 3) + "\u00b5s";
  if (total < 1'000'000'000) return sign + with_fraction(total, 1'000'000, 6) + "ms";
  constexpr uint64_t kMinute = 60'000'000'000;
  const uint64_t minutes = total / kMinute;
  std::string text = sign;
  if (minutes >= 60) text += std::to_string(minutes / 60) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + with_fraction(total % kMinute, 1'000'000'000, 9) + "s";
}

std::optional<nanoseconds> parse_prometheus_duration(std::string_view text) {
  if (text == "0") return nanoseconds(0);
  if (text.empty()) return std::nullopt;
  uint64_t total = 0;
  const Unit* before = nullptr;
  while (!text.empty()) {
    if (!take_prometheus_part(text, before, total)) return std::nullopt;
  }
  return nanoseconds(static_cast<int64_t>(total));
}

std::string format_prometheus_duration(nanoseconds duration) {
  std::string text;
  auto rest = static_cast<uint64_t>(duration.count());
  for (const Unit& unit : kPrometheusUnits) {
    // 90d is easier to read than 12w6d.
    const bool only_whole = unit.name == "y" || unit.name == "w";
    const uint64_t count = rest / unit.nanoseconds;
    if (count == 0 || (only_whole && rest % unit.nanoseconds != 0)) continue;
    (text += std::to_string(count)) += unit.name;
    rest -= count * unit.nanoseconds;
  }
  return text.empty() ? "0s" : text;
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  uint64_t value = 0;
  size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    const auto digit = static_cast<uint64_t>(text[at] - '0');
    if (__builtin_mul_overflow(value, uint64_t{10}, &value) || __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  if (at == 0 && !text.empty()) return std::nullopt;
  const auto power = power_of_1024(trimmed(text.substr(at)));
  if (!power) return std::nullopt;
  if (__builtin_mul_overflow(value, uint64_t{1} << (10 * *power), &value)) return std::nullopt;
  return value;
}

bool is_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xC2 ? 0
                          : lead < 0xE0 ? 2
                          : lead < 0xF0 ? 3
                          : lead < 0xF5 ? 4
                                        : 0;
    if (length == 0 || at + length > text.size()) return false;
    for (size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return false;
    }
    if (length > 2) {
      // Overlong forms, surrogates, and what lies beyond U+10FFFF.
      const auto second = static_cast<unsigned char>(text[at + 1]);
      if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
          (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
        return false;
      }
    }
    at += length;
  }
  return true;
}

}  // namespace lokitail::config
