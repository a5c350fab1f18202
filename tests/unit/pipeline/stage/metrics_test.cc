#include <catch2/catch.hpp>

#include <cmath>

#include "pipeline/metric_family.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

using Samples = std::map<std::string, double>;

// v and u as text; n, b and z as JSON would give them.
const std::string kExtract = R"(
- logfmt: {mapping: {v: , u: }}
- json: {expressions: {n: 'n', b: b, z: z}, source: object}
)";
const TextMap kMetricsLabels = {{"job", "t"}, {"object", R"({"n":2.5,"b":true,"z":null})"}};
const std::string kHideObject = "- labeldrop: [object]\n";

// What a metric `m` shows after `lines`.
Samples measured(const std::string& metric, const std::vector<std::string>& lines) {
  PipelineRunner runner(kExtract + kHideObject + "- metrics: {m: " + metric + "}", kMetricsLabels);
  for (const auto& line : lines) runner.push(line);
  return runner.exposed();
}

TEST_CASE("counters and gauges", "[stage][metrics]") {
  const struct {
    std::string metric;
    std::vector<std::string> lines;
    std::optional<double> want;  // nothing: there is no series
  } rows[] = {
      {"{type: counter, source: v, config: {action: inc}}", {"v=a", "v=", "x"}, 2},
      {"{type: Counter, source: z, config: {action: inc}}", {"x"}, 1},
      {"{type: COUNTER, source: w, config: {action: INC}}", {"v=a"}, {}},
      {"{type: counter, config: {action: inc}}", {"v=a"}, {}},
      {"{type: counter, source: v, config: {action: inc, value: a}}", {"v=a", "v=ab", "v=A"}, 1},
      {"{type: counter, source: 'n', config: {action: inc, value: '2.5'}}", {"x"}, 1},
      {"{type: counter, source: b, config: {action: inc, value: 'true'}}", {"x"}, 1},
      {"{type: counter, source: z, config: {action: inc, value: ''}}", {"x"}, {}},
      {"{type: counter, source: v, config: {action: inc, value: ''}}", {"v=", "v=a"}, 1},
      {"{type: counter, source: v, config: {action: add}}", {"v=1", "v=2.5", "v=1m", "v=x"}, 63.5},
      {"{type: counter, source: v, config: {action: add}}", {"v=0.7", "v=1", "v=0.1"}, 0.7 + 0.1 + 1},
      {"{type: gauge, source: v, config: {action: add}}", {"v=0.7", "v=1", "v=0.1"}, 0.7 + 1 + 0.1},
      {"{type: counter, source: v, config: {action: add, value: '2'}}", {"v=1", "v=2", "v=2"}, 4},
      {"{type: counter, source: 'n', config: {action: add}}", {"x", "x"}, 5},
      {"{type: counter, source: b, config: {action: add}}", {"x", "x"}, 2},
      {"{type: counter, source: z, config: {action: add}}", {"x"}, {}},
      {"{type: counter, source: v, config: {action: add}}", {"v=0"}, 0},
      {"{type: counter, config: {action: inc, match_all: true}}", {"x", "", "v=1"}, 3},
      {"{type: counter, source: v, config: {action: inc, match_all: false}}", {"x", "v=1"}, 1},
      {"{type: counter, config: {action: add, match_all: true}}", {"x", "m=5"}, {}},
      {"{type: counter, config: {action: add, match_all: true, count_entry_bytes: true}}",
       {"abc", "\u00e4", ""},
       5},
      {"{type: gauge, source: v, config: {action: set}}", {"v=20.5", "v=-3", "v=warm", "x"}, -3},
      {"{type: gauge, source: v, config: {action: inc}}", {"v=7", "v=x", "x"}, 2},
      {"{type: gauge, source: v, config: {action: dec}}", {"v=7", "v=x"}, -2},
      {"{type: gauge, source: v, config: {action: ADD}}", {"v=7", "v=-9", "v=x"}, -2},
      {"{type: gauge, source: v, config: {action: sub}}", {"v=7", "v=-9"}, 2},
      {"{type: gauge, source: v, config: {action: set, value: '1'}}", {"v=1", "v=2"}, 1},
      {"{type: gauge, source: v, config: {action: set}}", {"v=inf"}, INFINITY},
  };
  for (const auto& row : rows) {
    INFO(row.metric);
    const Samples want = row.want ? Samples{{R"(promtail_custom_m{job="t"})", *row.want}} : Samples();
    CHECK(measured(row.metric, row.lines) == want);
  }
}

