// `lokitail` without a subcommand: the daemon.
#pragma once

#include <span>
#include <string_view>

namespace lokitail::agent {

// What the numbers mean with which it ends, for -help and the manual page.
extern const std::string_view kExitStatus;

// Runs until a signal ends it. Returns the exit status: 0 after a clean stop, 1 for a configuration
// that cannot be, 2 for wrong flags.
int run_agent(std::span<const char* const> arguments);

}  // namespace lokitail::agent
