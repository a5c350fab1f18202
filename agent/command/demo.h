// `lokitail demo`: the agent at work where there is no Loki. Invented services write Docker logs,
// the agent - this binary once more, as a child process - tails them with an everyday pipeline, and
// a receiver that stands in for Loki checks that every line arrives once, through an outage and a
// rotation.
//
// Threads: single-threaded; call it once.
#pragma once

#include <span>

namespace lokitail::agent {

// Arguments without the program's name and "demo". Returns the exit status: 0; 1 if anything was
// lost or the demo cannot run; 2 for wrong arguments.
int run_demo(std::span<const char* const> arguments);

}  // namespace lokitail::agent
