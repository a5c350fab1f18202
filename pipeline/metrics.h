// What pipelines count. A stage asks for its counters and families once, when it is built, and counts
// on what it got: no name is looked up per line.
//
// A counter has labels that are known when the configuration is loaded; a family (metric_family.h)
// takes those of the lines.
//
// Threads: any.
// Ownership: the agent owns the counters, which outlive all stages. Families are the stages'.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/metric_families.h"

namespace lokitail::pipeline {

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void increment(double by = 1) = 0;
};

class PipelineMetrics {
 public:
  using LabelTexts = std::vector<std::pair<std::string_view, std::string_view>>;

  virtual ~PipelineMetrics() = default;

  // The counter of this name and these labels on /metrics, where it appears when it is first
  // incremented. Whoever asks for the same again gets the same.
  virtual Counter& counter(std::string_view name, std::string_view help, const LabelTexts& labels) = 0;

  // Promtail's counter of lines that stages have dropped.
  Counter& dropped_lines(std::string_view reason) {
    return counter("logentry_dropped_lines_total",
                   "A count of all log lines dropped as a result of a pipeline stage", {{"reason", reason}});
  }

  // Ours: what a metric of the `metrics` stage did not take.
  Counter& ignored_updates(std::string_view metric, std::string_view reason) {
    return counter("lokitail_ignored_metric_updates_total",
                   "Number of times a line did not change a metric of the pipeline that it was to "
                   "change.",
                   {{"metric", metric}, {"reason", reason}});
  }

  MetricFamilies& families() { return families_; }
  const MetricFamilies& families() const { return families_; }

 private:
  MetricFamilies families_;
};

}  // namespace lokitail::pipeline
