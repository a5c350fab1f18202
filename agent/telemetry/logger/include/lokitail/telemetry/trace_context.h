// Which trace, and which span of it, something belongs to; and how that travels between services.
//
// Source: https://www.w3.org/TR/trace-context/ (the header traceparent).
// Threads: values. Errors: parse_traceparent() answers nothing for a header that is not one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lokitail::telemetry {

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  bool sampled = false;

  // Neither of the two is all zeros.
  bool valid() const;
  // A span within the same trace, with an id of its own.
  TraceContext child() const;

  bool operator==(const TraceContext&) const = default;
};

// The first span of a trace; its ids come from the system's random numbers, so that processes that
// fork do not share any.
TraceContext new_trace(bool sampled = true);

// 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01. Of a version that is not known yet the
// parts are taken that version 00 has, as the recommendation asks.
std::optional<TraceContext> parse_traceparent(std::string_view header);
// REQUIRES: valid().
std::string make_traceparent(const TraceContext& context);

// 32 and 16 digits, lower case.
std::string trace_id_text(const TraceContext& context);
std::string span_id_text(const TraceContext& context);

}  // namespace lokitail::telemetry
