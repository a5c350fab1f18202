// The arguments of `lokitail migrate`.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lokitail::agent::migrate {

struct Options {
  std::string config_file;  // Promtail's; empty: to be found
  std::string root;         // in front of all paths; without a slash at its end
  bool apply = false;
  bool help = false;
};

extern const std::string_view kUsage;

// Throws std::invalid_argument, whose text is for the user.
Options parse_options(std::span<const char* const> arguments);

}  // namespace lokitail::agent::migrate
