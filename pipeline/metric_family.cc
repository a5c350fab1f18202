#include "pipeline/metric_family.h"

#include <algorithm>
#include <utility>

namespace lokitail::pipeline {
namespace {

// A table of fewer series is not worth a search for those that are gone.
constexpr std::size_t kFirstCleaning = 1'000;

}  // namespace

MetricFamily::MetricFamily(MetricDefinition definition)
    : name_(std::move(definition.name)),
      help_(std::move(definition.help)),
      type_(definition.type),
      buckets_(std::move(definition.buckets)),
      max_idle_(definition.max_idle),
      clean_at_(kFirstCleaning),
      cleaned_(0) {}

std::shared_ptr<MetricSeries> MetricFamily::series(std::string labels, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  if (const auto found = series_.find(labels); found != series_.end()) {
    if (found->second.use_count() > 1 && found->second->touch(now)) return found->second;
    series_.erase(found);
  }
  // Where nobody scrapes, nothing else retires what is idle.
  if (series_.size() >= clean_at_ && now != cleaned_) {
    cleaned_ = now;
    erase_gone([&](MetricSeries& one) { return one.retire_if_idle(now, max_idle_); });
    clean_at_ = std::clamp(2 * series_.size(), kFirstCleaning, kMostSeries);
  }
  if (series_.size() >= kMostSeries) return nullptr;
  const std::size_t bounds = type_ == MetricType::kHistogram ? buckets_.size() : MetricSeries::kNoHistogram;
  auto made = std::make_shared<MetricSeries>(std::move(labels), bounds, now);
  series_.emplace(made->labels(), made);
  return made;
}

void MetricFamily::extend_idle(std::int64_t max_idle) {
  const std::lock_guard lock(mutex_);
  max_idle_ = std::max(max_idle_, max_idle);
}

}  // namespace lokitail::pipeline
