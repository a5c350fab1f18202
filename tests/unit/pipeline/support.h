// Runs stages from the text that a user would write, and collects what comes out.
//
// Lines lie in buffers of exactly their size plus the promised padding, which are freed as soon as
// the line has been pushed: AddressSanitizer then reports a stage that reads too far or keeps a
// view.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/error.h"
#include "config/node.h"
#include "pipeline/metric_family.h"
#include "pipeline/pipeline.h"

namespace lokitail::pipeline::test {

// Text as a map, so that tests compare with what they can write down.
using TextMap = std::map<std::string, std::string>;

// When every line was read: 2025-11-07T12:00:00Z.
inline constexpr Timestamp kReadTime{1'762'516'800, 0};

// An entry that left the pipeline.
struct Collected {
  TextMap labels;
  std::string line;
  Timestamp timestamp;
  TextMap structured_metadata;
  TextMap extracted;  // numbers and booleans as text, null as "<null>"
  int lines = 0;      // how many of the lines pushed it keeps unsettled
};

using Lines = std::vector<std::string>;

inline Lines lines_of(const std::vector<Collected>& entries) {
  Lines lines;
  for (const Collected& entry : entries) lines.push_back(entry.line);
  return lines;
}

// A line's buffer, with padding that is no text.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text)
      : bytes_(new char[text.size() + kTextPadding]), size_(text.size()) {
    std::memcpy(bytes_.get(), text.data(), size_);
    std::memset(bytes_.get() + size_, 0xA5, kTextPadding);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

class CollectingSink final : public Sink {
 public:
  explicit CollectingSink(const SymbolTable& symbols) : symbols_(symbols) {}

  void push(Entry& entry) override {
    Collected result;
    for (const Label& label : entry.labels) {
      result.labels.emplace(symbols_.name(label.name), label.value);
    }
    result.line = entry.line;
    result.timestamp = entry.timestamp;
    for (const Metadata& metadata : entry.structured_metadata) {
      result.structured_metadata.emplace(metadata.name, metadata.value);
    }
    entry.extracted.for_each([&](Symbol name, const Value& value) {
      if (!value.present()) return;
      result.extracted.emplace(symbols_.name(name), value.to_text(entry.arena).value_or("<null>"));
    });
    if (entry.origin != nullptr) entry.origin->for_each_part([&](Origin&) { ++result.lines; });
    entries.push_back(std::move(result));
  }

  std::vector<Collected> entries;

 private:
  const SymbolTable& symbols_;
};

class CountingMetrics final : public PipelineMetrics {
 public:
  Counter& counter(std::string_view name, std::string_view help, const LabelTexts& labels) override {
    static_cast<void>(help);
    std::string series(name);
    for (const auto& [label, value] : labels) series.append(" ").append(label).append("=").append(value);
    return counters_[series];
  }

  // Lines that stages dropped, by reason.
  std::map<std::string, int> dropped() const {
    constexpr std::string_view kPrefix = "logentry_dropped_lines_total reason=";
    std::map<std::string, int> reasons;
    for (const auto& [series, counter] : counters_) {
      if (!series.starts_with(kPrefix) || counter.value == 0) continue;
      reasons.emplace(series.substr(kPrefix.size()), static_cast<int>(counter.value));
    }
    return reasons;
  }
  // What was counted under "name label=value ...".
  double count(const std::string& series) const {
    const auto counter = counters_.find(series);
    return counter == counters_.end() ? 0 : counter->second.value;
  }

 private:
  struct PlainCounter final : Counter {
    void increment(double by) override { value += by; }
    double value = 0;
  };
  std::map<std::string, PlainCounter> counters_;
};

// What the metrics of stages show at `now`, as Prometheus' text format has it; of a histogram the sum,
// and the buckets by their number, each alone. Retires what is idle.
inline std::map<std::string, double> exposed(const PipelineMetrics& metrics, Timestamp now) {
  std::map<std::string, double> samples;
  for (const auto& family : metrics.families().all()) {
    family->collect(now.seconds, [&](const MetricSeries& series) {
      const std::string labels = "{" + series.labels() + "}";
      if (family->type() != MetricType::kHistogram) {
        samples[family->name() + labels] = series.value();
        return;
      }
      samples[family->name() + "_sum" + labels] = series.value();
      for (std::size_t i = 0; i <= family->buckets().size(); ++i) {
        const auto count = static_cast<double>(series.count(i));
        samples[family->name() + "_" + std::to_string(i) + labels] = count;
      }
    });
  }
  return samples;
}

// Stages with all that they need around them. For tests that look at more than what
// run_pipeline() returns.
class PipelineRunner {
 public:
  // `stages_yaml` is the value of `pipeline_stages`. Throws config::Error.
  explicit PipelineRunner(std::string_view stages_yaml, const TextMap& labels = {{"job", "t"}})
      : label_texts_(labels), pipeline_(config::Node::parse(stages_yaml, "test.yaml"), context_, sink_) {
    for (const auto& [name, value] : label_texts_) target_.set(symbols_.intern(name), value);
  }

  // One line of the source that `source` identifies.
  void push(std::string_view line, const void* source = nullptr, Timestamp read_time = kReadTime) {
    const PaddedText text(line);
    origins_.push_back(std::make_unique<LineOrigin>(source, unsettled_, log_goes_on_));
    const OriginReference reading(origins_.back().get());
    pipeline_.push(text.view(), read_time, target_, origins_.back().get());
  }
  // One line of a source that keeps nothing.
  void push_without_origin(std::string_view line) {
    pipeline_.push(PaddedText(line).view(), kReadTime, target_, nullptr);
  }
  void tick(Timestamp time) { pipeline_.tick(time); }
  void drain() { pipeline_.drain(); }
  bool holds_entries() const { return pipeline_.holds_entries(); }

  // What came out so far; the caller may take it away.
  std::vector<Collected>& entries() { return sink_.entries; }
  // How many of the lines pushed are still held by a stage.
  int unsettled() const { return unsettled_; }
  // What the sources of all lines say of their logs.
  void log_goes_on(bool yes) { log_goes_on_ = yes; }
  const CountingMetrics& metrics() const { return metrics_; }
  // What the stages' metrics show at `now`, by name and labels as in Prometheus' text format.
  std::map<std::string, double> exposed() const { return test::exposed(metrics_, now); }
  std::map<std::string, int> dropped() const { return metrics_.dropped(); }
  const std::vector<std::string>& warnings() const { return warnings_.texts(); }
  // What stages said while lines were pushed.
  const std::vector<std::string>& told() const { return told_; }

  Timestamp now = kReadTime;  // the stages' clock, moved by hand

 private:
  class LineOrigin final : public Origin {
   public:
    LineOrigin(const void* source, int& unsettled, const bool& goes_on)
        : Origin(source), unsettled_(unsettled), goes_on_(goes_on) {
      ++unsettled_;
    }
    ~LineOrigin() override = default;
    bool goes_on() const override { return goes_on_; }

   private:
    void settled() override { --unsettled_; }
    int& unsettled_;
    const bool& goes_on_;
  };

  const TextMap label_texts_;
  int unsettled_ = 0;
  bool log_goes_on_ = false;
  std::vector<std::unique_ptr<LineOrigin>> origins_;
  SymbolTable symbols_;
  config::Warnings warnings_;
  CountingMetrics metrics_;
  std::vector<std::string> told_;
  StageContext context_{.symbols = symbols_,
                        .warnings = warnings_,
                        .metrics = metrics_,
                        .now = [this] { return now; },
                        .warn = [this](std::string_view message) { told_.emplace_back(message); }};
  CollectingSink sink_{symbols_};
  Labels target_;
  Pipeline pipeline_;
};

// What comes out of `stages_yaml` for `lines`, including what is held back until the end.
inline std::vector<Collected> run_pipeline(std::string_view stages_yaml,
                                           const std::vector<std::string>& lines,
                                           const TextMap& labels = {{"job", "t"}}) {
  PipelineRunner runner(stages_yaml, labels);
  for (const std::string& line : lines) runner.push(line);
  runner.drain();
  return std::move(runner.entries());
}

// Why `stages_yaml` is refused, as "test.yaml:line:column: message"; empty if it is not.
inline std::string build_error(std::string_view stages_yaml) {
  try {
    PipelineRunner runner(stages_yaml);
  } catch (const config::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace lokitail::pipeline::test
