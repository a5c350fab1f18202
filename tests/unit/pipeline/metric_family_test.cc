#include "pipeline/metric_family.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/metric_families.h"

namespace lokitail::pipeline {
namespace {

using Values = std::map<std::string, double>;

Values collect(MetricFamily& family, std::int64_t now) {
  Values values;
  family.collect(now, [&](const MetricSeries& series) { values[series.labels()] = series.value(); });
  return values;
}

MetricDefinition counter(const std::string& name, std::int64_t max_idle = 10) {
  MetricDefinition definition;
  definition.name = name;
  definition.max_idle = max_idle;
  return definition;
}

TEST_CASE("series are found by their labels and live as long as someone keeps them", "[metrics]") {
  MetricFamily family(counter("c"));
  auto a = family.series("a", 100);
  CHECK(family.series("a", 100) == a);
  auto b = family.series("b", 100);
  CHECK(b != a);
  a->add(2);
  a->add(0.5);
  b->set(-1);
  CHECK(collect(family, 100) == Values{{"a", 2.5}, {"b", -1}});
  a.reset();
  CHECK(collect(family, 100) == Values{{"b", -1}});
  // Let go of and asked for again without a look between.
  b.reset();
  b = family.series("b", 100);
  CHECK(collect(family, 100) == Values{{"b", 0}});
}

TEST_CASE("whole amounts of a counter are summed apart", "[metrics]") {
  MetricFamily family(counter("c"));
  const auto a = family.series("a", 100);
  for (const double amount : {0.7, 1.0, 0.1}) a->increase(amount);
  CHECK(a->value() == 0.7 + 0.1 + 1);
  CHECK(a->value() != 0.7 + 1 + 0.1);
  const auto b = family.series("b", 100);
  b->increase(0x1p53);
  for (int i = 0; i < 4; ++i) b->increase(1);
  CHECK(b->value() == 0x1p53 + 4);
  b->increase(0x1p65);
  CHECK(b->value() == 0x1p65 + 0x1p53);
  b->increase(std::numeric_limits<double>::infinity());
  CHECK(std::isinf(b->value()));
  a->increase(std::nan(""));
  CHECK(std::isnan(a->value()));
}

TEST_CASE("an idle series is shown once more and then retired", "[metrics]") {
  MetricFamily family(counter("c", 10));
  const auto a = family.series("a", 100);
  a->add(1);
  CHECK(collect(family, 109) == Values{{"a", 1}});
  CHECK(a->touch(109));
  CHECK(collect(family, 118) == Values{{"a", 1}});
  CHECK(family.retirements() == 0);
  CHECK(collect(family, 119) == Values{{"a", 1}});
  CHECK(family.retirements() == 1);
  CHECK(a->retired());
  CHECK_FALSE(a->touch(119));
  CHECK(collect(family, 119).empty());
  const auto again = family.series("a", 120);
  CHECK(again != a);
  CHECK(collect(family, 120) == Values{{"a", 0}});
  // A clock that was set back makes nothing idle.
  CHECK(collect(family, -1'000'000) == Values{{"a", 0}});
  CHECK(again->touch(-1'000'000));
}

TEST_CASE("without an idle time a series stays", "[metrics]") {
  MetricFamily family(counter("c", MetricDefinition::kNever));
  const auto a = family.series("a", 0);
  CHECK(collect(family, 4'000'000'000).size() == 1);
  CHECK(collect(family, 4'000'000'000).size() == 1);
}

TEST_CASE("buckets of a histogram", "[metrics]") {
  MetricDefinition definition;
  definition.name = "h";
  definition.type = MetricType::kHistogram;
  definition.buckets = {1, 2};
  MetricFamily family(definition);
  const auto series = family.series("", 0);
  series->observe(0, 0.5);
  series->observe(2, 7);
  series->observe(2, 8);
  CHECK(series->count(0) == 1);
  CHECK(series->count(1) == 0);
  CHECK(series->count(2) == 2);
  CHECK(series->value() == 15.5);
}

TEST_CASE("where nobody scrapes, new series make room where old ones are idle", "[metrics]") {
  MetricFamily family(counter("c", 10));
  std::vector<std::shared_ptr<MetricSeries>> kept;
  for (int i = 0; i < 1000; ++i) kept.push_back(family.series("old" + std::to_string(i), 100));
  const auto young = family.series("young", 109);
  CHECK_FALSE(kept.front()->retired());
  for (int i = 0; i < 1100; ++i) kept.push_back(family.series("new" + std::to_string(i), 110));
  CHECK(kept.front()->retired());
  CHECK_FALSE(young->retired());
  CHECK(collect(family, 110).size() == 1101);
}

TEST_CASE("there are only so many series", "[metrics]") {
  MetricFamily family(counter("c", MetricDefinition::kNever));
  std::vector<std::shared_ptr<MetricSeries>> kept;
  for (std::size_t i = 0; i < MetricFamily::kMostSeries; ++i) {
    kept.push_back(family.series(std::to_string(i), 1));
  }
  CHECK(family.series("one more", 1) == nullptr);
  CHECK(family.series("7", 1) == kept[7]);
  kept.resize(10);
  CHECK(family.series("one more", 2) != nullptr);
  CHECK(family.series("7", 2) == kept[7]);
}

TEST_CASE("families are shared by name and form", "[metrics]") {
  MetricFamilies families;
  const auto a = families.get(counter("a", 10));
  CHECK(families.get(counter("a", 100)) == a);
  auto series = a->series("", 0);
  CHECK(collect(*a, 99).size() == 1);  // the longer time counts
  CHECK_FALSE(series->retired());
  const auto b = families.get(counter("b"));
  CHECK(families.all() == std::vector{a, b});
  MetricDefinition gauge = counter("a");
  gauge.type = MetricType::kGauge;
  auto later = families.get(gauge);
  CHECK(later != a);
  CHECK(families.all() == std::vector{later, b});
  later.reset();
  CHECK(families.all() == std::vector{a, b});
}

}  // namespace
}  // namespace lokitail::pipeline
