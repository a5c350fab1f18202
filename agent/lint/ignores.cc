#include "agent/lint/ignores.h"

#include <algorithm>

namespace lokitail::agent::lint {
namespace {

constexpr std::string_view kMark = "lokitail:ignore";
constexpr std::string_view kBetween = " \t,\r";

// The ids behind the mark of a comment; it may go on with something else behind another `#`.
std::set<std::string, std::less<>> ids_in(std::string_view text) {
  std::set<std::string, std::less<>> ids;
  text = text.substr(0, text.find('#'));
  for (;;) {
    const std::size_t begin = text.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) return ids;
    text.remove_prefix(begin);
    const std::string_view id = text.substr(0, text.find_first_of(kBetween));
    ids.emplace(id);
    text.remove_prefix(id.size());
  }
}

}  // namespace

Ignores::Ignores(std::string_view text) {
  int number = 0;
  std::set<std::string, std::less<>> from_above;
  bool has_from_above = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    const std::size_t first = line.find_first_not_of(" \t");
    const bool only_comment = first != std::string_view::npos && line[first] == '#';
    const std::size_t hash = line.find('#');
    const std::size_t mark = hash == std::string_view::npos ? std::string_view::npos : line.find(kMark, hash);
    const bool marked = mark != std::string_view::npos;
    const auto ids = marked ? ids_in(line.substr(mark + kMark.size())) : std::set<std::string, std::less<>>();
    if (only_comment) {
      // Comments may follow one another, and are all about what comes then.
      if (marked && has_from_above && (from_above.empty() || ids.empty())) {
        from_above.clear();
      } else if (marked) {
        from_above.insert(ids.begin(), ids.end());
      }
      has_from_above = has_from_above || marked;
      continue;
    }
    if (marked) by_line_[number] = ids;
    if (has_from_above) {
      auto& all = by_line_[number];
      if (from_above.empty() || (marked && ids.empty())) {
        all.clear();
      } else {
        all.insert(from_above.begin(), from_above.end());
      }
    }
    from_above.clear();
    has_from_above = false;
  }
}

bool Ignores::covers(std::string_view id, int line) const {
  if (everywhere_.contains(id)) return true;
  const auto found = by_line_.find(line);
  return found != by_line_.end() && (found->second.empty() || found->second.contains(id));
}

}  // namespace lokitail::agent::lint
