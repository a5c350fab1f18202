#include "pipeline/stage/metrics_value.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace lokitail::pipeline {
namespace {

TEST_CASE("text as a metric's value", "[stage][metrics]") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const struct {
    const char* text;
    double want;
  } rows[] = {
      {"12", 12},
      {"-2.5e1", -25},
      {"0x1p4", 16},
      {"1_000", 1000},
      {"+Inf", kInfinity},
      {"0", 0},
      {"0.5ms", 5e-4},
      {"1h30m", 5400},
      {"250us", 25e-5},
      {"-1.5s", -1.5},
      {"1\u00b5s", 1e-6},
      {"1m0.5s", 60.5},
      {"3ns", 3e-9},
      {"-0", 0},
      {"2562047h", 9223369200},
      {"670.5255s", 670.5255},
      {"5.283m", 316.98},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK(metric_value(row.text) == row.want);
  }
  CHECK(std::isnan(*metric_value("nan")));
  for (const char* text :
       {"", " 1", "1 ", "warm", "1.5 s", "1d", "ms", "1,5", "1e999", "--1", "9999999999h", "\xff", "0x10"}) {
    INFO(text);
    CHECK_FALSE(metric_value(text));
  }
}

TEST_CASE("other values as a metric's value", "[stage][metrics]") {
  CHECK(metric_value(Value::number(-1.25)) == -1.25);
  CHECK(metric_value(Value::boolean(true)) == 1);
  CHECK(metric_value(Value::boolean(false)) == 0);
  CHECK(metric_value(Value::text("2s")) == 2);
  CHECK_FALSE(metric_value(Value::null()));
  CHECK_FALSE(metric_value(Value()));
}

}  // namespace
}  // namespace lokitail::pipeline
