// `lokitail health`: asks a running agent how it is, for what can only run a program: a container's health
// check, a script.
//
// Threads: single-threaded; call it once.
#pragma once

#include <span>
#include <string_view>

namespace lokitail::agent {

extern const std::string_view kHealthUsage;

// Arguments without the program's name and "health". Returns the exit status: 0 if the agent is well; 1 if it
// is not, or does not answer; 2 for wrong arguments.
int run_health(std::span<const char* const> arguments);

}  // namespace lokitail::agent
