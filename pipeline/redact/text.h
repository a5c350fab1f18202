// What finders of secrets need to know of the text around them. ASCII alone counts; other bytes are
// letters of no word.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

#include "config/ascii.h"

namespace lokitail::pipeline::redact {

// A part of a text: [begin, end).
struct Range {
  std::size_t begin;
  std::size_t end;
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
constexpr bool is_word(char c) { return is_alphanumeric(c) || c == '_'; }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// The character at a place, or NUL beyond either end.
constexpr char at_or_nul(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : '\0'; }
constexpr char before_or_nul(std::string_view text, std::size_t at) {
  return at > 0 && at <= text.size() ? text[at - 1] : '\0';
}

// Whether a word may begin here: behind no other word, or behind an escape such as \n or %20.
constexpr bool begins_word(std::string_view text, std::size_t at) {
  const char before = before_or_nul(text, at);
  if (!is_word(before)) return true;
  if (at >= 2 && text[at - 2] == '\\') return before == 'n' || before == 't' || before == 'r';
  return at >= 3 && text[at - 3] == '%' && is_hex(text[at - 2]) && is_hex(before);
}

// Whether the value that begins here is called an identifier: `span_id=`, `"traceId":"`. Such
// values may look like anything.
bool follows_id_key(std::string_view text, std::size_t at);

// Whether a value has been made unreadable already, or says that there is none.
bool is_no_secret(std::string_view value);

}  // namespace lokitail::pipeline::redact
