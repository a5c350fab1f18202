// The one bound for backpressure: bytes in flight. A push counts from when a worker hands it over
// until it is settled. Each client has an equal share; where one is used up workers stop reading,
// since what they read is for all clients.
//
// Threads: any, but for on_room(): while it is called nobody else may use the budget.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace lokitail::agent {

class Budget {
 public:
  explicit Budget(std::size_t limit, std::size_t clients = 1)
      : limit_(limit), in_flight_(std::max<std::size_t>(clients, 1)) {}

  void take(std::size_t client, std::size_t bytes) {
    in_flight_[client].fetch_add(bytes, std::memory_order_relaxed);
  }
  void give_back(std::size_t client, std::size_t bytes) {
    const std::size_t before = in_flight_[client].fetch_sub(bytes, std::memory_order_relaxed);
    if (before < share() || before - bytes >= share()) return;
    for (const auto& call : on_room_) call();
  }
  // Called whenever a share that was used up is not any more, by who gives back.
  void on_room(std::function<void()> call) { on_room_.push_back(std::move(call)); }
  void nobody_on_room() { on_room_.clear(); }

  bool exhausted() const {
    return std::ranges::any_of(
        in_flight_, [this](const auto& bytes) { return bytes.load(std::memory_order_relaxed) >= share(); });
  }
  std::size_t in_flight() const {
    std::size_t sum = 0;
    for (const auto& bytes : in_flight_) sum += bytes.load(std::memory_order_relaxed);
    return sum;
  }
  std::size_t in_flight(std::size_t client) const {
    return in_flight_[client].load(std::memory_order_relaxed);
  }
  std::size_t limit() const { return limit_; }
  std::size_t share() const { return std::max<std::size_t>(limit_ / in_flight_.size(), 1); }

 private:
  const std::size_t limit_;
  std::vector<std::atomic<std::size_t>> in_flight_;  // by client
  std::vector<std::function<void()>> on_room_;
};

}  // namespace lokitail::agent
