#include "config/flags.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "config/flag_table.h"
#include "config/nearest.h"

namespace lokitail::config {
namespace {

const Flag* find_flag(std::string_view name) {
  const auto flags = all_flags();
  const auto found =
      std::find_if(flags.begin(), flags.end(), [name](const Flag& flag) { return flag.name == name; });
  return found == flags.end() ? nullptr : &*found;
}

std::vector<std::string_view> flag_names() {
  std::vector<std::string_view> names;
  for (const Flag& flag : all_flags()) names.push_back(flag.name);
  return names;
}

bool is_help(std::string_view name) { return name == "h" || name == "help"; }

// `-name` or `-name=value` taken apart; nothing where the argument is no flag.
struct Argument {
  std::string_view name;
  std::optional<std::string_view> value;
};

std::optional<Argument> split_argument(std::string_view text) {
  if (text.size() < 2 || text.front() != '-') return std::nullopt;
  std::string_view rest = text.substr(text[1] == '-' ? 2 : 1);
  if (rest.empty() || rest.front() == '-' || rest.front() == '=') {
    throw FlagError("bad flag syntax: " + std::string(text));
  }
  const size_t equals = rest.find('=');
  if (equals == rest.npos) return Argument{rest, std::nullopt};
  return Argument{rest.substr(0, equals), rest.substr(equals + 1)};
}

struct GroupRule {
  std::string_view title;
  std::vector<std::string_view> beginnings;  // of the names
};

// The first that fits counts, so the last takes all others; their order is that of -help.
const std::array kGroupRules = {
    GroupRule{"Log", {"log.", "log-config"}},
    GroupRule{"HTTP server", {"server."}},
    GroupRule{"Positions and files", {"positions.", "target.", "file-watch."}},
    GroupRule{"Limits", {"limit.", "max-"}},
    GroupRule{"Clients: one more besides those of the file (deprecated)", {"client."}},
    GroupRule{"Running", {""}},
};
constexpr std::string_view kNotYet = "Not supported yet: refused where they are given";
constexpr std::string_view kNoEffect = "Accepted, as Promtail has them, and without effect";

std::string_view group_of(const Flag& flag) {
  if (flag.effect == FlagEffect::kNotYet) return kNotYet;
  if (flag.effect == FlagEffect::kNone) return kNoEffect;
  for (const GroupRule& rule : kGroupRules) {
    for (const std::string_view beginning : rule.beginnings) {
      if (flag.name.starts_with(beginning)) return rule.title;
    }
  }
  return kNoEffect;
}

std::string usage_of(const FlagText& flag) {
  std::string text = "  -" + std::string(flag.name);
  if (!flag.type.empty()) text += " " + std::string(flag.type);
  text += "\n    \t" + std::string(flag.help);
  if (!flag.standard.empty()) text += " (default " + std::string(flag.standard) + ")";
  return text + "\n";
}

}  // namespace

Options parse_flags(std::span<const char* const> args) {
  Options options;
  Config scratch;  // values are tried out on it, so that bad ones are found here
  for (size_t i = 0; i < args.size(); ++i) {
    if (std::string_view(args[i]) == "--") break;
    const auto argument = split_argument(args[i]);
    if (!argument) {
      options.arguments.emplace_back(args[i]);
      continue;
    }
    const std::string name(argument->name);
    if (is_help(name)) {
      options.help = true;
      continue;
    }
    const Flag* flag = find_flag(name);
    if (!flag) {
      throw FlagError("flag provided but not defined: -" + name + did_you_mean(name, flag_names()));
    }
    std::string value = "true";
    if (argument->value) {
      value = *argument->value;
    } else if (flag->kind != FlagKind::kBool) {
      if (i + 1 >= args.size()) throw FlagError("flag needs an argument: -" + name);
      value = args[++i];
    }
    flag->apply(FlagTarget{options, scratch}, *flag, value);
    if (flag->effect == FlagEffect::kSetting) {
      options.overrides.emplace_back(name, std::move(value));
    }
  }
  return options;
}

void apply_flags(const Options& options, Config& config) {
  Options scratch;
  for (const auto& [name, value] : options.overrides) {
    const Flag* flag = find_flag(name);
    if (flag) flag->apply(FlagTarget{scratch, config}, *flag, value);
  }
}

std::vector<FlagGroup> flag_groups() {
  std::vector<FlagGroup> groups;
  groups.push_back({kGroupRules.back().title});
  for (std::size_t i = 0; i + 1 < kGroupRules.size(); ++i) groups.push_back({kGroupRules[i].title});
  groups.push_back({kNotYet, false});
  groups.push_back({kNoEffect, false});
  for (const Flag& flag : all_flags()) {
    for (FlagGroup& group : groups) {
      if (group.title != group_of(flag)) continue;
      group.flags.push_back({flag.name, type_name(flag.kind), flag.standard, flag.help});
    }
  }
  return groups;
}

std::string flags_usage() {
  std::string text = "Usage of lokitail:\n";
  for (const FlagGroup& group : flag_groups()) {
    text += "\n" + std::string(group.title) + ":\n";
    for (const FlagText& flag : group.flags) {
      text += group.has_effect ? usage_of(flag) : "  -" + std::string(flag.name) + "\n";
    }
  }
  return text;
}

}  // namespace lokitail::config
