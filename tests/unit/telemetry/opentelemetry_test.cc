// Where opentelemetry-cpp is not installed, as on Debian 12, this runs against the stand-in in
// tests/support/opentelemetry_stand_in.
#include "lokitail/telemetry/opentelemetry.h"

#include <catch2/catch.hpp>

#include <memory>

#include "lokitail/telemetry/logger.h"
#include "tests/unit/telemetry/collecting_sink.h"

static_assert(LOKITAIL_HAS_OPENTELEMETRY == 1);

namespace lokitail::telemetry {
namespace {

namespace otel = ::opentelemetry::trace;

otel::SpanContext span_context(const TraceContext& context) {
  return {otel::TraceId(context.trace_id), otel::SpanId(context.span_id), context.sampled};
}

TEST_CASE("ids come from OpenTelemetry's active span") {
  const TraceContext context = new_trace();
  const auto span = std::make_shared<otel::DefaultSpan>(span_context(context));
  CHECK(from_span(*span) == context);
  CHECK(from_span_context(span_context(new_trace(false))).sampled == false);
  CHECK_FALSE(active_span().valid());

  const auto sink = std::make_shared<test::CollectingSink>();
  const Logger logger({.sink = sink});
  use_opentelemetry();
  logger.info("before");
  {
    const otel::Scope scope(span);
    logger.info("within");
    const TraceScope own(context.child());
    logger.info("nearer");
  }
  logger.info("after");
  set_trace_source(nullptr);

  const auto has = [&](std::size_t line, const std::string& text) {
    return sink->lines().at(line).find(text) != std::string::npos;
  };
  CHECK_FALSE(has(0, "trace_id"));
  CHECK(has(1, trace_id_text(context)));
  CHECK(has(1, span_id_text(context)));
  CHECK(has(2, trace_id_text(context)));
  CHECK_FALSE(has(2, span_id_text(context)));
  CHECK_FALSE(has(3, "trace_id"));
}

}  // namespace
}  // namespace lokitail::telemetry
