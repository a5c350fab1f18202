// What a job's lines come from, other than files: a listener, a journal. It feeds one or more sources
// of a worker.
//
// Threads: the control thread. Ownership: its maker's; what it was given by reference outlives it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "agent/telemetry/rate_meter.h"

namespace lokitail::agent {

// What a target brought. Written by its worker, read by anyone.
struct TargetTraffic {
  std::atomic<std::uint64_t> lines{0};
  std::atomic<std::int64_t> last_read{0};  // nanoseconds since 1970; 0: nothing yet
  RateMeter rate;
};

class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  virtual ~Target() = default;

  // Throws std::exception where it cannot be: an address that is taken, a folder that is not there.
  virtual void start() = 0;
  // Takes in no more. What was taken in is in its job's pipeline before the worker is drained, if this
  // is called before Worker::drain().
  virtual void stop() = 0;
  // Now and then between stop() and close(), where the agent goes on: what is held of lines that have no end yet goes
  // on as it is.
  virtual void let_go() {}
  // The last call, some time after stop(): what is settled by now is told to whoever sent it, and what is not
  // never will be. Takes some seconds at most.
  virtual boost::asio::awaitable<void> close() { co_return; }

  // Whether lines can come (for /ready).
  virtual bool ready() const = 0;

  // What there is to tell of it; a target of many parts (partitions, containers) has a row for each.
  struct Row {
    std::string name{};      // of the part; empty: there is one alone
    std::string position{};  // up to where all is settled, or what comes next is asked from
    std::optional<std::uint64_t> lag_messages{};  // not read yet, where that is known
    std::optional<double> lag_seconds{};          // the age of what was settled last, where more waits
  };
  virtual std::vector<Row> rows() const { return {}; }
  // What its sources bring.
  virtual std::vector<const TargetTraffic*> traffic() const { return {}; }

  // Whose it is, for people: the job's name, and the name of what is in the job that makes it.
  void describe(std::string job, std::string kind) { job_ = std::move(job), kind_ = std::move(kind); }
  const std::string& job() const { return job_; }
  const std::string& kind() const { return kind_; }

 private:
  std::string job_;
  std::string kind_;
};

}  // namespace lokitail::agent
