#include "config/glob_trim.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace lokitail::config {
namespace {

// Characters are pieces of UTF-8 text; their bytewise order is that of their code points.
using Character = std::string_view;

Character first_character(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && length < 4 && (text[length] & 0xC0) == 0x80) ++length;
  return text.substr(0, length);
}

std::vector<Character> split_characters(std::string_view text) {
  std::vector<Character> characters;
  while (!text.empty()) {
    characters.push_back(first_character(text));
    text.remove_prefix(characters.back().size());
  }
  return characters;
}

// One element of a pattern.
struct Element {
  bool any_run = false;  // `*`
  bool negated = false;
  std::vector<std::pair<Character, Character>> ranges;

  bool matches(Character c) const {
    const bool inside = std::any_of(ranges.begin(), ranges.end(),
                                    [c](const auto& range) { return range.first <= c && c <= range.second; });
    return inside != negated;
  }
};

using Pattern = std::vector<Element>;
using Characters = std::vector<Character>;

// The element `[...]` whose first character behind the bracket is at `at`; moves `at` behind it.
std::optional<Element> parse_class(const Characters& characters, size_t& at) {
  const auto more = [&] { return at < characters.size(); };
  const auto take_one = [&]() -> std::optional<Character> {
    if (more() && characters[at] == "\\") ++at;
    if (!more()) return std::nullopt;
    return characters[at++];
  };
  Element element;
  if (more() && characters[at] == "^") {
    element.negated = true;
    ++at;
  }
  while (more() && (characters[at] != "]" || element.ranges.empty())) {
    const auto low = take_one();
    if (!low) return std::nullopt;
    auto high = low;
    if (more() && characters[at] == "-") {
      ++at;
      high = take_one();
      if (!high) return std::nullopt;
    }
    element.ranges.emplace_back(*low, *high);
  }
  if (!more()) return std::nullopt;
  ++at;
  return element;
}

std::optional<Pattern> parse(std::string_view text) {
  const Characters characters = split_characters(text);
  Pattern pattern;
  size_t at = 0;
  while (at < characters.size()) {
    Element element;
    Character c = characters[at++];
    if (c == "*") {
      element.any_run = true;
    } else if (c == "?") {
      element.negated = true;  // not in the empty set
    } else if (c == "[") {
      const auto parsed = parse_class(characters, at);
      if (!parsed) return std::nullopt;
      element = *parsed;
    } else {
      if (c == "\\") {
        if (at == characters.size()) return std::nullopt;
        c = characters[at++];
      }
      element.ranges.emplace_back(c, c);
    }
    pattern.push_back(std::move(element));
  }
  return pattern;
}

// How many of the leading characters match the pattern, at least or at most; 0 for no match.
// Walks the text once with the set of all pattern positions that it may have reached.
size_t matching_length(const Characters& text, const Pattern& pattern, GlobReach reach) {
  std::vector<bool> reached(pattern.size() + 1);
  const auto skip_runs = [&] {
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (reached[i] && pattern[i].any_run) reached[i + 1] = true;
    }
  };
  reached[0] = true;
  skip_runs();
  size_t matched = 0;
  for (size_t length = 1; length <= text.size(); ++length) {
    for (size_t i = pattern.size() + 1; i-- > 0;) {
      const bool stays = i < pattern.size() && reached[i] && pattern[i].any_run;
      const bool comes =
          i > 0 && reached[i - 1] && !pattern[i - 1].any_run && pattern[i - 1].matches(text[length - 1]);
      reached[i] = stays || comes;
    }
    skip_runs();
    if (!reached.back()) continue;
    matched = length;
    if (reach == GlobReach::kShortest) break;
  }
  return matched;
}

size_t byte_count(const Characters& characters, size_t count) {
  size_t bytes = 0;
  for (size_t i = 0; i < count; ++i) bytes += characters[i].size();
  return bytes;
}

}  // namespace

std::string trim_prefix(std::string_view text, std::string_view pattern, GlobReach reach) {
  const auto parsed = parse(pattern);
  if (!parsed) return std::string(text);
  const Characters characters = split_characters(text);
  const size_t count = matching_length(characters, *parsed, reach);
  return std::string(text.substr(byte_count(characters, count)));
}

std::string trim_suffix(std::string_view text, std::string_view pattern, GlobReach reach) {
  auto parsed = parse(pattern);
  if (!parsed) return std::string(text);
  std::reverse(parsed->begin(), parsed->end());
  Characters characters = split_characters(text);
  std::reverse(characters.begin(), characters.end());
  const size_t count = matching_length(characters, *parsed, reach);
  return std::string(text.substr(0, text.size() - byte_count(characters, count)));
}

}  // namespace lokitail::config
