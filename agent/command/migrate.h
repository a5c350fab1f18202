// `lokitail migrate`: takes over Promtail's place on a machine.
//
// Threads: single-threaded; call it once.
#pragma once

#include <span>

namespace lokitail::agent {

// Arguments without the program's name and "migrate". Returns the exit status, as options.cc tells.
int run_migrate(std::span<const char* const> arguments);

}  // namespace lokitail::agent