TEST_CASE("histograms", "[stage][metrics]") {
  const auto sample = [](const char* suffix) {
    return "promtail_custom_m_" + std::string(suffix) + R"({job="t"})";
  };
  SECTION("a value belongs into the first bucket that is not below it") {
    CHECK(
        measured("{type: histogram, source: v, config: {buckets: [0.1, 1, 10]}}",
                 {"v=0.05", "v=0.1", "v=500ms", "v=20", "v=-1", "v=bad"}) ==
        Samples{
            {sample("0"), 3}, {sample("1"), 1}, {sample("2"), 0}, {sample("3"), 1}, {sample("sum"), 19.65}});
  }
  SECTION("not a number is above all buckets") {
    const auto samples =
        measured("{type: histogram, source: v, config: {buckets: [1]}}", {"v=nan", "v=+inf"});
    CHECK(samples.at(sample("0")) == 0);
    CHECK(samples.at(sample("1")) == 2);
    CHECK(std::isnan(samples.at(sample("sum"))));
  }
  SECTION("only what is equal to value") {
    CHECK(measured("{type: histogram, source: v, config: {buckets: [1], value: '1'}}",
                   {"v=1", "v=1.0", "v=2"}) ==
          Samples{{sample("0"), 1}, {sample("1"), 0}, {sample("sum"), 1}});
  }
  SECTION("infinity is a bucket anyway") {
    CHECK(measured("{type: histogram, source: v, config: {buckets: [1, .inf]}}", {"v=2"}) ==
          Samples{{sample("0"), 0}, {sample("1"), 1}, {sample("sum"), 2}});
  }
  SECTION("Prometheus' buckets by default") {
    for (const char* config : {"", ", config: {}", ", config: {buckets: []}"}) {
      const auto samples =
          measured("{type: histogram, source: v" + std::string(config) + "}", {"v=0.3", "v=11"});
      CHECK(samples.size() == 13);
      CHECK(samples.at(sample("6")) == 1);
      CHECK(samples.at(sample("11")) == 1);
    }
  }
}

TEST_CASE("names of metrics are made of prefix and key", "[stage][metrics]") {
  PipelineRunner runner(R"(
- metrics:
    a-b: {type: counter, config: {match_all: true, action: inc}}
    c: {type: counter, prefix: shop_, config: {match_all: true, action: inc}}
    d: {type: counter, prefix: '', config: {match_all: true, action: inc}}
)");
  runner.push("x");
  CHECK(runner.exposed() == Samples{{R"(promtail_custom_a_b{job="t"})", 1},
                                    {R"(shop_c{job="t"})", 1},
                                    {R"(promtail_custom_d{job="t"})", 1}});
}

TEST_CASE("a series for each label set at this stage", "[stage][metrics]") {
  PipelineRunner runner(R"(
- logfmt: {mapping: {app: , u: , le: }}
- labels: {app: , le: , __hidden: u}
- static_labels: {my.label: '1'}
- metrics:
    c: {type: counter, config: {match_all: true, action: inc}}
    h: {type: histogram, source: u, config: {buckets: [1]}}
- static_labels: {later: x}
)");
  for (const char* line : {"app=a u=1", "app=b u=2", "app=a u=3", "app=a le=x u=4", "app=a le=y u=5"}) {
    runner.push(line);
  }
  CHECK(runner.exposed() == Samples{{R"(promtail_custom_c{app="a",job="t",my_label="1"})", 2},
                                    {R"(promtail_custom_c{app="b",job="t",my_label="1"})", 1},
                                    {R"(promtail_custom_c{app="a",job="t",le="x",my_label="1"})", 1},
                                    {R"(promtail_custom_c{app="a",job="t",le="y",my_label="1"})", 1},
                                    {R"(promtail_custom_h_0{app="a",job="t",my_label="1"})", 1},
                                    {R"(promtail_custom_h_1{app="a",job="t",my_label="1"})", 3},
                                    {R"(promtail_custom_h_sum{app="a",job="t",my_label="1"})", 13},
                                    {R"(promtail_custom_h_0{app="b",job="t",my_label="1"})", 0},
                                    {R"(promtail_custom_h_1{app="b",job="t",my_label="1"})", 1},
                                    {R"(promtail_custom_h_sum{app="b",job="t",my_label="1"})", 2}});
}

