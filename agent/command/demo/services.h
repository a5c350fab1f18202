// The invented services of the demo: a guild, whose tasks pass through five services under one
// trace each. They log through lokitail::telemetry, as real ones would.
//
// Threads: one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lokitail/telemetry/logger.h"

namespace lokitail::agent::demo {

using Time = std::chrono::system_clock::time_point;

inline constexpr std::array<std::string_view, 5> kServices = {"gateway", "guild-coordinator", "edge-node",
                                                              "executor-node", "payment-manager"};

// A line that a service prints.
struct ServiceLine {
  std::size_t service = 0;  // index into kServices
  Time time;
  bool to_stderr = false;
  std::string text;  // ends in a newline; no two are equal
};

// What happens in the course of a task; see services.cc.
struct Step;

class Guild {
 public:
  // Tasks come in such numbers that all services together log `rate` lines a second.
  Guild(int rate, Time start);

  // Appends what is logged until `now`, oldest first.
  void advance(Time now, std::vector<ServiceLine>& lines);
  // Tasks that run go on to their end, but no new ones come.
  void close() { open_ = false; }
  bool idle() const { return !open_ && running_.empty(); }

 private:
  struct Task {
    Time next;  // when its next step is due
    Time started;
    const Step* step = nullptr;
    const Step* end = nullptr;
    telemetry::TraceContext trace;
    std::string id;

    bool operator>(const Task& other) const { return next > other.next; }
  };
  // What the services print goes here, and they read the clock here.
  struct Output final : telemetry::Sink {
    void write(telemetry::Level, std::string_view lines) override { text += lines; }
    std::string text;
    Time now;
  };

  void begin_task();
  ServiceLine take_step(Task& task);
  unsigned below(unsigned end);

  std::mt19937_64 random_;
  std::chrono::duration<double> pace_;
  Time next_task_;
  bool open_ = true;
  std::priority_queue<Task, std::vector<Task>, std::greater<>> running_;
  std::shared_ptr<Output> output_ = std::make_shared<Output>();
  std::vector<telemetry::Logger> loggers_;  // by service
};

}  // namespace lokitail::agent::demo
