// Decides which of many equal lines are written; see Sampling in logger.h.
//
// Threads: any, without locks. At the turn of an interval a few lines more or less may be written.
// Source:  the counters of zap's sampler (zapcore/sampler.go).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lokitail/telemetry/logger.h"

namespace lokitail::telemetry {

class Sampler {
 public:
  explicit Sampler(const Sampling& sampling) : sampling_(sampling) {}

  // Nothing where the line is left out; otherwise how many were since the last that was written.
  std::optional<std::uint32_t> take(Level level, std::string_view message,
                                    std::chrono::system_clock::time_point now);

 private:
  struct Counter {
    std::atomic<std::int64_t> ends{0};  // nanoseconds
    std::atomic<std::uint32_t> seen{0};
    std::atomic<std::uint32_t> suppressed{0};
  };

  std::uint32_t count(Counter& counter, std::int64_t now) const;

  const Sampling sampling_;
  std::array<Counter, 1024> counters_;
};

}  // namespace lokitail::telemetry
