#include "config/glob_trim.h"

#include <optional>

#include "config/value.h"

namespace lokitail::config {
namespace {

// The first character of UTF-8 text; a byte that begins none is one.
std::string_view first_character(std::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (is_utf8(text.substr(0, length))) return text.substr(0, length);
  }
  return text.substr(0, 1);
}

// The characters in the opposite order. Bytes that are no UTF-8 become U+FFFD.
std::string reversed(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    out.insert(0, is_utf8(character) ? character : "\xEF\xBF\xBD");
    text.remove_prefix(character.size());
  }
  return out;
}

enum class Outcome { kMatch, kNoMatch, kMalformed };

// One character of a class, escaped or not. The class has to go on behind it.
std::optional<std::string_view> take_class_character(std::string_view& pattern) {
  if (pattern.empty() || pattern[0] == '-' || pattern[0] == ']') return std::nullopt;
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  if (pattern.empty()) return std::nullopt;
  const std::string_view character = first_character(pattern);
  pattern.remove_prefix(character.size());
  if (!is_utf8(character) || pattern.empty()) return std::nullopt;
  return character;
}

// Matches the class that `pattern` begins with, behind its bracket, with the first character of `text`, and
// takes both. The bytewise order of characters is that of their code points.
Outcome match_class(std::string_view& pattern, std::string_view& text) {
  const std::string_view character = first_character(text);
  text.remove_prefix(character.size());
  const bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  bool inside = false;
  for (bool first = true; first || !pattern.starts_with(']'); first = false) {
    const auto low = take_class_character(pattern);
    if (!low) return Outcome::kMalformed;
    auto high = low;
    if (pattern.starts_with('-')) {
      pattern.remove_prefix(1);
      high = take_class_character(pattern);
      if (!high) return Outcome::kMalformed;
    }
    inside = inside || (*low <= character && character <= *high);
  }
  pattern.remove_prefix(1);
  return inside != negated ? Outcome::kMatch : Outcome::kNoMatch;
}

// Matches a piece of a pattern without `*` with the beginning of `text`, which is taken where it does.
Outcome match_piece(std::string_view piece, std::string_view& text) {
  std::string_view rest = text;
  while (!piece.empty()) {
    if (rest.empty()) return Outcome::kNoMatch;
    const char mark = piece[0];
    if (mark == '[') {
      piece.remove_prefix(1);
      const Outcome outcome = match_class(piece, rest);
      if (outcome != Outcome::kMatch) return outcome;
      continue;
    }
    if (mark == '?') {
      rest.remove_prefix(first_character(rest).size());
    } else {
      if (mark == '\\') piece.remove_prefix(1);
      if (piece.empty()) return Outcome::kMalformed;
      if (piece[0] != rest[0]) return Outcome::kNoMatch;
      rest.remove_prefix(1);
    }
    piece.remove_prefix(1);
  }
  text = rest;
  return Outcome::kMatch;
}

// What comes before the next `*` that stands outside of a class.
std::string_view take_piece(std::string_view& pattern) {
  bool in_class = false;
  size_t length = 0;
  for (; length < pattern.size(); ++length) {
    const char c = pattern[length];
    if (c == '*' && !in_class) break;
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (c == '\\' && length + 1 < pattern.size()) ++length;
  }
  const std::string_view piece = pattern.substr(0, length);
  pattern.remove_prefix(length);
  return piece;
}

// Whether the whole text matches. Each piece takes the first place where it fits, and the last one has to fit
// at the end: what comes before is not tried anew.
Outcome match(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    const bool any_run = pattern.starts_with('*');
    while (pattern.starts_with('*')) pattern.remove_prefix(1);
    const std::string_view piece = take_piece(pattern);
    if (any_run && piece.empty()) return Outcome::kMatch;
    Outcome outcome = Outcome::kNoMatch;
    for (size_t skipped = 0; outcome == Outcome::kNoMatch && skipped <= text.size(); ++skipped) {
      std::string_view rest = text.substr(skipped);
      outcome = match_piece(piece, rest);
      const bool fits = outcome == Outcome::kMatch && (rest.empty() || !pattern.empty());
      if (fits) text = rest;
      if (outcome == Outcome::kMatch && !fits) outcome = Outcome::kNoMatch;
      if (!any_run) break;
    }
    if (outcome != Outcome::kMatch) return outcome;
  }
  return text.empty() ? Outcome::kMatch : Outcome::kNoMatch;
}

// How many of the leading bytes match; 0 for none, and where the pattern turns out to be malformed.
size_t matching_length(std::string_view text, std::string_view pattern, GlobReach reach) {
  size_t matched = 0;
  for (size_t length = text.size(); length > 0; --length) {
    const Outcome outcome = match(pattern, text.substr(0, length));
    if (outcome == Outcome::kMalformed) return 0;
    if (outcome != Outcome::kMatch) continue;
    matched = length;
    if (reach == GlobReach::kLongest) break;
  }
  return matched;
}

}  // namespace

std::string trim_prefix(std::string_view text, std::string_view pattern, GlobReach reach) {
  return std::string(text.substr(matching_length(text, pattern, reach)));
}

std::string trim_suffix(std::string_view text, std::string_view pattern, GlobReach reach) {
  return reversed(trim_prefix(reversed(text), reversed(pattern), reach));
}

}  // namespace lokitail::config
