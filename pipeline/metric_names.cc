#include "pipeline/metric_names.h"

namespace lokitail::pipeline {

void MetricNames::define(const MetricDefinition& metric, const config::Node& where) {
  claim(metric.name, metric, where);
  if (metric.type != MetricType::kHistogram) return;
  for (const char* const suffix : {"_bucket", "_sum", "_count"}) {
    claim(metric.name + suffix, metric, where);
  }
}

void MetricNames::claim(const std::string& name, const MetricDefinition& metric, const config::Node& where) {
  const auto [known, is_new] = owners_.try_emplace(name, Owner{metric, where.place()});
  if (is_new) return;
  const auto& [other, place] = known->second;
  const std::string at = config::to_string(place);
  if (other.name != metric.name) {
    throw where.error("metrics stage: the " + std::string(to_string(metric.type)) + " " + metric.name +
                      " and the " + std::string(to_string(other.type)) + " " + other.name + ", defined at " +
                      at + ", both expose " + name);
  }
  if (other.type != metric.type) {
    throw where.error("metrics stage: " + name + " is a " + std::string(to_string(metric.type)) +
                      " here and a " + std::string(to_string(other.type)) + " at " + at);
  }
  if (other.buckets != metric.buckets) {
    throw where.error("metrics stage: " + name + " has other buckets here than at " + at);
  }
}

}  // namespace lokitail::pipeline
