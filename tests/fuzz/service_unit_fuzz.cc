// Promtail's unit and its files of environment variables: whatever is in them, they are read, and a
// word that is written into a unit's command is read as what it was, but for specifiers, which stay as they are.
#include <cstdlib>

#include "agent/command/migrate/service_unit.h"

using namespace lokitail::agent::migrate;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ServiceUnit unit;
  read_unit(text, unit);
  read_unit(text, unit);
  const auto environment = read_environment_file(text);
  const auto lookup = [&environment](std::string_view name) -> std::optional<std::string> {
    for (const auto& [key, value] : environment) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
  expand_words(unit.command, lookup);

  std::string command = "[Service]\nExecStart=p";
  for (const std::string& word : unit.command) command += " " + quoted_argument(word);
  ServiceUnit again;
  read_unit(command, again);
  const auto none = [](std::string_view) { return std::optional<std::string>(); };
  if (again.command.empty() || again.command.size() != unit.command.size() + 1) std::abort();
  const auto expanded = expand_words(again.command, none);
  for (std::size_t i = 0; i < unit.command.size(); ++i) {
    if (expanded.size() != again.command.size() || expanded[i + 1] != unit.command[i]) std::abort();
  }
  return 0;
}
