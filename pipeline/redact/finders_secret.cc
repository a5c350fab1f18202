#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "pipeline/redact/finders.h"

namespace lokitail::pipeline::redact {
namespace {

re2::RE2::Options latin1() {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_case_sensitive(false);
  options.set_max_mem(int64_t{512} * 1024);
  return options;
}

// The end of the match of `expression` that begins at `at`.
std::optional<std::size_t> match_end(const re2::RE2& expression, std::string_view text, std::size_t at) {
  re2::StringPiece match;
  if (!expression.Match(text, at, text.size(), re2::RE2::ANCHOR_START, &match, 1)) return std::nullopt;
  return at + match.size();
}

// ---- Values of assignments ----------------------------------------------------------------------

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  constexpr std::size_t kMost = 8;
  const std::size_t last = at + kMost;
  while (at < last && (at_or_nul(text, at) == ' ' || at_or_nul(text, at) == '\t')) ++at;
  return at;
}

// Behind backslashes and a quote; where there is no quote, where it began.
std::size_t skip_quote(std::string_view text, std::size_t at) {
  std::size_t quote = at;
  while (at_or_nul(text, quote) == '\\') ++quote;
  return is_quote(at_or_nul(text, quote)) ? quote + 1 : at;
}

// The value that is quoted from `at` on, without its quotes, or the rest of the text where the
// closing one is missing. In a text that was quoted itself, perhaps more than once, quotes have as
// many backslashes in front of them as its opening one has, and quotes within the value have more.
Range quoted_value(std::string_view text, std::size_t at) {
  std::size_t backslashes = 0;
  while (text[at + backslashes] == '\\') ++backslashes;
  const char quote = text[at + backslashes];
  const std::size_t begin = at + backslashes + 1;
  std::size_t run = 0;  // backslashes in front of what is looked at
  for (std::size_t end = begin; end < text.size(); ++end) {
    if (text[end] == '\\') {
      ++run;
      continue;
    }
    if (text[end] == quote && run >= backslashes && run % (2 * (backslashes + 1)) == backslashes) {
      return {begin, end - backslashes};
    }
    run = 0;
  }
  return {begin, text.size()};
}

constexpr bool ends_plain_value(char c) {
  return is_space(c) || is_quote(c) || c == ',' || c == ';' || c == '&' || c == ')' || c == '}' || c == ']' ||
         c == '\\' || c == '\0';
}

// In a text that is encoded for URLs, %26 is what separates values.
std::optional<Range> value_at(std::string_view text, std::size_t at, bool is_encoded) {
  if (skip_quote(text, at) != at) return quoted_value(text, at);
  const char first = at_or_nul(text, at);
  if (first == '{' || first == '[' || first == '(') return std::nullopt;
  Range value{at, at};
  while (value.end < text.size() && !ends_plain_value(text[value.end]) &&
         !(is_encoded && text.substr(value.end).starts_with("%26"))) {
    ++value.end;
  }
  return value;
}

// <password>value</password>
std::optional<Range> element_value(std::string_view text, std::size_t name, std::size_t end) {
  constexpr std::size_t kLongestPrefix = 40;
  std::size_t begin = name;
  while (begin > 0 && name - begin < kLongestPrefix &&
         (is_word(text[begin - 1]) || text[begin - 1] == ':' || text[begin - 1] == '-')) {
    --begin;
  }
  if (before_or_nul(text, begin) != '<' || text.substr(begin).starts_with("redacted:")) {
    return std::nullopt;
  }
  const std::size_t value = end + 1;
  const std::size_t close = text.find('<', value);
  return Range{value, close == std::string_view::npos ? text.size() : close};
}

// --password value
bool is_option(std::string_view text, std::size_t name) {
  constexpr std::size_t kLongestPrefix = 40;
  std::size_t begin = name;
  while (begin > 0 && name - begin < kLongestPrefix &&
         (is_alphanumeric(text[begin - 1]) || text[begin - 1] == '-')) {
    --begin;
  }
  return text.substr(begin, 2) == "--";
}

// What is assigned to the name that stands at [name, end).
std::optional<Range> assigned_value(std::string_view text, std::size_t name, std::size_t end) {
  if (at_or_nul(text, end) == '>') return element_value(text, name, end);
  std::size_t at = skip_quote(text, end);
  const bool name_is_quoted = at != end;
  if (at_or_nul(text, at) == ']') ++at;  // ['password']
  const std::size_t sign = skip_blanks(text, at);
  const std::string_view rest = text.substr(sign);
  std::size_t value = sign;
  bool blanks_may_follow = true;
  bool is_encoded = false;
  if (rest.starts_with("=>") || rest.starts_with(":=")) {
    value += 2;
  } else if (rest.starts_with("==")) {
    return std::nullopt;  // a comparison
  } else if (rest.starts_with(':')) {
    value += 1;
  } else if (rest.starts_with('=')) {
    value += 1;
    blanks_may_follow = sign != at;  // `password= user=bob` assigns nothing
  } else if (rest.size() >= 3 && (rest.starts_with("%3D") || rest.starts_with("%3d"))) {
    value += 3;
    is_encoded = true;
  } else if (sign == at || name_is_quoted || !is_option(text, name)) {
    return std::nullopt;
  }
  return value_at(text, blanks_may_follow ? skip_blanks(text, value) : value, is_encoded);
}

// ---- Names of secrets ---------------------------------------------------------------------------

// What follows `token`s by other names than these is too often no secret: next_page_token.
const re2::RE2& name_of_secret() {
  static const re2::RE2 expression(
      "passw(?:or)?ds?|passphrase|pwd"
      "|secret(?:[_-]?access)?(?:[_-]?(?:keys?|token|value|string))?"
      "|api[_-]?(?:key|token)|access[_-]?(?:key|token)|auth[_-]?(?:key|token)"
      "|(?:refresh|id|session|security|bearer|csrf|xsrf|jwt)[_-]?token"
      "|(?:private|encryption|signing|account)[_-]?key|credentials?|token",
      latin1());
  return expression;
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, to_lower);
}