TEST_CASE("lines are passed on unchanged", "[stage][metrics]") {
  for (const char* stage :
       {"- metrics:", "- metrics: {}", "- metrics: {m: {type: gauge, source: job, config: {action: inc}}}"}) {
    const auto entries = run_pipeline(stage, {"x"});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].line == "x");
    CHECK(entries[0].labels == TextMap{{"job", "t"}});
  }
}

TEST_CASE("a counter ignores what is below zero, and counts that", "[stage][metrics]") {
  PipelineRunner runner(R"(
- logfmt: {mapping: {v: }}
- metrics: {m: {type: counter, source: v, config: {action: add}}}
)");
  for (const char* line : {"v=-1", "v=5", "v=-0.001", "v=-inf", "v=-0"}) runner.push(line);
  CHECK(runner.exposed() == Samples{{R"(promtail_custom_m{job="t"})", 5}});
  CHECK(runner.metrics().count(
            "lokitail_ignored_metric_updates_total metric=promtail_custom_m reason=negative_add") == 3);
}

TEST_CASE("metrics of one name count together", "[stage][metrics]") {
  PipelineRunner runner(R"(
- match:
    selector: '{job="t"} |= "open"'
    stages: [{metrics: {m: {type: gauge, source: job, config: {action: inc}}}}]
- match:
    selector: '{job="t"} |= "close"'
    stages: [{metrics: {m: {type: gauge, source: job, config: {action: dec}}}}]
)");
  for (const char* line : {"open", "open", "close", "open", "x"}) runner.push(line);
  CHECK(runner.exposed() == Samples{{R"(promtail_custom_m{job="t"})", 2}});
}

TEST_CASE("idle series are shown once more, and begin anew when they are wanted", "[stage][metrics]") {
  PipelineRunner runner(R"(
- logfmt: {mapping: {app: }}
- labels: {app: }
- metrics:
    short: {type: counter, max_idle_duration: 1900ms, config: {match_all: true, action: inc}}
    long: {type: counter, config: {match_all: true, action: inc}}
)");
  const std::string a = R"({app="a",job="t"})";
  const std::string b = R"({app="b",job="t"})";
  const std::string brief = "promtail_custom_short";
  const std::string lasting = "promtail_custom_long";
  runner.push("app=a");
  runner.push("app=b");
  runner.now = runner.now.plus_seconds(1);
  const Samples all = {{brief + a, 1}, {brief + b, 1}, {lasting + a, 1}, {lasting + b, 1}};
  CHECK(runner.exposed() == all);  // idle for a second, which is as long as it may be: shown once more
  CHECK(runner.exposed() == Samples{{lasting + a, 1}, {lasting + b, 1}});
  runner.push("app=a");
  runner.push("app=a");
  CHECK(runner.exposed() == Samples{{brief + a, 2}, {lasting + a, 3}, {lasting + b, 1}});
  runner.now = runner.now.plus_seconds(299);
  runner.push("app=a");
  CHECK(runner.exposed() == Samples{{brief + a, 3}, {lasting + a, 4}, {lasting + b, 1}});
  CHECK(runner.exposed() == Samples{{brief + a, 3}, {lasting + a, 4}});
  // Shown as idle or not: what nobody looked at counts on.
  runner.now = runner.now.plus_seconds(4000);
  runner.push("app=a");
  CHECK(runner.exposed() == Samples{{brief + a, 4}, {lasting + a, 5}});
}

