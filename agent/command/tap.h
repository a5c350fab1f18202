// `lokitail tap`: the live entries of a running agent, before or behind its pipelines.
//
// Threads: single-threaded; call it once.
#pragma once

#include <span>
#include <string_view>

namespace lokitail::agent {

extern const std::string_view kTapUsage;

// Arguments without the program's name and "tap". Returns the exit status: 0; 1 where the agent does not answer or
// refuses; 2 for wrong arguments.
int run_tap(std::span<const char* const> arguments);

}  // namespace lokitail::agent
