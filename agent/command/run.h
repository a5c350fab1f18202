// `lokitail` without a subcommand: the daemon.
#pragma once

#include <span>

namespace lokitail::agent {

// Runs until a signal ends it. Returns the exit status: 0 after a clean stop, 1 for a configuration
// that cannot be, 2 for wrong flags.
int run_agent(std::span<const char* const> arguments);

}  // namespace lokitail::agent
