#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("match runs what it selects through its stages", "[stage][match]") {
  const auto entries = run_pipeline(R"(
- match:
    selector: '{job="t"} |= "x"'
    stages:
      - regex: {expression: '(?P<n>\d)'}
      - static_labels: {hit: 'yes'}
- labels: {n: }
)",
                                    {"x1", "y2", "x3"});
  CHECK(lines_of(entries) == Lines{"x1", "y2", "x3"});
  CHECK(entries[0].labels == TextMap{{"hit", "yes"}, {"job", "t"}, {"n", "1"}});
  CHECK(entries[1].labels == TextMap{{"job", "t"}});
  CHECK(entries[2].labels == TextMap{{"hit", "yes"}, {"job", "t"}, {"n", "3"}});
}

TEST_CASE("match copies labels to extracted on entering", "[stage][match]") {
  const auto entries = run_pipeline(R"(
- static_labels: {env: prod}
- match:
    selector: '{env="prod"}'
    stages:
      - template: {source: o, template: '{{ .env }}'}
- output: {source: o}
)",
                                    {"x"});
  CHECK(entries.at(0).line == "prod");
}

TEST_CASE("match within match", "[stage][match]") {
  const std::string stages = R"(
- match:
    selector: '{job="t"} |= "a"'
    stages:
      - match: {selector: '{job="t"} |= "b"', action: drop}
      - match:
          selector: '{job="t"} |= "c"'
          stages: [drop: {expression: d}]
)";
  CHECK(lines_of(run_pipeline(stages, {"a", "ab", "b", "ac", "acd", "cd"})) == Lines{"a", "b", "ac", "cd"});
}

TEST_CASE("match drops", "[stage][match]") {
  PipelineRunner runner(R"(
- match: {selector: '{job="t"} |= "a"', action: drop}
- match: {selector: '{job="t"} |= "b"', action: drop, drop_counter_reason: many_b, stages: []}
)");
  for (const char* line : {"a", "b", "c", "ab"}) runner.push(line);
  CHECK(lines_of(runner.entries()) == Lines{"c"});
  CHECK(runner.dropped() == std::map<std::string, int>{{"match_stage", 2}, {"many_b", 1}});
}

TEST_CASE("match passes time and end on to its stages", "[stage][match]") {
  PipelineRunner runner(R"(
- match:
    selector: '{job="t"} !~ "^pass"'
    stages:
      - multiline: {firstline: ^>, max_wait_time: 1s}
- template: {source: o, template: '{{ .Entry }}!'}
- output: {source: o}
)");
  runner.push(">a");
  runner.push("pass");
  CHECK(lines_of(runner.entries()) == Lines{"pass!"});
  CHECK(runner.unsettled() == 1);
  runner.tick(kReadTime);
  runner.tick(kReadTime.plus_seconds(1));
  CHECK(lines_of(runner.entries()) == Lines{"pass!", ">a!"});
  runner.push(">b");
  runner.drain();
  CHECK(lines_of(runner.entries()) == Lines{"pass!", ">a!", ">b!"});
  CHECK(runner.unsettled() == 0);
}

TEST_CASE("match refuses", "[stage][match]") {
  const struct {
    std::string body;
    std::string want;
  } rows[] = {
      {"{stages: [cri: ]}", "1:10: match stage: \"selector\" is required"},
      {"{selector: ''}", "1:21: selector statement required for match stage"},
      {"{selector: '{}', stages: [cri: ]}",
       "1:21: invalid selector syntax for match stage: parse error at line 1, col 2: syntax error: "
       "unexpected }, expecting a label name"},
      {"{selector: '{a=\"b\"}'}",
       "1:10: match stage requires at least one additional stage to be defined in '- stages'"},
      {"{selector: '{a=\"b\"}', stages: []}",
       "1:10: match stage requires at least one additional stage to be defined in '- stages'"},
      {"{selector: '{a=\"b\"}', action: drop, stages: [cri: ]}",
       "1:54: match stage configured to drop entries cannot contain stages"},
      {"{selector: '{a=\"b\"}', action: Drop}", "1:40: match stage action should be 'keep' or 'drop'"},
      {"{selector: '{a=\"b\"}', pipeline_name: '', stages: [cri: ]}",
       "1:47: match stage pipeline name can be omitted but cannot be an empty string"},
      {"{selector: '{a=\"b\"}', stages: [nope: ]}", "1:41: Unknown stage type: nope"},
      {"{selector: '{a=\"b\"}', stages: {cri: }}",
       "1:40: pipeline_stages: expected a list of stages, found a mapping"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    CHECK(build_error("- match: " + row.body) == "test.yaml:" + row.want);
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
