#include "pipeline/metric_families.h"

#include "pipeline/metric_family.h"

namespace lokitail::pipeline {

std::string_view to_string(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      break;
  }
  return "histogram";
}

std::shared_ptr<MetricFamily> MetricFamilies::get(const MetricDefinition& definition) {
  const std::lock_guard lock(mutex_);
  auto& namesakes = families_[definition.name];
  std::erase_if(namesakes, [](const auto& family) { return family.expired(); });
  for (const auto& namesake : namesakes) {
    auto family = namesake.lock();
    if (family == nullptr || family->type() != definition.type || family->buckets() != definition.buckets) {
      continue;
    }
    family->extend_idle(definition.max_idle);
    return family;
  }
  auto made = std::make_shared<MetricFamily>(definition);
  namesakes.push_back(made);
  return made;
}

std::vector<std::shared_ptr<MetricFamily>> MetricFamilies::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<MetricFamily>> all;
  for (const auto& [name, namesakes] : families_) {
    for (auto namesake = namesakes.rbegin(); namesake != namesakes.rend(); ++namesake) {
      auto family = namesake->lock();
      if (family == nullptr) continue;
      all.push_back(std::move(family));
      break;
    }
  }
  return all;
}

}  // namespace lokitail::pipeline
