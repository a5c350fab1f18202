// The invented services of the demo: an online bakery, whose orders pass through five services
// under one trace_id each.
//
// Threads: one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent::demo {

using Time = std::chrono::system_clock::time_point;

inline constexpr std::array<std::string_view, 5> kServices = {"gateway", "orders", "payments",
                                                              "oven-scheduler", "delivery"};

// A line that a service prints: JSON in the manner of zap's production encoder.
struct ServiceLine {
  std::size_t service = 0;  // index into kServices
  Time time;
  bool to_stderr = false;
  std::string text;  // ends in a newline; no two are equal
};

// What happens in the course of an order; see services.cc.
struct Step;

class Bakery {
 public:
  // Orders come in such numbers that all services together log `rate` lines a second.
  Bakery(int rate, Time start);

  // Appends what is logged until `now`, oldest first.
  void advance(Time now, std::vector<ServiceLine>& lines);
  // Orders that run go on to their end, but no new ones come.
  void close() { open_ = false; }
  bool idle() const { return !open_ && running_.empty(); }

 private:
  struct Order {
    Time next;  // when its next step is due
    Time started;
    const Step* step = nullptr;
    const Step* end = nullptr;
    std::string trace_id;
    std::string task_id;

    bool operator>(const Order& other) const { return next > other.next; }
  };

  void begin_order();
  ServiceLine take_step(Order& order);
  unsigned below(unsigned end);
  std::string hex(int digits);

  std::mt19937_64 random_;
  std::chrono::duration<double> pace_;
  Time next_order_;
  bool open_ = true;
  std::priority_queue<Order, std::vector<Order>, std::greater<>> running_;
};

}  // namespace lokitail::agent::demo
