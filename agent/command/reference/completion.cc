#include "agent/command/reference/completion.h"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "agent/command/reference/usage.h"

namespace lokitail::agent::reference {
namespace {

// Between the single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string names_of(std::span<const CommandText> commands) {
  std::vector<std::string> names;
  for (const CommandText& command : commands) names.emplace_back(command.name);
  return joined(names);
}

// --- bash
// ------------------------------------------------------------------------------------------

// A case of `case $1 in`: the flags, and behind which of them words can be proposed.
std::string bash_case(std::string_view pattern, const std::vector<FlagUsage>& flags) {
  std::vector<std::string> names;
  std::string values;
  for (const FlagUsage& flag : flags) {
    names.push_back(flag.name);
    if (kind_of(flag) != ValueKind::kWords) continue;
    values += fmt::format("        {}) words={} ;;\n", flag.name, shell_quoted(joined(words_of(flag))));
  }
  const std::string choice = values.empty() ? "" : "      case $previous in\n" + values + "      esac\n";
  return fmt::format("    {})\n      flags={}\n{}      ;;\n", pattern, shell_quoted(joined(names)), choice);
}

// --- zsh
// -------------------------------------------------------------------------------------------

// One of _arguments' descriptions: `-name=[help]:VALUE:action`.
std::string zsh_flag(const FlagUsage& flag) {
  std::string help;
  for (const char c : flag.help) {
    if (c == '[' || c == ']' || c == '\\' || c == ':') help += '\\';
    help += c;
  }
  if (kind_of(flag) == ValueKind::kNone) return shell_quoted(flag.name + "[" + help + "]");
  std::string action;
  switch (kind_of(flag)) {
    case ValueKind::kFile:
      action = "_files";
      break;
    case ValueKind::kFolder:
      action = "_files -/";
      break;
    case ValueKind::kWords:
      action = "(" + joined(words_of(flag)) + ")";
      break;
    default:
      action = " ";
  }
  return shell_quoted(flag.name + "=[" + help + "]:value:" + action);
}

std::string zsh_case(std::string_view pattern, const std::vector<FlagUsage>& flags,
                     std::string_view operands) {
  std::string text = fmt::format("    {})\n      _arguments \\\n", pattern);
  for (const FlagUsage& flag : flags) text += "        " + zsh_flag(flag) + " \\\n";
  return text + fmt::format("        {}\n      ;;\n", operands);
}

// --- fish
// ------------------------------------------------------------------------------------------

std::string fish_flag(std::string_view condition, const FlagUsage& flag) {
  // -l is a name behind two dashes, -o one behind one.
  const bool two = flag.name.starts_with("--");
  std::string text = fmt::format("complete -c lokitail -n {} {} {}", shell_quoted(condition),
                                 two ? "-l" : "-o", flag.name.substr(two ? 2 : 1));
  switch (kind_of(flag)) {
    case ValueKind::kNone:
      break;
    case ValueKind::kFolder:
      text += " -x -a '(__fish_complete_directories)'";
      break;
    case ValueKind::kWords:
      text += " -x -a " + shell_quoted(joined(words_of(flag)));
      break;
    default:
      text += " -r";
  }
  // A backslash is one for fish between quotes, too.
  return text + " -d " + shell_quoted(flag.help) + "\n";
}

}  // namespace

std::string bash_completion(std::span<const CommandText> commands) {
  std::string text = fmt::format(
      R"(# Completion of lokitail's commands, flags and files: lokitail help --format=bash
_lokitail() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} flags='' words=''
  # bash takes the = of -flag=value for a word.
  if [[ $previous == = ]]; then previous=${{COMP_WORDS[COMP_CWORD-2]}}; fi
  if [[ $word == = ]]; then word=''; fi
  COMPREPLY=()
  [[ $COMP_CWORD -gt 1 ]] || words={0}
  case ${{COMP_WORDS[1]}} in
    help) [[ $COMP_CWORD -gt 2 ]] || words={0} ;;
)",
      shell_quoted(names_of(commands)));
  for (const CommandText& command : commands) {
    const auto flags = flags_in(command.usage);
    if (!flags.empty()) text += bash_case(command.name, flags);
  }
  return text + bash_case("*", agent_flags()) + R"(  esac
  if [[ $word == -* ]]; then words=$flags; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _lokitail lokitail
)";
}

std::string zsh_completion(std::span<const CommandText> commands) {
  std::string text =
      "#compdef lokitail\n# Completion of lokitail's commands, flags and files: lokitail help "
      "--format=zsh\n"
      "_lokitail() {\n  local -a commands=(\n";
  for (const CommandText& command : commands) {
    text += "    " + shell_quoted(fmt::format("{}:{}", command.name, command.summary)) + "\n";
  }
  text +=
      "  )\n  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
      "    _describe command commands\n    return\n  fi\n  case $words[2] in\n"
      "    help)\n      (( CURRENT > 3 )) || _describe command commands\n      ;;\n";
  for (const CommandText& command : commands) {
    const auto flags = flags_in(command.usage);
    if (!flags.empty()) text += zsh_case(command.name, flags, "'*:file:_files'");
  }
  return text + zsh_case("*", agent_flags(), "'*: :'") + "  esac\n}\n_lokitail \"$@\"\n";
}

std::string fish_completion(std::span<const CommandText> commands) {
  std::string text = "# Completion of lokitail's commands, flags and files: lokitail help --format=fish\n";
  const std::string seen = "__fish_seen_subcommand_from ";
  const std::string none = "not " + seen + names_of(commands);
  for (const CommandText& command : commands) {
    text += fmt::format("complete -c lokitail -n __fish_use_subcommand -f -a {} -d {}\n", command.name,
                        shell_quoted(command.summary));
  }
  for (const FlagUsage& flag : agent_flags()) text += fish_flag(none, flag);
  for (const CommandText& command : commands) {
    for (const FlagUsage& flag : flags_in(command.usage)) {
      text += fish_flag(seen + std::string(command.name), flag);
    }
  }
  text += fmt::format("complete -c lokitail -n {} -f -a {}\n", shell_quoted(seen + "help"),
                      shell_quoted(names_of(commands)));
  return text;
}

}  // namespace lokitail::agent::reference
