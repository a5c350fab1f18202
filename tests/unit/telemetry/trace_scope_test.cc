#include "lokitail/telemetry/trace_scope.h"

#include <catch2/catch.hpp>

#include <thread>

namespace lokitail::telemetry {
namespace {

TEST_CASE("the innermost scope counts, in its thread alone") {
  CHECK_FALSE(current_trace().valid());
  const TraceScope outer(new_trace());
  CHECK(current_trace() == outer.context());
  {
    const TraceScope inner(outer.context().child());
    CHECK(current_trace() == inner.context());
    TraceContext elsewhere = new_trace();
    std::thread([&elsewhere] { elsewhere = current_trace(); }).join();
    CHECK_FALSE(elsewhere.valid());
    const TraceScope hidden(TraceContext{});
    CHECK_FALSE(current_trace().valid());
  }
  CHECK(current_trace() == outer.context());
}

TraceContext foreign() {
  TraceContext context;
  context.trace_id[0] = 1;
  context.span_id[0] = 2;
  return context;
}

TEST_CASE("without a scope the source is asked") {
  set_trace_source(&foreign);
  CHECK(current_trace() == foreign());
  {
    const TraceScope scope(new_trace());
    CHECK(current_trace() == scope.context());
  }
  set_trace_source(nullptr);
  CHECK_FALSE(current_trace().valid());
}

}  // namespace
}  // namespace lokitail::telemetry
