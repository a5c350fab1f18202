// metrics: counts and measures lines, for /metrics. The body maps the name of each metric to:
//
//   type               required: counter, gauge or histogram, in any letter case
//   description        the help text
//   prefix             of the name; promtail_custom_ by default
//   source             the extracted value; the metric's name by default. A line without it is not
//                      counted, but null is a value
//   max_idle_duration  a series that has not changed for so long is exposed once more and then
//                      dropped; 5m by default, at least 1s
//   config             by type:
//     value              counts only where the source's text is this
//     action             of a counter, required: inc adds 1, add adds the source's number; below 0
//                        it is ignored, and counted as such
//                        of a gauge, required: set, inc, dec, add, sub
//     match_all          of a counter: true counts every line, whatever the source
//     count_entry_bytes  with match_all and add: adds the line's size
//     buckets            of a histogram: upper bounds, rising; by default those of Prometheus'
//                        client
//
// A number is what metrics_value.h takes for one; anything else changes nothing. Each label set has
// a series of its own, with all labels that the entry has here but those that begin with __.
// Metrics of one name are one metric, wherever they are defined: they count on the same series and
// have to agree on type and buckets. With the stage its series go, unless another one counts on
// them too.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "pipeline/metric_family.h"
#include "pipeline/stage.h"
#include "pipeline/stage/metrics_config.h"
#include "pipeline/stage/metrics_series.h"
#include "pipeline/stage/metrics_value.h"

namespace lokitail::pipeline {
namespace {

// One metric of the stage.
class Metric {
 public:
  Metric(MetricRule rule, StageContext& context)
      : rule_(std::move(rule)),
        series_(context.metrics.families().get(rule_.metric)),
        negative_(context.metrics.ignored_updates(rule_.metric.name, "negative_add")),
        too_many_(context.metrics.ignored_updates(rule_.metric.name, "too_many_series")) {}

  bool is_histogram() const { return rule_.action == MetricAction::kObserve; }

  // What the line changes the metric by, or to; nothing where it does not.
  std::optional<double> amount(Entry& entry) {
    if (rule_.every_line) return every_lines_amount(entry);
    const Value value = entry.extracted.get(rule_.source);
    if (!value.present()) return std::nullopt;
    if (rule_.value && value.to_text(entry.arena) != *rule_.value) return std::nullopt;
    if (counts_by_one()) return 1;
    const auto number = metric_value(value);
    if (number && *number < 0 && rule_.metric.type == MetricType::kCounter) {
      negative_.increment();
      return std::nullopt;
    }
    return number;
  }

  // `hash` is that of the labels that are exposed.
  void record(double amount, const Entry& entry, std::uint64_t hash, std::int64_t now,
              ExposedLabels& exposed) {
    MetricSeries* const series = series_.find(entry.labels, hash, now, exposed);
    if (series == nullptr) return too_many_.increment();
    switch (rule_.action) {
      case MetricAction::kIncrement:
      case MetricAction::kAdd:
        return rule_.metric.type == MetricType::kCounter ? series->increase(amount) : series->add(amount);
      case MetricAction::kDecrement:
      case MetricAction::kSubtract:
        return series->add(-amount);
      case MetricAction::kSet:
        return series->set(amount);
      case MetricAction::kObserve:
        return series->observe(bucket_of(amount), amount);
    }
  }

 private:
  bool counts_by_one() const {
    return rule_.action == MetricAction::kIncrement || rule_.action == MetricAction::kDecrement;
  }

  std::optional<double> every_lines_amount(const Entry& entry) const {
    if (rule_.line_bytes) return static_cast<double>(entry.line.size());
    if (counts_by_one()) return 1;
    return std::nullopt;  // there is nothing to add
  }

  std::size_t bucket_of(double amount) const {
    const std::vector<double>& bounds = rule_.metric.buckets;
    if (std::isnan(amount)) return bounds.size();
    return static_cast<std::size_t>(std::ranges::lower_bound(bounds, amount) - bounds.begin());
  }

  const MetricRule rule_;
  SeriesIndex series_;
  Counter& negative_;
  Counter& too_many_;
};

class MetricsStage final : public EntryStage {
 public:
  MetricsStage(std::vector<Metric> metrics, const StageContext& context)
      : metrics_(std::move(metrics)),
        // A histogram has a label `le` of its own.
        exposed_{ExposedLabels(context.symbols, ""), ExposedLabels(context.symbols, "le")},
        now_(context.now) {}

  Verdict process(Entry& entry) override {
    std::array<std::optional<std::uint64_t>, 2> hashes;
    const std::int64_t now = now_().seconds;
    for (Metric& metric : metrics_) {
      const auto amount = metric.amount(entry);
      if (!amount) continue;
      ExposedLabels& exposed = exposed_[metric.is_histogram()];
      auto& hash = hashes[metric.is_histogram()];
      if (!hash) hash = exposed.hash(entry.labels);
      metric.record(*amount, entry, *hash, now, exposed);
    }
    return Verdict::kKeep;
  }

 private:
  std::vector<Metric> metrics_;
  std::array<ExposedLabels, 2> exposed_;  // in counters and gauges, in histograms
  const std::function<Timestamp()> now_;
};

}  // namespace

std::unique_ptr<Stage> make_metrics(const config::Node& body, StageContext& context) {
  if (!body.is_mapping() && !body.is_null()) {
    throw body.error("metrics stage: expected a mapping of metric names to metrics, found " +
                     body.describe());
  }
  std::vector<Metric> metrics;
  for (const auto& [name, metric] : body.entries()) {
    MetricRule rule = read_metric(name, metric, context);
    context.metric_names.define(rule.metric, name);
    metrics.emplace_back(std::move(rule), context);
  }
  return std::make_unique<MetricsStage>(std::move(metrics), context);
}

}  // namespace lokitail::pipeline