TEST_CASE("with the stage its series go", "[stage][metrics]") {
  CountingMetrics metrics;
  SymbolTable symbols;
  config::Warnings warnings;
  StageContext context{symbols, warnings, metrics, [] { return kReadTime; }};
  CollectingSink sink(symbols);
  const auto stages = config::Node::parse(
      "- metrics: {m: {type: counter, config: {match_all: true, action: inc}}}", "test.yaml");
  auto one = std::make_unique<Pipeline>(stages, context, sink);
  auto two = std::make_unique<Pipeline>(stages, context, sink);
  const PaddedText text("x");
  Labels a;
  a.set(symbols.intern("app"), "a");
  Labels b;
  b.set(symbols.intern("app"), "b");
  one->push(text.view(), kReadTime, a, nullptr);
  one->push(text.view(), kReadTime, b, nullptr);
  two->push(text.view(), kReadTime, b, nullptr);
  CHECK(exposed(metrics, kReadTime) ==
        Samples{{R"(promtail_custom_m{app="a"})", 1}, {R"(promtail_custom_m{app="b"})", 2}});
  one.reset();
  CHECK(exposed(metrics, kReadTime) == Samples{{R"(promtail_custom_m{app="b"})", 2}});
  two.reset();
  CHECK(exposed(metrics, kReadTime).empty());
}

TEST_CASE("a label that is another for each line does not fill the memory", "[stage][metrics]") {
  PipelineRunner runner(R"(
- logfmt: {mapping: {id: }}
- labels: {id: }
- metrics: {m: {type: counter, config: {match_all: true, action: inc}}}
)");
  for (std::size_t i = 0; i < MetricFamily::kMostSeries + 3; ++i) runner.push("id=" + std::to_string(i));
  runner.push("id=7");
  const Samples samples = runner.exposed();
  CHECK(samples.size() == MetricFamily::kMostSeries);
  CHECK(samples.at(R"(promtail_custom_m{id="7",job="t"})") == 2);
  CHECK(runner.metrics().count("lokitail_ignored_metric_updates_total metric=promtail_custom_m "
                               "reason=too_many_series") == 3);
}

