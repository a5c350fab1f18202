// `lokitail top`: the clients and targets of a running agent, by lag or by rate, drawn anew every few seconds.
//
// Threads: single-threaded; call it once.
#pragma once

#include <span>
#include <string_view>

namespace lokitail::agent {

extern const std::string_view kTopUsage;

// Arguments without the program's name and "top". Returns the exit status: 0; 1 where the agent does not answer; 2 for
// wrong arguments.
int run_top(std::span<const char* const> arguments);

}  // namespace lokitail::agent
