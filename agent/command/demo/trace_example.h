// `lokitail demo --trace`: a request through three services, each a process of its own (service_program.h),
// and then all that was logged about it, in order, as it arrived at the Loki of the demo.
//
// Threads: one. Errors: std::exception where it cannot begin.
#pragma once

#include "agent/command/demo/options.h"

namespace lokitail::agent::demo {

// Returns the exit status: 0 if of each request all lines have arrived in order, under one trace.
int run_trace_example(const Options& options);

}  // namespace lokitail::agent::demo
