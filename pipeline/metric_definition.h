// What a metric that stages make out of lines is.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::pipeline {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

std::string_view to_string(MetricType type);

struct MetricDefinition {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  std::string name{};  // as metric_name() gives it
  std::string help{};
  MetricType type = MetricType::kCounter;
  // Of a histogram: the upper bounds, rising; that of the last bucket, which takes all the rest, is
  // not among them.
  std::vector<double> buckets{};
  // A series that has not changed for so many seconds is exposed once more and then retired.
  std::int64_t max_idle = kNever;
};

}  // namespace lokitail::pipeline
