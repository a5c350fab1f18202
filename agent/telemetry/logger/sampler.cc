#include "agent/telemetry/logger/sampler.h"

#include <functional>

namespace lokitail::telemetry {

// How many there were within the interval, this one included. A clock that was put back ends the
// interval, too.
std::uint32_t Sampler::count(Counter& counter, std::int64_t now) const {
  std::int64_t ends = counter.ends.load(std::memory_order_relaxed);
  const std::int64_t interval = sampling_.interval.count();
  const bool within = now < ends && ends - now <= interval;
  if (within || !counter.ends.compare_exchange_strong(ends, now + interval)) {
    return counter.seen.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  counter.seen.store(1, std::memory_order_relaxed);
  return 1;
}

std::optional<std::uint32_t> Sampler::take(Level level, std::string_view message,
                                           std::chrono::system_clock::time_point now) {
  if (level > sampling_.up_to) return 0;
  constexpr std::size_t kApart = 0x9E37'79B9;
  const std::size_t hash = std::hash<std::string_view>()(message) + static_cast<std::size_t>(level) * kApart;
  Counter& counter = counters_[hash % counters_.size()];
  const auto nanoseconds = std::chrono::nanoseconds(now.time_since_epoch()).count();
  const std::uint32_t seen = count(counter, nanoseconds);
  const bool left_out = seen > sampling_.first &&
                        (sampling_.thereafter == 0 || (seen - sampling_.first) % sampling_.thereafter != 0);
  if (left_out) {
    counter.suppressed.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return counter.suppressed.exchange(0, std::memory_order_relaxed);
}

}  // namespace lokitail::telemetry
