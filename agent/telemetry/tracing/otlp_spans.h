// Spans in the form in which OTLP's collectors take them, and what these answer.
//
// Threads: pure functions. Errors: read_export_answer() takes whatever comes; what is no answer says nothing.
// Source: agent/telemetry/trace.proto; https://opentelemetry.io/docs/specs/otlp/#otlphttp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/telemetry/tracing/tracer.h"

namespace lokitail::agent {

// An ExportTraceServiceRequest. Texts that are not UTF-8 get U+FFFD where they are not.
std::string otlp_request(const std::vector<Span>& spans, std::string_view host_name);

// Of a success, which may be one in part.
struct ExportAnswer {
  std::uint64_t rejected_spans = 0;
  std::string message{};
};
ExportAnswer read_export_answer(std::string_view body);

}  // namespace lokitail::agent
