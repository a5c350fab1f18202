// How pushes of a client should be made, as its sender has learned from Loki's answers. Set by
// delivery, read by whoever makes batches.
//
// Threads: any.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>

namespace lokitail::agent {

class PushShape {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  // Into how many pushes the streams of a batch should be shared out.
  std::size_t parts() const { return parts_.load(std::memory_order_relaxed); }
  void set_parts(std::size_t parts) { parts_.store(parts, std::memory_order_relaxed); }

  // The most bytes, before compression, that Loki takes in a push.
  std::size_t most_bytes() const { return most_bytes_.load(std::memory_order_relaxed); }

  // The longest line that Loki takes.
  std::size_t longest_line() const { return longest_line_.load(std::memory_order_relaxed); }
  void set_longest_line(std::size_t bytes) { longest_line_.store(bytes, std::memory_order_relaxed); }

  // --- Delivery's thread from here on. ---

  // Loki found twice as much too large.
  void learn_most_bytes(std::size_t bytes, Clock::time_point now) {
    most_bytes_.store(std::min(most_bytes(), bytes), std::memory_order_relaxed);
    learned_ = now;
  }
  // Limits get raised: from time to time more is tried.
  void forget_most_bytes(Clock::time_point now) {
    if (most_bytes() == kNoLimit || now - learned_ < kRemembered) return;
    const std::size_t more = 2 * most_bytes();
    most_bytes_.store(more < kLargest ? more : kNoLimit, std::memory_order_relaxed);
    learned_ = now;
  }

 private:
  static constexpr std::chrono::minutes kRemembered{10};
  static constexpr std::size_t kLargest = 64 << 20;

  std::atomic<std::size_t> parts_{1};
  std::atomic<std::size_t> most_bytes_{kNoLimit};
  std::atomic<std::size_t> longest_line_{kNoLimit};
  Clock::time_point learned_{};
};

}  // namespace lokitail::agent
