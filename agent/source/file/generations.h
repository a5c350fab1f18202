// The generations of one log: the files that its path led to one after the other, read with one set
// of labels. Its address identifies the log to pipelines (Origin::source()).
//
// A stage that waits for the end of a line asks whether there may be one: while a file is not read
// to its end, or the path leads nowhere because somebody is about to make the next file, the wait
// goes on.
//
// Threads: as marked. Ownership: shared by the log's sources and its path's tail.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include <boost/container/small_vector.hpp>

#include "agent/telemetry/rate_meter.h"

namespace lokitail::agent {

class FileSource;
class Worker;

// What all paths counted together since the start, those that are forgotten by now included.
struct FileTotals {
  std::atomic<std::uint64_t> lines{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> cut_lines{0};
};

// What all generations of one path counted together. Written by its worker, read by anyone.
struct PathCounters {
  explicit PathCounters(std::shared_ptr<FileTotals> all) : totals(std::move(all)) {}

  std::atomic<std::uint64_t> lines{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> cut_lines{0};  // longer than is allowed
  RateMeter rate;
  const std::shared_ptr<FileTotals> totals;

  void count_lines(std::uint64_t count, std::uint64_t size, std::int64_t now) {
    lines.fetch_add(count, std::memory_order_relaxed);
    totals->lines.fetch_add(count, std::memory_order_relaxed);
    rate.add(count, size, now);
  }
  void count_bytes(std::uint64_t count) {
    bytes.fetch_add(count, std::memory_order_relaxed);
    totals->bytes.fetch_add(count, std::memory_order_relaxed);
  }
  void count_cut_line() {
    cut_lines.fetch_add(1, std::memory_order_relaxed);
    totals->cut_lines.fetch_add(1, std::memory_order_relaxed);
  }
};

class Generations {
 public:
  using Clock = std::chrono::steady_clock;
  // A path that leads nowhere is remembered for this long.
  static constexpr std::chrono::seconds kMemory{60};

  explicit Generations(std::shared_ptr<FileTotals> totals = std::make_shared<FileTotals>())
      : counters(std::move(totals)) {}

  PathCounters counters;

  // --- The control thread. ---

  // Which reads them; nullptr before the first.
  Worker* worker = nullptr;
  // Each source takes one.
  std::uint64_t next_number() { return ++latest_; }
  bool is_latest(std::uint64_t number) const { return number == latest_; }

  // The path leads to a file, or to none any more. At first it leads nowhere.
  void appeared() { absent_since_ = kPresent; }
  void vanished() { absent_since_ = Clock::now().time_since_epoch().count(); }

  // --- The worker's thread. ---

  // REQUIRES: the source leaves before it is destroyed, unless no one asks any more.
  void enter(const FileSource& source) { sources_.push_back(&source); }
  void leave(const FileSource& source) { sources_.erase(std::ranges::find(sources_, &source)); }
  bool is_only(const FileSource& source) const { return sources_.size() == 1 && sources_.front() == &source; }
  // Whether more of the log may come without anybody writing to its present file.
  bool goes_on() const;

 private:
  static constexpr Clock::rep kPresent = 0;

  std::uint64_t latest_ = 0;
  std::atomic<Clock::rep> absent_since_{Clock::now().time_since_epoch().count()};
  boost::container::small_vector<const FileSource*, 2> sources_;
};

}  // namespace lokitail::agent
