// All matches of a regular expression, one after the other.
//
// Threads: pure function. Source: Go's Regexp.FindAllSubmatch.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "pipeline/lang/regex.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang {

// Calls visit() for each match, with `groups` filled as Regex::match() does, until it answers
// false. An empty match right behind another match does not count. REQUIRES: `groups` is not empty.
template <typename Visitor>
void for_each_match(const Regex& regex, std::string_view text, std::span<std::string_view> groups,
                    Visitor visit) {
  constexpr std::size_t kNone = std::string_view::npos;
  const RegexText subject(text);
  std::size_t previous_end = kNone;
  for (std::size_t from = 0; from <= text.size() && regex.match_from(subject, from, groups);) {
    const auto start = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t end = start + groups[0].size();
    const bool counts = end != from || start != previous_end;
    if (end != from) {
      from = end;
    } else {
      // Found nothing, and nothing was passed over: go on behind the next character.
      from += from < text.size() ? first_character(text.substr(from)).size : 1;
    }
    previous_end = end;
    if (counts && !visit()) return;
  }
}

}  // namespace lokitail::pipeline::lang
