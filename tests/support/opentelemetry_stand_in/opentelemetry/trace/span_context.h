// A stand-in for as much of opentelemetry-cpp's API as lokitail/telemetry/opentelemetry.h names,
// with the same names, types and meaning, for machines that do not have it. It tests that the
// adapter compiles and copies what it should; that the real API still has this form, it cannot
// test. Source: https://opentelemetry-cpp.readthedocs.io/en/latest/otel_docs/ (trace::SpanContext,
// TraceId, SpanId)
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace opentelemetry::trace {

class TraceId {
 public:
  static constexpr int kSize = 16;
  TraceId() = default;
  explicit TraceId(std::span<const std::uint8_t, kSize> id) { std::copy(id.begin(), id.end(), rep_.begin()); }
  std::span<const std::uint8_t, kSize> Id() const noexcept { return rep_; }

 private:
  std::array<std::uint8_t, kSize> rep_{};
};

class SpanId {
 public:
  static constexpr int kSize = 8;
  SpanId() = default;
  explicit SpanId(std::span<const std::uint8_t, kSize> id) { std::copy(id.begin(), id.end(), rep_.begin()); }
  std::span<const std::uint8_t, kSize> Id() const noexcept { return rep_; }

 private:
  std::array<std::uint8_t, kSize> rep_{};
};

class SpanContext {
 public:
  SpanContext(TraceId trace_id, SpanId span_id, bool sampled)
      : trace_id_(trace_id), span_id_(span_id), sampled_(sampled) {}
  static SpanContext GetInvalid() noexcept { return {TraceId(), SpanId(), false}; }
  const opentelemetry::trace::TraceId& trace_id() const noexcept { return trace_id_; }
  const opentelemetry::trace::SpanId& span_id() const noexcept { return span_id_; }
  bool IsSampled() const noexcept { return sampled_; }

 private:
  TraceId trace_id_;
  SpanId span_id_;
  bool sampled_;
};

}  // namespace opentelemetry::trace
