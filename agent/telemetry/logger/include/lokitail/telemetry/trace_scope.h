// The trace that a thread is at work for: lines logged within a scope carry its ids, without being
// told.
//
//   const TraceScope scope(context);
//   logger.info("task executed");
//
// Scopes nest; the innermost counts. One with an invalid context hides those around it.
//
// Threads: a scope is for the thread that made it, and ends there. A coroutine that may go on in
// another thread, or let others run in this one, hands the context to the calls instead.
#pragma once

#include "lokitail/telemetry/trace_context.h"

namespace lokitail::telemetry {

class TraceScope {
 public:
  explicit TraceScope(const TraceContext& context);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

  const TraceContext& context() const { return context_; }

 private:
  friend TraceContext current_trace();

  const TraceContext context_;
  const TraceScope* const outer_;
};

// That of the innermost scope; without one what the source says; otherwise an invalid one.
TraceContext current_trace();

// Where contexts come from in a process that traces with another library (see opentelemetry.h).
// Called by every thread that logs outside of a scope. nullptr takes it away again.
using TraceSource = TraceContext (*)();
void set_trace_source(TraceSource source);

}  // namespace lokitail::telemetry
