// The limits of the configuration (limits_config) that are in force, and how often each of them bit.
//
// Threads: set(), rows() and collect() on the control thread; count() on any. Hits are counted per pause, or per line that was dropped or cut.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

namespace lokitail::config {
struct LimitsConfig;
}

namespace lokitail::agent {

enum class Limit {
  kReadlineRate,
  kTargetRate,
  kCpuShare,
  kMaxBytesInFlight,
  kMaxLineSize,
  kMaxStreams,
};

class LimitHits {
 public:
  struct Row {
    std::string_view name;  // of its key
    std::string_view unit;
    std::string_view effect;  // what becomes of what is over it, for people
    double value = 0;
    std::uint64_t hits = 0;
    std::int64_t last_hit = 0;  // nanoseconds since 1970; 0: never
  };

  void set(const config::LimitsConfig& limits);
  void count(Limit limit);
  // Of the limits that are in force.
  std::vector<Row> rows() const;
  std::vector<prometheus::MetricFamily> collect() const;

 private:
  static constexpr std::size_t kLimits = 6;
  struct Hits {
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::int64_t> last{0};
  };
  std::array<Row, kLimits> in_force_{};  // those that have a name
  std::array<Hits, kLimits> hits_{};
};

}  // namespace lokitail::agent
