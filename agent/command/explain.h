// `lokitail explain`: lines through the stages of a job, step by step.
//
// Threads: single-threaded; call it once.
#pragma once

#include <span>

namespace lokitail::agent {

// Arguments without the program's name and "explain". Returns the exit status: 0; 1 for a
// configuration or input that cannot be; 2 for wrong arguments.
int run_explain(std::span<const char* const> arguments);

}  // namespace lokitail::agent
