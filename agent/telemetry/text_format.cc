#include "agent/telemetry/text_format.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "pipeline/metric_text.h"

namespace lokitail::agent {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string_view type_name(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    default:
      return "untyped";
  }
}

}  // namespace

void append_go_number(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "NaN";
    return;
  }
  if (std::isinf(number)) {
    out += number < 0 ? "-Inf" : "+Inf";
    return;
  }
  if (number == 0) {
    out += '0';  // that with a minus, too
    return;
  }
  // Between these bounds Go writes no exponent.
  const double magnitude = std::fabs(number);
  const bool plain = magnitude >= 1e-4 && magnitude < 1e6;
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  out.append(text.data(), end);
}

void TextFormat::add(const prometheus::MetricFamily& family) {
  if (family.metric.empty()) return;
  add_head(family.name, family.help, type_name(family.type));
  for (const auto& metric : family.metric) add_metric(family, metric);
}

void TextFormat::add(pipeline::MetricFamily& family, std::int64_t now) {
  bool any = false;
  family.collect(now, [&](const pipeline::MetricSeries& series) {
    if (!any) add_head(family.name(), family.help(), to_string(family.type()));
    any = true;
    add_series(family, series);
  });
}

void TextFormat::add_head(std::string_view name, std::string_view help, std::string_view type) {
  ((out_ += "# HELP ") += name) += ' ';
  for (const char c : help) {
    if (c == '\n') {
      out_ += "\\n";
    } else if (c == '\\') {
      out_ += "\\\\";
    } else {
      out_ += c;
    }
  }
  ((((out_ += "\n# TYPE ") += name) += ' ') += type) += '\n';
}

void TextFormat::add_sample(std::string_view name, std::string_view suffix, std::string_view labels,
                            double value, const double* le) {
  (out_ += name) += suffix;
  if (!labels.empty() || le != nullptr) {
    (out_ += '{') += labels;
    if (le != nullptr) {
      out_ += labels.empty() ? "le=\"" : ",le=\"";
      append_go_number(out_, *le);
      out_ += '"';
    }
    out_ += '}';
  }
  out_ += ' ';
  append_go_number(out_, value);
  out_ += '\n';
}

void TextFormat::add_metric(const prometheus::MetricFamily& family, const prometheus::ClientMetric& metric) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (const auto& label : metric.label) pairs.emplace_back(label.name, label.value);
  const std::string labels = pipeline::metric_labels(pairs);
  if (family.type != prometheus::MetricType::Histogram) {
    const bool gauge = family.type == prometheus::MetricType::Gauge;
    return add_sample(family.name, "", labels, gauge ? metric.gauge.value : metric.counter.value);
  }
  const auto& histogram = metric.histogram;
  for (const auto& bucket : histogram.bucket) {
    add_sample(family.name, "_bucket", labels, static_cast<double>(bucket.cumulative_count),
               &bucket.upper_bound);
  }
  add_sample(family.name, "_sum", labels, histogram.sample_sum);
  add_sample(family.name, "_count", labels, static_cast<double>(histogram.sample_count));
}

void TextFormat::add_series(const pipeline::MetricFamily& family, const pipeline::MetricSeries& series) {
  const std::string& labels = series.labels();
  if (family.type() != pipeline::MetricType::kHistogram) {
    return add_sample(family.name(), "", labels, series.value());
  }
  const auto& bounds = family.buckets();
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    count += series.count(i);
    add_sample(family.name(), "_bucket", labels, static_cast<double>(count),
               i < bounds.size() ? &bounds[i] : &kInfinity);
  }
  add_sample(family.name(), "_sum", labels, series.value());
  add_sample(family.name(), "_count", labels, static_cast<double>(count));
}

}  // namespace lokitail::agent
