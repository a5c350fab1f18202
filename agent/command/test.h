// `lokitail test`: tests of a user's own pipelines (command/test/test_file.h).
//
// Threads: single-threaded; call it once.
#pragma once

#include <span>

namespace lokitail::agent {

// Arguments without the program's name and "test". Returns the exit status: 0 if all tests passed;
// 1 if some failed; 2 for what could not be run.
int run_test(std::span<const char* const> arguments);

}  // namespace lokitail::agent
