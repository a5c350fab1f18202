// How many pushes may be on their way to one tenant of a Loki at a time: one more for each round of
// answers as long as others wait to be sent, half as many when Loki or the network is overloaded, and
// fewer when answers begin to take much longer than usual. What TCP does (AIMD, RFC 5681), with
// pushes for segments.
//
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace lokitail::agent {

class ConcurrencyWindow {
 public:
  using Duration = std::chrono::nanoseconds;

  explicit ConcurrencyWindow(std::size_t most) : most_(static_cast<double>(std::max<std::size_t>(most, 1))) {}

  std::size_t size() const { return static_cast<std::size_t>(window_); }

  // Loki took a push, and the answer took so long. `more_wait`: more could be sent if they might.
  void taken(Duration latency, bool more_wait) {
    const bool slow = usual_ > Duration() && latency > kSlowFactor * usual_ + kSlowMargin;
    // Follows slowly where latencies rise for good, and at once where they fall.
    usual_ = usual_ == Duration() ? latency : std::min(latency, usual_ + usual_ / 16 + Duration(1));
    ++answers_;
    if (slow) {
      shrink(kGently);
    } else if (more_wait && latency >= kWorthHiding) {
      window_ = std::min(window_ + 1 / window_, most_);
    }
  }

  // 429, a server error, or a time-out.
  void overloaded() {
    ++answers_;
    shrink(kByHalf);
  }

 private:
  static constexpr double kByHalf = 0.5;
  static constexpr double kGently = 0.8;
  static constexpr int kSlowFactor = 4;
  static constexpr Duration kSlowMargin = std::chrono::milliseconds(20);
  // Where answers come sooner, several pushes at a time gain nothing.
  static constexpr Duration kWorthHiding = std::chrono::milliseconds(5);

  // Once for all pushes that were on their way together: they all met the same trouble.
  void shrink(double factor) {
    if (answers_ < next_shrink_) return;
    next_shrink_ = answers_ + size();
    window_ = std::max(window_ * factor, 1.0);
  }

  const double most_;
  double window_ = 1;
  Duration usual_{};
  std::size_t answers_ = 0;
  std::size_t next_shrink_ = 0;
};

}  // namespace lokitail::agent
