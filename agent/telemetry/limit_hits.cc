#include "agent/telemetry/limit_hits.h"

#include <string>

#include "agent/clock.h"
#include "config/config.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kWaits = "reading waits";
constexpr std::string_view kDropped = "lines are dropped";
constexpr std::string_view kCut = "lines are cut";

}  // namespace

void LimitHits::set(const config::LimitsConfig& limits) {
  in_force_.fill({});
  const auto put = [this](Limit limit, std::string_view name, std::string_view unit, std::string_view effect,
                          double value) {
    in_force_[static_cast<std::size_t>(limit)] = {name, unit, effect, value};
  };
  if (limits.readline_rate_enabled) {
    put(Limit::kReadlineRate, "readline_rate", "lines/s", limits.readline_rate_drop ? kDropped : kWaits,
        limits.readline_rate);
  }
  if (limits.target_rate > 0) {
    put(Limit::kTargetRate, "target_rate", "lines/s", limits.target_rate_drop ? kDropped : kWaits,
        limits.target_rate);
  }
  if (limits.cpu_share > 0) put(Limit::kCpuShare, "cpu_share", "CPUs", kWaits, limits.cpu_share);
  put(Limit::kMaxBytesInFlight, "max_bytes_in_flight", "bytes", kWaits,
      static_cast<double>(limits.max_bytes_in_flight));
  if (limits.max_line_size > 0) {
    put(Limit::kMaxLineSize, "max_line_size", "bytes", limits.max_line_size_truncate ? kCut : kDropped,
        static_cast<double>(limits.max_line_size));
  }
  if (limits.max_streams > 0) {
    put(Limit::kMaxStreams, "max_streams", "streams", kDropped, static_cast<double>(limits.max_streams));
  }
}

void LimitHits::count(Limit limit) {
  Hits& hits = hits_[static_cast<std::size_t>(limit)];
  hits.count.fetch_add(1, std::memory_order_relaxed);
  hits.last.store(system_time().to_unix_nanoseconds(), std::memory_order_relaxed);
}

std::vector<LimitHits::Row> LimitHits::rows() const {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kLimits; ++i) {
    if (in_force_[i].name.empty()) continue;
    Row& row = rows.emplace_back(in_force_[i]);
    row.hits = hits_[i].count.load(std::memory_order_relaxed);
    row.last_hit = hits_[i].last.load(std::memory_order_relaxed);
  }
  return rows;
}

std::vector<prometheus::MetricFamily> LimitHits::collect() const {
  prometheus::MetricFamily values{
      "lokitail_limit", "The limits of limits_config that are in force.", prometheus::MetricType::Gauge, {}};
  prometheus::MetricFamily hits{"lokitail_limit_hits_total",
                                "Number of times a limit made reading wait, or had a line dropped or cut.",
                                prometheus::MetricType::Counter,
                                {}};
  for (const Row& row : rows()) {
    prometheus::ClientMetric metric;
    metric.label = {{"limit", std::string(row.name)}};
    metric.gauge.value = row.value;
    values.metric.push_back(metric);
    metric.counter.value = static_cast<double>(row.hits);
    hits.metric.push_back(std::move(metric));
  }
  return {std::move(values), std::move(hits)};
}

}  // namespace lokitail::agent
