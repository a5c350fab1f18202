// `lokitail check`: what is wrong with a configuration, and what is hardly meant.
#pragma once

#include <span>

namespace lokitail::agent {

// With the arguments behind it. Returns the exit status.
int run_check(std::span<const char* const> arguments);

}  // namespace lokitail::agent