// A value that is called just `token`.
bool is_plausible_token(std::string_view value) {
  return value.size() >= 16 && std::ranges::any_of(value, is_digit) && std::ranges::any_of(value, is_letter);
}

// PWD is also where a process works.
bool is_folder(std::string_view value) {
  return value.starts_with('/') || value.starts_with('~') || value.starts_with('.') ||
         value.substr(1, 1) == ":";
}

// ---- Base64 -------------------------------------------------------------------------------------

int base64_digit(char c) {
  if (is_upper(c)) return c - 'A';
  if (is_lower(c)) return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

// Whether user:password is what this encodes.
bool encodes_user_and_password(std::string_view text) {
  unsigned bits = 0;
  int count = 0;
  bool colon = false;
  for (const char c : text) {
    if (c == '=') break;
    bits = (bits << 6 | static_cast<unsigned>(base64_digit(c))) & 0xFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const auto byte = static_cast<unsigned char>(bits >> count);
    if (byte < 0x20 || byte == 0x7F) return false;
    colon = colon || byte == ':';
  }
  return colon;
}

}  // namespace

std::optional<Range> find_credential(std::string_view text, std::size_t anchor) {
  const auto end = match_end(name_of_secret(), text, anchor);
  if (!end) return std::nullopt;
  const std::string_view name = text.substr(anchor, *end - anchor);
  const bool is_token = equal_ignoring_case(name, "token");
  if (is_token) {
    const char before = before_or_nul(text, anchor);
    if (!begins_word(text, anchor) || before == '-' || before == '.') return std::nullopt;
  }
  const auto value = assigned_value(text, anchor, *end);
  if (!value || is_no_secret(value->of(text))) return std::nullopt;
  if (is_token && !is_plausible_token(value->of(text))) return std::nullopt;
  if (equal_ignoring_case(name, "pwd") && is_folder(value->of(text))) return std::nullopt;
  return value;
}

std::optional<Range> find_aws_secret_access_key(std::string_view text, std::size_t anchor) {
  static const re2::RE2 expression("secret[_-]?(?:access[_-]?)?key", latin1());
  constexpr std::size_t kSize = 40;
  const auto end = match_end(expression, text, anchor);
  const auto value = end ? assigned_value(text, anchor, *end) : std::nullopt;
  if (!value || value->end - value->begin != kSize) return std::nullopt;
  const bool sound =
      std::ranges::all_of(value->of(text), [](char c) { return is_alphanumeric(c) || c == '/' || c == '+'; });
  return sound ? value : std::nullopt;
}

std::optional<Range> find_basic_auth(std::string_view text, std::size_t anchor) {
  static const re2::RE2 expression("basic(?:[ \\t]+|%20|\\+)", latin1());
  static const re2::RE2 encoded("[0-9A-Za-z+/_-]{6,}={0,2}", latin1());
  if (!begins_word(text, anchor)) return std::nullopt;
  const auto begin = match_end(expression, text, anchor);
  const auto end = begin ? match_end(encoded, text, *begin) : std::nullopt;
  if (!end) return std::nullopt;
  const Range value{*begin, *end};
  return encodes_user_and_password(value.of(text)) ? std::optional(value) : std::nullopt;
}

// To the end line or, where that is missing, as far as a key goes on.
std::optional<Range> find_private_key(std::string_view text, std::size_t anchor) {
  static const re2::RE2 begin_line("-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----", latin1());
  static const re2::RE2 end_line("-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----", latin1());
  const auto body = match_end(begin_line, text, anchor);
  if (!body) return std::nullopt;
  // What may stand in a key: base64, headers, line ends as they are or escaped.
  std::size_t end = *body;
  const auto belongs = [](char c) {
    return is_word(c) || is_space(c) || c == '+' || c == '/' || c == '=' || c == '\\' || c == ':' ||
           c == ',' || c == '-' || c == '.' || c == '(' || c == ')' || c == '%';
  };
  while (end < text.size() && belongs(text[end])) {
    if (text[end] == '-') {
      if (const auto last = match_end(end_line, text, end)) return Range{anchor, *last};
    }
    ++end;
  }
  while (end > *body && (is_space(text[end - 1]) || text[end - 1] == '\\')) --end;
  return Range{anchor, end};
}

std::optional<Range> find_url_password(std::string_view text, std::size_t anchor) {
  constexpr std::size_t kLongest = 1024;
  const std::size_t begin = anchor + 3;
  std::size_t colon = 0;
  std::size_t at_sign = 0;
  for (std::size_t at = begin; at < text.size() && at - begin < kLongest; ++at) {
    const char c = text[at];
    if (is_space(c) || is_quote(c) || c == '<' || c == '>' || c == '/' || c == '?' || c == '#' || c == '\\') {
      break;
    }
    if (c == ':' && colon == 0) colon = at;
    if (c == '@') at_sign = at;
  }
  if (colon == 0 || at_sign <= colon + 1) return std::nullopt;
  const Range password{colon + 1, at_sign};
  return is_no_secret(password.of(text)) ? std::nullopt : std::optional(password);
}

}  // namespace lokitail::pipeline::redact
