// A metric that stages make out of lines: a family of series, one for each label set.
//
// Ownership: stages keep the families and series they count on. A series that no stage keeps any
//            more is gone, and so is a family.
// Threads:   any, at the same time. Counting on a series takes no lock; finding one by its labels
//            does, so stages remember what they found.
// Times:     in whole seconds since 1970, of the system's clock.
// Errors:    none; where there are too many series there is no further one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pipeline/metric_definition.h"

namespace lokitail::pipeline {

class MetricSeries {
 public:
  // `labels` as metric_labels() gives them. `bounds`: of a histogram's buckets.
  MetricSeries(std::string labels, std::size_t bounds, std::int64_t now)
      : labels_(std::move(labels)), changed_(now), counts_(bounds == kNoHistogram ? 0 : bounds + 1) {}

  static constexpr std::size_t kNoHistogram = std::numeric_limits<std::size_t>::max();

  const std::string& labels() const { return labels_; }

  // Comes before each change. False: the series was retired, what is changed now nobody sees.
  bool touch(std::int64_t now) {
    std::int64_t before = changed_.load(std::memory_order_relaxed);
    while (before != now) {
      if (before == kRetired) return false;
      if (changed_.compare_exchange_weak(before, now, std::memory_order_relaxed)) break;
    }
    return true;
  }

  void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  // Of a counter. Whole amounts are summed apart, as Prometheus' Go client does it: so they stay
  // exact, and what is exposed ends in the same digit. REQUIRES: not below zero
  void increase(double amount) {
    constexpr double kEnd = 0x1p64;
    const std::uint64_t whole = amount < kEnd ? static_cast<std::uint64_t>(amount) : 0;
    if (static_cast<double>(whole) != amount) return add(amount);
    whole_.fetch_add(whole, std::memory_order_relaxed);
  }
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  // REQUIRES: `bucket` is one of count()'s.
  void observe(std::size_t bucket, double value) {
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    add(value);
  }

  // Of a counter or gauge; the sum of what a histogram observed.
  double value() const {
    return value_.load(std::memory_order_relaxed) +
           static_cast<double>(whole_.load(std::memory_order_relaxed));
  }
  // What one bucket of a histogram alone has taken; the one behind the last bound is the rest.
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }

  bool retired() const { return changed_.load(std::memory_order_relaxed) == kRetired; }
  // Retires the series if it has not changed for `max_idle`. Says whether it did.
  bool retire_if_idle(std::int64_t now, std::int64_t max_idle) {
    std::int64_t before = changed_.load(std::memory_order_relaxed);
    return now - before >= max_idle &&
           changed_.compare_exchange_strong(before, kRetired, std::memory_order_relaxed);
  }

 private:
  static constexpr std::int64_t kRetired = std::numeric_limits<std::int64_t>::min();

  const std::string labels_;
  std::atomic<std::int64_t> changed_;
  std::atomic<double> value_ = 0;
  std::atomic<std::uint64_t> whole_ = 0;  // of a counter, part of the value
  std::vector<std::atomic<std::uint64_t>> counts_;
};

class MetricFamily {
 public:
  // So many label sets may a metric have. A label that is another for each line would fill the
  // memory, and no Prometheus would thank for it.
  static constexpr std::size_t kMostSeries = 100'000;

  explicit MetricFamily(MetricDefinition definition);

  const std::string& name() const { return name_; }
  const std::string& help() const { return help_; }
  MetricType type() const { return type_; }
  const std::vector<double>& buckets() const { return buckets_; }

  // The series of these labels, made now if there is none. nullptr: there are kMostSeries others.
  std::shared_ptr<MetricSeries> series(std::string labels, std::int64_t now);

  // Changes when series have been retired: whoever keeps some then lets go of those.
  std::uint64_t retirements() const { return retirements_.load(std::memory_order_relaxed); }

  // Shows each series to `visit`, and retires those that are idle.
  template <typename Visitor>
  void collect(std::int64_t now, Visitor visit) {
    const std::lock_guard lock(mutex_);
    erase_gone([&](MetricSeries& one) {
      visit(static_cast<const MetricSeries&>(one));
      return one.retire_if_idle(now, max_idle_);
    });
  }

  // Another stage defines this metric too: its series then live as long as one of both wants.
  void extend_idle(std::int64_t max_idle);

 private:
  using Series = std::shared_ptr<MetricSeries>;

  // Of those that a stage still keeps, erases the ones that `retire` retires; all others are erased
  // unasked. REQUIRES: mutex_ is held.
  template <typename Retire>
  void erase_gone(Retire retire) {
    bool any_retired = false;
    boost::unordered::erase_if(series_, [&](const auto& entry) {
      // Nobody else can take a reference now: that is done under the mutex.
      if (entry.second.use_count() == 1) return true;
      const bool retired = retire(*entry.second);
      any_retired = any_retired || retired;
      return retired;
    });
    if (any_retired) retirements_.fetch_add(1, std::memory_order_relaxed);
  }

  const std::string name_;
  const std::string help_;
  const MetricType type_;
  const std::vector<double> buckets_;
  std::atomic<std::uint64_t> retirements_{0};
  std::mutex mutex_;  // guards the rest
  std::int64_t max_idle_;
  boost::unordered_flat_map<std::string_view, Series> series_;  // by labels(), which they hold
  std::size_t clean_at_;  // so many series are reason to look for some that are gone,
  std::int64_t cleaned_;  // though not twice within a second
};

}  // namespace lokitail::pipeline
