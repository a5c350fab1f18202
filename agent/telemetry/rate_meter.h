// How much comes per second at present: an average that forgets, by half in about seven seconds.
//
// Threads: add() on one at a time; the rest on any. What another thread reads while something is added may be of
// before in part, which is good enough for people. Memory: three words, no history.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

namespace lokitail::agent {

class RateMeter {
 public:
  // `now`: nanoseconds since 1970.
  void add(std::uint64_t lines, std::uint64_t bytes, std::int64_t now) {
    const double left = rest(now);
    lines_.store(lines_.load(kRelaxed) * left + static_cast<double>(lines) / kSeconds, kRelaxed);
    bytes_.store(bytes_.load(kRelaxed) * left + static_cast<double>(bytes) / kSeconds, kRelaxed);
    at_.store(now, kRelaxed);
  }
  double lines_per_second(std::int64_t now) const { return shown(lines_.load(kRelaxed) * rest(now)); }
  double bytes_per_second(std::int64_t now) const { return shown(bytes_.load(kRelaxed) * rest(now)); }

 private:
  static constexpr double kSeconds = 10;
  static constexpr auto kRelaxed = std::memory_order_relaxed;

  double rest(std::int64_t now) const {
    const double passed = static_cast<double>(std::max<std::int64_t>(now - at_.load(kRelaxed), 0)) / 1e9;
    return std::exp(-passed / kSeconds);
  }
  // A rate of long ago is none.
  static double shown(double rate) { return rate < 0.005 ? 0 : rate; }

  std::atomic<double> lines_{0};
  std::atomic<double> bytes_{0};
  std::atomic<std::int64_t> at_{0};
};

}  // namespace lokitail::agent
