// For programs that trace with OpenTelemetry C++: lines carry the ids of its active span.
//
//   telemetry::use_opentelemetry();            // once, at the start
//   logger.info("task executed");              // within a trace::Scope
//   logger.info(telemetry::from_span(*span), "task executed");
//
// A TraceScope of our own goes before the active span.
//
// There is only something here where the headers of opentelemetry-cpp (1.0 or later) are;
// LOKITAIL_HAS_OPENTELEMETRY says whether. Nothing of it is in the library, so that whoever does
// without it does not link it. Threads: any; the active span is the calling thread's.
#pragma once

#if __has_include(<opentelemetry/trace/tracer.h>)
#define LOKITAIL_HAS_OPENTELEMETRY 1

#include <opentelemetry/trace/span.h>
#include <opentelemetry/trace/span_context.h>
#include <opentelemetry/trace/tracer.h>

#include <algorithm>

#include "lokitail/telemetry/trace_scope.h"

namespace lokitail::telemetry {

inline TraceContext from_span_context(const ::opentelemetry::trace::SpanContext& span) {
  TraceContext context;
  const auto trace_id = span.trace_id().Id();
  const auto span_id = span.span_id().Id();
  std::copy(trace_id.begin(), trace_id.end(), context.trace_id.begin());
  std::copy(span_id.begin(), span_id.end(), context.span_id.begin());
  context.sampled = span.IsSampled();
  return context;
}

inline TraceContext from_span(const ::opentelemetry::trace::Span& span) {
  return from_span_context(span.GetContext());
}

// That of the calling thread's active span; an invalid one where there is none.
inline TraceContext active_span() { return from_span(*::opentelemetry::trace::Tracer::GetCurrentSpan()); }

inline void use_opentelemetry() { set_trace_source(&active_span); }

}  // namespace lokitail::telemetry

#else
#define LOKITAIL_HAS_OPENTELEMETRY 0
#endif
