// Signal handlers that let sinks write what they hold before the process ends.
//
// The first call puts them in, for SIGABRT, SIGSEGV, SIGBUS, SIGFPE and SIGILL. They do what they
// do, put back those that were there before, and hand the signal on to them.
//
// Threads: any.
#pragma once

namespace lokitail::telemetry {

class AsyncSink;

// Up to 16 sinks; further ones are not drained.
void drain_on_crash(AsyncSink* sink);
void forget_on_crash(AsyncSink* sink);

}  // namespace lokitail::telemetry
