#include "agent/telemetry/text_format.h"

#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <catch2/catch.hpp>

#include <limits>

namespace lokitail::agent {
namespace {

TEST_CASE("numbers as Prometheus' Go client writes them") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const struct {
    double number;
    const char* want;
  } rows[] = {
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {-3, "-3"},
      {12.5, "12.5"},
      {0.1, "0.1"},
      {62.00025, "62.00025"},
      {999999, "999999"},
      {1e6, "1e+06"},
      {1234567, "1.234567e+06"},
      {1e21, "1e+21"},
      {0.0001, "0.0001"},
      {0.00012345678901234567, "0.00012345678901234567"},
      {0.00001, "1e-05"},
      {-1.5e-300, "-1.5e-300"},
      {5e-324, "5e-324"},
      {-123456.78901234567, "-123456.78901234567"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {kInfinity, "+Inf"},
      {-kInfinity, "-Inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& row : rows) {
    std::string text;
    append_go_number(text, row.number);
    CHECK(text == row.want);
  }
}

TEST_CASE("the agent's own metrics as text") {
  prometheus::Registry registry;
  auto& counters =
      prometheus::BuildCounter().Name("c_total").Help("A \\ and\na \"line\".").Register(registry);
  counters.Add({{"path", "C:\\x \"q\"\nn \xff"}, {"a", ""}}).Increment(2e6);
  prometheus::BuildGauge().Name("g").Help("").Register(registry).Add({}).Set(-1.5);
  prometheus::BuildGauge().Name("nothing").Help("").Register(registry);
  auto& histograms = prometheus::BuildHistogram().Name("h").Help("H").Register(registry);
  auto& histogram = histograms.Add({{"z", "1"}}, prometheus::Histogram::BucketBoundaries{0.5, 2});
  for (const double value : {0.25, 1.0, 1.5, 7.0}) histogram.Observe(value);
  TextFormat text;
  for (const auto& family : registry.Collect()) text.add(family);
  CHECK(text.take() ==
        "# HELP c_total A \\\\ and\\na \"line\".\n"
        "# TYPE c_total counter\n"
        "c_total{a=\"\",path=\"C:\\\\x \\\"q\\\"\\nn \uFFFD\"} 2e+06\n"
        "# HELP g \n"
        "# TYPE g gauge\n"
        "g -1.5\n"
        "# HELP h H\n"
        "# TYPE h histogram\n"
        "h_bucket{z=\"1\",le=\"0.5\"} 1\n"
        "h_bucket{z=\"1\",le=\"2\"} 3\n"
        "h_bucket{z=\"1\",le=\"+Inf\"} 4\n"
        "h_sum{z=\"1\"} 9.75\n"
        "h_count{z=\"1\"} 4\n");
}

TEST_CASE("a pipeline's metrics as text") {
  pipeline::MetricDefinition definition;
  definition.name = "h";
  definition.help = "took\nlong";
  definition.type = pipeline::MetricType::kHistogram;
  definition.buckets = {0.1, 1e6};
  pipeline::MetricFamily histograms(definition);
  TextFormat text;
  text.add(histograms, 0);
  CHECK(text.take().empty());
  const auto series = histograms.series("", 0);
  series->observe(0, 0.05);
  series->observe(2, 2e6);
  text.add(histograms, 0);
  definition.name = "g";
  definition.help = "";
  definition.type = pipeline::MetricType::kGauge;
  pipeline::MetricFamily gauges(definition);
  const auto gauge = gauges.series(R"(a="b")", 0);
  gauge->set(-2);
  text.add(gauges, 0);
  CHECK(text.take() ==
        "# HELP h took\\nlong\n"
        "# TYPE h histogram\n"
        "h_bucket{le=\"0.1\"} 1\n"
        "h_bucket{le=\"1e+06\"} 1\n"
        "h_bucket{le=\"+Inf\"} 2\n"
        "h_sum 2.00000005e+06\n"
        "h_count 2\n"
        "# HELP g \n"
        "# TYPE g gauge\n"
        "g{a=\"b\"} -2\n");
}

}  // namespace
}  // namespace lokitail::agent
