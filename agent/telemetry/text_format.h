// Writes metrics in Prometheus' text format, byte for byte as Prometheus' Go client does: that is
// what Promtail's users compare with.
//
// Threads: one at a time. Errors: none.
// Source:  https://prometheus.io/docs/instrumenting/exposition_formats/;
//          github.com/prometheus/common/expfmt/text_create.go.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/metric_family.h"

namespace lokitail::agent {

class TextFormat {
 public:
  // A family without metrics leaves no trace. REQUIRES: counters, gauges or histograms; no two
  // families of one name.
  void add(const prometheus::MetricFamily& family);
  // Retires series that were idle at `now` (see MetricFamily::collect).
  void add(pipeline::MetricFamily& family, std::int64_t now);

  std::string take() { return std::move(out_); }

 private:
  void add_head(std::string_view name, std::string_view help, std::string_view type);
  // One line. `labels` as metric_labels() gives them, `le` is the bucket's bound.
  void add_sample(std::string_view name, std::string_view suffix, std::string_view labels, double value,
                  const double* le = nullptr);
  void add_metric(const prometheus::MetricFamily& family, const prometheus::ClientMetric& metric);
  void add_series(const pipeline::MetricFamily& family, const pipeline::MetricSeries& series);

  std::string out_;
};

// A number as Go's strconv.FormatFloat(number, 'g', -1, 64): 0.1, 1e+06, NaN, +Inf.
void append_go_number(std::string& out, double number);

}  // namespace lokitail::agent
