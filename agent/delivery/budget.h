// The one bound for backpressure: bytes in flight. A push counts from when a worker hands it over
// until it is settled. At the limit workers stop reading.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>

namespace lokitail::agent {

class Budget {
 public:
  explicit Budget(std::size_t limit) : limit_(limit) {}

  void take(std::size_t bytes) { in_flight_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::size_t bytes) { in_flight_.fetch_sub(bytes, std::memory_order_relaxed); }
  bool exhausted() const { return in_flight() >= limit_; }
  std::size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  std::size_t limit() const { return limit_; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> in_flight_{0};
};

}  // namespace lokitail::agent
