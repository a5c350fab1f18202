#include "agent/telemetry/tracing/tracer.h"

#include <catch2/catch.hpp>

#include <thread>

#include "agent/telemetry/metrics.h"
#include "agent/telemetry/trace.pb.h"
#include "agent/telemetry/tracing/otlp_spans.h"

namespace lokitail::agent {
namespace {

Span named(const char* name) {
  Span span;
  span.context = telemetry::new_trace();
  span.name = name;
  return span;
}

struct Fixture {
  Metrics metrics;
  prometheus::Counter& dropped = metrics.counter_of("dropped_total", "Dropped.");
};

}  // namespace

TEST_CASE("Tracer samples the share it is told") {
  Fixture fixture;
  constexpr int kTries = 4000;
  const auto sampled = [&](double ratio) {
    const Tracer tracer(ratio, 1, fixture.dropped);
    int count = 0;
    for (int i = 0; i < kTries; ++i) count += tracer.begin() ? 1 : 0;
    return count;
  };
  CHECK(sampled(0) == 0);
  CHECK(sampled(1) == kTries);
  // Six standard deviations are 190.
  CHECK(std::abs(sampled(0.5) - kTries / 2) < 190);
}

TEST_CASE("Tracer keeps no more than it may, and counts the rest") {
  Fixture fixture;
  Tracer tracer(1, 3, fixture.dropped);
  for (const char* const name : {"a", "b", "c", "d", "e"}) tracer.finish(named(name));
  CHECK(fixture.dropped.Value() == 2);
  const auto first = tracer.take(2);
  REQUIRE(first.size() == 2);
  CHECK(std::string(first[0].name) + first[1].name == "ab");
  CHECK(tracer.waiting() == 1);
  CHECK(tracer.take(2).size() == 1);
  CHECK(tracer.take(2).empty());
}

TEST_CASE("Tracer calls when there is something, once until it was taken") {
  Fixture fixture;
  Tracer tracer(1, 10, fixture.dropped);
  int calls = 0;
  tracer.on_something([&calls] { ++calls; });
  tracer.finish(named("a"));
  tracer.finish(named("b"));
  CHECK(calls == 1);
  CHECK(tracer.take(10).size() == 2);
  tracer.finish(named("c"));
  CHECK(calls == 2);
  tracer.close();
  tracer.finish(named("d"));
  CHECK(calls == 2);
  CHECK(tracer.waiting() == 0);
}

TEST_CASE("Tracer takes spans from several threads") {
  Fixture fixture;
  constexpr std::size_t kEach = 500;
  Tracer tracer(1, 4 * kEach, fixture.dropped);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&tracer] {
      for (std::size_t n = 0; n < kEach; ++n) tracer.finish(named("x"));
    });
  }
  std::size_t taken = 0;
  while (taken < 2 * kEach) taken += tracer.take(7).size();
  for (std::thread& thread : threads) thread.join();
  CHECK(taken + tracer.waiting() == 4 * kEach);
}

TEST_CASE("Spans as OTLP has them") {
  Span span = named("push");
  span.parent = telemetry::new_trace();
  span.kind = Span::Kind::kClient;
  span.start = Span::Time(std::chrono::seconds(7));
  span.end = Span::Time(std::chrono::seconds(5));  // the clock was set back
  span.attributes.emplace_back("text", std::string("odd \xFF byte"));
  span.attributes.emplace_back("number", std::int64_t{-5});
  span.attributes.emplace_back("truth", true);
  span.error = "it \xC3 broke";
  otlp::ExportTraceServiceRequest request;
  REQUIRE(request.ParseFromString(otlp_request({span}, "node-1")));
  const otlp::Span& sent = request.resource_spans(0).scope_spans(0).spans(0);
  CHECK(sent.trace_id() == std::string(span.context.trace_id.begin(), span.context.trace_id.end()));
  CHECK(sent.parent_span_id() == std::string(span.parent->span_id.begin(), span.parent->span_id.end()));
  CHECK(sent.name() == "push");
  CHECK(sent.kind() == otlp::Span::SPAN_KIND_CLIENT);
  CHECK(sent.start_time_unix_nano() == 7'000'000'000);
  CHECK(sent.end_time_unix_nano() == sent.start_time_unix_nano());
  CHECK(sent.attributes(0).value().string_value() == "odd \xEF\xBF\xBD byte");
  CHECK(sent.attributes(1).value().int_value() == -5);
  CHECK(sent.attributes(2).value().bool_value());
  CHECK(sent.status().code() == otlp::Status::STATUS_CODE_ERROR);
  CHECK(sent.status().message() == "it \xEF\xBF\xBD broke");
}

TEST_CASE("Field numbers are those of OTLP") {
  // Written by hand: a span with name (5), kind (6), fixed times (7, 8) and flags (16).
  Span span = named("n");
  span.context.trace_id.fill(0x11);
  span.context.span_id.fill(0x22);
  span.context.sampled = true;
  span.start = span.end = Span::Time(std::chrono::nanoseconds(1));
  const std::string wire = std::string("\x0A\x10", 2) + std::string(16, '\x11') + "\x12\x08" +
                           std::string(8, '\x22') + "\x2A\x01n" + "\x30\x01" +
                           std::string("\x39\x01\0\0\0\0\0\0\0", 9) +
                           std::string("\x41\x01\0\0\0\0\0\0\0", 9) + std::string("\x85\x01\x01\0\0\0", 6);
  CHECK(otlp_request({span}, "h").find(wire) != std::string::npos);
}

TEST_CASE("What a collector answers") {
  otlp::ExportTraceServiceResponse response;
  CHECK(read_export_answer(response.SerializeAsString()).rejected_spans == 0);
  response.mutable_partial_success()->set_rejected_spans(3);
  response.mutable_partial_success()->set_error_message("late");
  CHECK(read_export_answer(response.SerializeAsString()).rejected_spans == 3);
  CHECK(read_export_answer(response.SerializeAsString()).message == "late");
  response.mutable_partial_success()->set_rejected_spans(-3);
  CHECK(read_export_answer(response.SerializeAsString()).rejected_spans == 0);
  CHECK(read_export_answer("<html>").rejected_spans == 0);
}

}  // namespace lokitail::agent