TEST_CASE("metrics refuses", "[stage][metrics]") {
  const std::string type = "', metric type must be one of 'counter', 'gauge', or 'histogram'";
  const std::string counter = "counter action must be defined as either `inc` or `add`";
  const std::string gauge = "gauge action must be defined as `set`, `inc`, `dec`, `add`, or `sub`";
  const struct {
    const char* body;
    std::string want;
  } rows[] = {
      {"[]", "12: metrics stage: expected a mapping of metric names to metrics, found a list"},
      {"{m: x}", "16: metric m: expected a mapping, found a string"},
      {"{m: }", "13: invalid metric type '" + type},
      {"{m: {config: {action: inc}}}", "13: invalid metric type '" + type},
      {"{m: {type: sum}}", "23: invalid metric type 'sum" + type},
      {"{m: {type: counter}}", "13: " + counter},
      {"{m: {type: counter, config: {match_all: true}}}", "40: " + counter},
      {"{m: {type: counter, config: {action: set}}}", "49: " + counter},
      {"{m: {type: counter, config: inc}}", "40: counter config: expected a mapping, found a string"},
      {"{m: {type: counter, config: {action: inc, match_all: true, value: x}}}",
       "65: `match_all: true` cannot be combined with `value`, please remove `match_all` or "
       "`value`"},
      {"{m: {type: counter, config: {action: add, count_entry_bytes: true}}}",
       "73: `count_entry_bytes: true` can only be set with `match_all: true`"},
      {"{m: {type: counter, config: {action: inc, match_all: true, count_entry_bytes: true}}}",
       "90: `count_entry_bytes: true` can only be used with `action: add`"},
      {"{m: {type: counter, config: {action: inc, match_all: 'true'}}}",
       "65: expected true or false, found \"true\""},
      {"{m: {type: gauge, config: {}}}", "38: " + gauge},
      {"{m: {type: gauge, config: {action: mul}}}", "47: " + gauge},
      {"{m: {type: gauge, config: {action: inc, value: 5}}}", "59: expected a string, found \"5\""},
      {"{m: {type: histogram, config: {buckets: 5}}}", "52: expected a list of numbers, found a number"},
      {"{m: {type: histogram, config: {buckets: ['1']}}}", "53: expected a number, found \"1\""},
      {"{m: {type: histogram, config: {buckets: [1, 3, 2]}}}",
       "59: histogram buckets must be rising: 2 does not exceed the one before"},
      {"{m: {type: histogram, config: {buckets: [1, 1]}}}",
       "56: histogram buckets must be rising: 1 does not exceed the one before"},
      {"{m: {type: histogram, config: {buckets: [.nan]}}}",
       "53: histogram buckets must be rising: .nan does not exceed the one before"},
      {"{m: {type: gauge, max_idle_duration: 999ms, config: {action: inc}}}",
       "49: max_idle_duration less than 1s not allowed"},
      {"{m: {type: gauge, max_idle_duration: 1d, config: {action: inc}}}",
       "49: expected a duration such as 1.5s or 2h45m (units: ns us ms s m h), found \"1d\""},
      {"{m: {type: gauge, max_idle_duration: 60, config: {action: inc}}}",
       "49: expected a duration such as 1.5s or 2h45m (units: ns us ms s m h), found \"60\""},
      {"{m: {type: gauge, description: 5, config: {action: inc}}}", "43: expected a string, found \"5\""},
      {"{m: {type: gauge, prefix: [], config: {action: inc}}}", "38: expected a string, found a list"},
      {"{m: {type: gauge, source: {}, config: {action: inc}}}", "38: expected a string, found a mapping"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    CHECK(build_error("- metrics: " + std::string(row.body)) == "test.yaml:1:" + row.want);
  }
}

TEST_CASE("metrics of one name have to agree", "[stage][metrics]") {
  const auto error = [](const std::string& first, const std::string& second) {
    return build_error("- metrics: {" + first + "}\n- match:\n    selector: '{job=\"t\"}'\n" +
                       "    stages:\n    - metrics:\n        " + second);
  };
  const std::string counter = "{type: counter, config: {action: inc}}";
  CHECK(error("m: " + counter, "m: " + counter) == "");
  CHECK(error("m: " + counter, "m: {type: gauge, config: {action: inc}}") ==
        "test.yaml:6:9: metrics stage: promtail_custom_m is a gauge here and a counter at "
        "test.yaml:1:13");
  CHECK(error("a-b: " + counter, "a_b: {type: histogram}") ==
        "test.yaml:6:9: metrics stage: promtail_custom_a_b is a histogram here and a counter at "
        "test.yaml:1:13");
  CHECK(error("m: {type: histogram}", "m: {type: histogram, config: {buckets: [1]}}") ==
        "test.yaml:6:9: metrics stage: promtail_custom_m has other buckets here than at "
        "test.yaml:1:13");
  CHECK(error("m: {type: histogram}", "m_count: " + counter) ==
        "test.yaml:6:9: metrics stage: the counter promtail_custom_m_count and the histogram "
        "promtail_custom_m, defined at test.yaml:1:13, both expose promtail_custom_m_count");
  CHECK(error("m_sum: " + counter, "m: {type: histogram}") ==
        "test.yaml:6:9: metrics stage: the histogram promtail_custom_m and the counter "
        "promtail_custom_m_sum, defined at test.yaml:1:13, both expose promtail_custom_m_sum");
}

TEST_CASE("metrics warns", "[stage][metrics]") {
  const auto warnings = [](const std::string& body) {
    return PipelineRunner("- metrics: {m: " + body + "}").warnings();
  };
  CHECK(warnings("{type: counter, config: {action: inc, match_all: true}}").empty());
  CHECK(warnings("{type: counter, unit: s, config: {action: inc, step: 5}}") ==
        std::vector<std::string>{"test.yaml:1:32: metric m: unknown key \"unit\"",
                                 "test.yaml:1:63: counter config: unknown key \"step\""});
  CHECK(warnings("{type: counter, config: {action: add, match_all: true}}").size() == 1);
}

}  // namespace
}  // namespace lokitail::pipeline::test
