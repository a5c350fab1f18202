#include "pipeline/lang/go_template/version.h"

#include <algorithm>

#include "config/ascii.h"
#include "pipeline/lang/go_template/number.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

bool is_identifier(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

// Takes what stands before the next dot.
std::string_view take_part(std::string_view& text) {
  const std::size_t end = std::min(text.find('.'), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool are_identifiers(std::string_view text) {
  if (text.ends_with('.')) return false;
  while (!text.empty()) {
    if (!is_identifier(take_part(text))) return false;
  }
  return true;
}

// Numbers of a pre-release have no zeros in front.
bool is_prerelease(std::string_view text) {
  while (!text.empty()) {
    const std::string_view part = take_part(text);
    if (part.size() > 1 && part.front() == '0' && std::ranges::all_of(part, is_digit)) return false;
  }
  return true;
}

// Takes `mark` and what stands behind it off the end. False if that is no list of identifiers.
bool take_suffix(std::string_view& text, char mark, std::string_view& suffix) {
  const std::size_t start = text.find(mark);
  if (start == std::string_view::npos) return true;
  suffix = text.substr(start + 1);
  text = text.substr(0, start);
  return !suffix.empty() && are_identifiers(suffix);
}

// Takes off what stands behind the three numbers.
bool take_suffixes(std::string_view& text, Version& version) {
  return take_suffix(text, '+', version.metadata) && take_suffix(text, '-', version.prerelease) &&
         is_prerelease(version.prerelease);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  return parse_uint(text, 10);
}

std::strong_ordering compare_identifiers(std::string_view left, std::string_view right) {
  const auto left_number = parse_number(left);
  const auto right_number = parse_number(right);
  if (left_number && right_number) return *left_number <=> *right_number;
  if (left_number) return std::strong_ordering::less;  // numbers come before words
  if (right_number) return std::strong_ordering::greater;
  return left <=> right;
}

std::strong_ordering compare_prereleases(std::string_view left, std::string_view right) {
  if (left.empty() || right.empty()) return left.empty() <=> right.empty();
  while (!left.empty() && !right.empty()) {
    const auto order = compare_identifiers(take_part(left), take_part(right));
    if (order != 0) return order;
  }
  return !left.empty() <=> !right.empty();
}

// One comparison: an operator and a version of which parts may be left open.
struct Constraint {
  enum class Operator { kEqual, kNotEqual, kGreater, kLess, kGreaterEqual, kLessEqual, kTilde, kCaret };

  Operator op = Operator::kEqual;
  Version version;
  // How many numbers are given: 1.x gives one, * none. Those left open are 0 in `version`.
  int given = 3;
};

std::string_view trim(std::string_view text) {
  const std::size_t start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(start);
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

Constraint::Operator take_operator(std::string_view& text) {
  using Operator = Constraint::Operator;
  constexpr std::pair<std::string_view, Operator> kOperators[] = {
      {"!=", Operator::kNotEqual},  {"=>", Operator::kGreaterEqual}, {">=", Operator::kGreaterEqual},
      {"=<", Operator::kLessEqual}, {"<=", Operator::kLessEqual},    {"~>", Operator::kTilde},
      {"=", Operator::kEqual},      {">", Operator::kGreater},       {"<", Operator::kLess},
      {"~", Operator::kTilde},      {"^", Operator::kCaret},
  };
  for (const auto& [sign, op] : kOperators) {
    if (text.starts_with(sign)) {
      text.remove_prefix(sign.size());
      return op;
    }
  }
  return Operator::kEqual;
}

bool is_wildcard(std::string_view part) { return part == "x" || part == "X" || part == "*"; }

std::optional<Constraint> parse_constraint(std::string_view text) {
  Constraint constraint;
  constraint.op = take_operator(text);
  text = trim(text);
  if (text.starts_with('v')) text.remove_prefix(1);
  Version& version = constraint.version;
  if (!take_suffixes(text, version)) return std::nullopt;
  if (text.empty() || text.ends_with('.')) return std::nullopt;
  constraint.given = 0;
  bool open = false;
  for (std::uint64_t* const number : {&version.major, &version.minor, &version.patch}) {
    if (text.empty()) break;
    const std::string_view part = take_part(text);
    open = open || is_wildcard(part);
    if (open && !part.empty() && part.find_first_not_of("0123456789xX*|") == std::string_view::npos) continue;
    const auto value = parse_number(part);
    if (!value) return std::nullopt;
    *number = *value;
    ++constraint.given;
  }
  if (!text.empty()) return std::nullopt;
  return constraint;
}

bool is_not(const Version& bound, const Version& version, int given) {
  if (given < 3) {
    if (version.major != bound.major) return true;
    if (given == 1) return false;
    if (version.minor != bound.minor) return true;
    if (given == 2) return compare_prereleases(version.prerelease, bound.prerelease) != 0;
  }
  return compare_versions(version, bound) != 0;
}

bool is_greater(const Version& bound, const Version& version, int given) {
  if (given == 1 || given == 2) {
    if (version.major != bound.major) return version.major > bound.major;
    return given == 2 && version.minor > bound.minor;
  }
  return compare_versions(version, bound) > 0;
}

bool is_at_most(const Version& bound, const Version& version, int given) {
  if (given == 3) return compare_versions(version, bound) <= 0;
  if (version.major != bound.major) return version.major < bound.major;
  return given == 1 || version.minor <= bound.minor;
}

// ~1.2: no other minor version; ~1: no other major version.
bool is_near(const Version& bound, const Version& version, int given) {
  if (compare_versions(version, bound) < 0) return false;
  const bool zero = bound.major == 0 && bound.minor == 0 && bound.patch == 0;
  if (zero && (given == 0 || given == 3)) return true;
  return version.major == bound.major && (given == 1 || version.minor == bound.minor);
}

// ^1.2: no other version in the first number that is not zero.
bool is_compatible(const Version& bound, const Version& version, int given) {
  if (compare_versions(version, bound) < 0) return false;
  if (version.major != bound.major) return false;
  if (bound.major > 0 || given == 1) return true;
  if (version.minor != bound.minor) return false;
  return bound.minor > 0 || given == 2 || version.patch == bound.patch;
}

bool fits(const Constraint& constraint, const Version& version) {
  using Operator = Constraint::Operator;
  const Version& bound = constraint.version;
  const int given = constraint.given;
  // A pre-release fits no constraint that does not speak of pre-releases, but for `!=` of a full version.
  if (!version.prerelease.empty() && bound.prerelease.empty()) {
    return constraint.op == Operator::kNotEqual && given == 3;
  }
  switch (constraint.op) {
    case Operator::kNotEqual:
      return is_not(bound, version, given);
    case Operator::kEqual:
      return given == 3 ? compare_versions(version, bound) == 0 : is_near(bound, version, given);
    case Operator::kTilde:
      return is_near(bound, version, given);
    case Operator::kGreater:
      return is_greater(bound, version, given);
    case Operator::kGreaterEqual:
      return compare_versions(version, bound) >= 0;
    case Operator::kLess:
      return compare_versions(version, bound) < 0;
    case Operator::kLessEqual:
      return is_at_most(bound, version, given);
    case Operator::kCaret:
      return is_compatible(bound, version, given);
  }
  return false;
}

constexpr std::string_view kOperatorCharacters = "=!<>~^";

// A version at an end of a range, which has no operator of its own.
std::optional<Constraint> parse_end(std::string_view text, Constraint::Operator op) {
  text = trim(text);
  if (text.find_first_of(kOperatorCharacters) == 0) return std::nullopt;
  auto constraint = parse_constraint(text);
  if (constraint) constraint->op = op;
  return constraint;
}

// All of the comparisons between two `||`. False for a constraint that is none.
bool check_all(std::string_view group, const Version& version, bool& all_fit) {
  all_fit = true;
  // `1.2 - 1.4` is `>=1.2 <=1.4`.
  if (const std::size_t dash = group.find(" - "); dash != std::string_view::npos) {
    const auto low = parse_end(group.substr(0, dash), Constraint::Operator::kGreaterEqual);
    const auto high = parse_end(group.substr(dash + 3), Constraint::Operator::kLessEqual);
    if (!low || !high) return false;
    all_fit = fits(*low, version) && fits(*high, version);
    return true;
  }
  bool any = false;
  while (!(group = trim(group)).empty()) {
    if (group.front() == ',') {
      group.remove_prefix(1);
      continue;
    }
    // An operator, perhaps space, and a version.
    std::size_t start = std::min(group.find_first_not_of(kOperatorCharacters), group.size());
    start = std::min(group.find_first_not_of(" \t\r\n", start), group.size());
    const std::size_t end = std::min(group.find_first_of(" \t\r\n,", start), group.size());
    const auto constraint = parse_constraint(group.substr(0, end));
    if (!constraint) return false;
    all_fit = fits(*constraint, version) && all_fit;
    any = true;
    group.remove_prefix(end);
  }
  return any;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  version.original = text;
  if (text.starts_with('v')) text.remove_prefix(1);
  if (!take_suffixes(text, version)) return std::nullopt;
  if (text.empty() || text.ends_with('.')) return std::nullopt;
  for (std::uint64_t* const number : {&version.major, &version.minor, &version.patch}) {
    if (text.empty()) break;
    const auto value = parse_number(take_part(text));
    if (!value) return std::nullopt;
    *number = *value;
  }
  if (!text.empty()) return std::nullopt;
  return version;
}

std::strong_ordering compare_versions(const Version& left, const Version& right) {
  if (left.major != right.major) return left.major <=> right.major;
  if (left.minor != right.minor) return left.minor <=> right.minor;
  if (left.patch != right.patch) return left.patch <=> right.patch;
  return compare_prereleases(left.prerelease, right.prerelease);
}

std::optional<bool> fits_constraint(std::string_view constraint, const Version& version) {
  bool any_fit = false;
  while (true) {
    const std::size_t end = std::min(constraint.find("||"), constraint.size());
    bool all_fit = false;
    if (!check_all(constraint.substr(0, end), version, all_fit)) return std::nullopt;
    any_fit = any_fit || all_fit;
    if (end == constraint.size()) return any_fit;
    constraint.remove_prefix(end + 2);
  }
}

void append_version(Text& out, const Version& version) {
  NumberBuffer buffer;
  out += format_uint(version.major, buffer);
  (out += '.') += format_uint(version.minor, buffer);
  (out += '.') += format_uint(version.patch, buffer);
  if (!version.prerelease.empty()) (out += '-') += version.prerelease;
  if (!version.metadata.empty()) (out += '+') += version.metadata;
}

}  // namespace lokitail::pipeline::lang::go_template
