// The calls that led here, one a line: function+0x1f (program+0x1234). Names of functions that a
// program does not export are missing unless it was linked with -rdynamic; addr2line takes what is
// in brackets.
//
// Threads: any. Errors: none; it may be empty.
#pragma once

#include "agent/telemetry/logger/text_buffer.h"

namespace lokitail::telemetry {

// From the call on that returns to `first`: what the caller's __builtin_return_address(0) is. All
// calls where there is no such.
void append_stack_trace(TextBuffer& out, const void* first);

}  // namespace lokitail::telemetry
