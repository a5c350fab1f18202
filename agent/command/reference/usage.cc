#include "agent/command/reference/usage.h"

#include <algorithm>

#include "config/flags.h"

namespace lokitail::agent::reference {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(' ');
  return from == text.npos ? std::string_view() : text.substr(from, text.find_last_not_of(' ') + 1 - from);
}

// `--name VALUE   help`: the help stands behind at least two spaces.
FlagUsage parse_flag(std::string_view line) {
  const std::size_t gap = std::min(line.find("  "), line.size());
  const std::string_view head = line.substr(0, gap);
  const std::size_t space = std::min(head.find(' '), head.size());
  return {std::string(head.substr(0, space)), std::string(trimmed(head.substr(space))),
          std::string(trimmed(line.substr(gap)))};
}

}  // namespace

std::vector<FlagUsage> flags_in(std::string_view usage) {
  std::vector<FlagUsage> flags;
  bool goes_on = false;
  while (!usage.empty()) {
    const std::size_t end = std::min(usage.find('\n'), usage.size());
    const std::string_view line = usage.substr(0, end);
    usage.remove_prefix(std::min(end + 1, usage.size()));
    if (line.starts_with("  -")) {
      flags.push_back(parse_flag(line.substr(2)));
      goes_on = true;
    } else if (goes_on && line.starts_with("    ")) {
      flags.back().help += " " + std::string(trimmed(line));
    } else {
      goes_on = false;
    }
  }
  return flags;
}

std::vector<FlagUsage> agent_flags() {
  std::vector<FlagUsage> flags;
  for (const config::FlagGroup& group : config::flag_groups()) {
    if (!group.has_effect) continue;
    for (const config::FlagText& flag : group.flags) {
      flags.push_back({"-" + std::string(flag.name), std::string(flag.type), std::string(flag.help)});
    }
  }
  flags.push_back({"-help", "", "Show all flags"});
  return flags;
}

ValueKind kind_of(const FlagUsage& flag) {
  if (flag.value.empty()) return ValueKind::kNone;
  if (flag.value.find('|') != flag.value.npos) return ValueKind::kWords;
  if (flag.value == "DIR") return ValueKind::kFolder;
  if (flag.value.ends_with("FILE") || flag.name.ends_with(".file")) return ValueKind::kFile;
  return ValueKind::kOther;
}

std::vector<std::string> words_of(const FlagUsage& flag) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from <= flag.value.size();) {
    const std::size_t end = std::min(flag.value.find('|', from), flag.value.size());
    words.push_back(flag.value.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

}  // namespace lokitail::agent::reference
