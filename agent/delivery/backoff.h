// How long to wait before the next attempt: Promtail's schedule, which is exponential with jitter
// within [low, high), both doubling up to the maximum.
//
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace lokitail::agent {

class Backoff {
 public:
  using Duration = std::chrono::nanoseconds;

  Backoff(Duration min_period, Duration max_period, std::uint64_t seed)
      : min_(std::max(min_period, Duration(1))), max_(std::max(max_period, min_)), random_(seed) {
    reset();
  }

  void reset() {
    low_ = min_;
    high_ = std::min(2 * min_, max_);
    attempts_ = 0;
  }

  // Failed attempts since the last reset().
  int attempts() const { return attempts_; }

  // Counts a failure and says how long to wait after it.
  Duration next() {
    ++attempts_;
    Duration delay = low_;
    if (low_ < high_) {
      std::uniform_int_distribution<Duration::rep> jitter(0, (high_ - low_).count() - 1);
      delay += Duration(jitter(random_));
    }
    if (high_ < max_) {
      low_ = std::min(2 * low_, max_);
      high_ = std::min(2 * high_, max_);
    }
    return delay;
  }

 private:
  const Duration min_;
  const Duration max_;
  Duration low_{};
  Duration high_{};
  int attempts_ = 0;
  std::minstd_rand random_;
};

}  // namespace lokitail::agent
