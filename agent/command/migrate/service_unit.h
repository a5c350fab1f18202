// Of a systemd service what it takes to start the same program in another one: its command and its
// environment.
//
// Threads: pure functions. Errors: what cannot be understood is passed over, as systemd does; never
// throws. Source:  systemd.service(5), systemd.exec(5), systemd.syntax(7). Specifiers (%i) stay as
// they are.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lokitail::agent::migrate {

struct ServiceUnit {
  std::vector<std::string> command;  // words of ExecStart=, not expanded; the program first
  std::vector<std::pair<std::string, std::string>> environment;  // of Environment=, in order
  std::vector<std::string> environment_files;  // of EnvironmentFile=; `-` in front where it may be missing
};

// Reads a file of a unit over what those before have said: the unit's own first, then its drop-ins.
void read_unit(std::string_view text, ServiceUnit& unit);

// NAME=value lines, values in quotes or not.
std::vector<std::pair<std::string, std::string>> read_environment_file(std::string_view text);

// The words with ${NAME} and $NAME put in; $NAME as a word of its own becomes several, or none.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
std::vector<std::string> expand_words(const std::vector<std::string>& words, const Lookup& lookup);

// A word as it is written in a unit; specifiers in it are put in by systemd.
std::string quoted_word(std::string_view word);
// The same in a command, where $ would stand for a variable.
std::string quoted_argument(std::string_view word);
// A text of elsewhere, in which % is no specifier, as a unit has it.
std::string without_specifiers(std::string_view text);

}  // namespace lokitail::agent::migrate
