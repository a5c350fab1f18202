// What pipelines count. A stage asks for its counters once, when it is built, and counts on what it
// got: nothing is looked up per line.
//
// Threads: counters may be incremented from any thread; they are asked for on the thread that builds
// the pipelines.
// Ownership: the agent owns the counters, which outlive all stages.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

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
                   "A count of all log lines dropped as a result of a pipeline stage",
                   {{"reason", reason}});
  }
};

}  // namespace lokitail::pipeline
