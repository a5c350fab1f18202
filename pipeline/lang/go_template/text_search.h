// Searching, splitting and replacing as Go's strings package does it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "pipeline/lang/go_template/context.h"
#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {

inline bool contains_character(std::string_view text, char32_t code) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.code == code) return true;
    text.remove_prefix(character.size);
  }
  return false;
}

// Calls visit(part) for each part between separators, at most `most` if that is not negative. An
// empty separator splits between characters.
template <typename Visitor>
void split_text(std::string_view text, std::string_view separator, std::int64_t most, Visitor visit) {
  if (most == 0) return;
  for (std::int64_t parts = 1; parts != most; ++parts) {
    std::size_t end;
    if (separator.empty()) {
      if (text.empty()) return;
      end = first_character(text).size;
      if (end == text.size()) break;
    } else {
      end = text.find(separator);
      if (end == std::string_view::npos) break;
    }
    visit(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  if (!text.empty() || !separator.empty()) visit(text);
}

// With the first `count` places of `old` replaced, all of them if it is negative. An empty `old`
// stands before each character and at the end.
inline Value replace_text(Context& context, std::string_view text, std::string_view old,
                          std::string_view replacement, std::int64_t count) {
  if (count == 0 || old == replacement) return Value::string(text);
  if (!old.empty() && text.find(old) == std::string_view::npos) return Value::string(text);
  Text out(context, text.size());
  bool first = true;
  for (; count != 0 && !context.failed(); --count) {
    std::size_t place = 0;
    if (old.empty()) {
      if (!first) {
        if (text.empty()) break;
        place = first_character(text).size;
      }
      first = false;
    } else {
      place = text.find(old);
      if (place == std::string_view::npos) break;
    }
    (out += text.substr(0, place)) += replacement;
    text.remove_prefix(place + old.size());
  }
  out += text;
  return out.value();
}

}  // namespace lokitail::pipeline::lang::go_template
