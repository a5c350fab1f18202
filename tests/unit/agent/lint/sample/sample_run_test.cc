// A sample of lines through the stages of a job, and what the lints make of it.
#include "agent/lint/sample/sample_run.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <fstream>

#include "tests/unit/agent/lint/support.h"
#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent::lint {
namespace {

using namespace test;
using agent::test::TempFolder;

struct Sampled {
  TempFolder folder;
  std::string config;
  SampleResult result;

  Sampled(const std::string& stages, const std::string& lines) : config(job(stages)) {
    const std::string file = folder / "sample.log";
    std::ofstream(file) << lines;
    config::Warnings warnings;
    const config::Node root = config::Node::parse(config, "f");
    const config::Config loaded = config::load(config, "f", warnings);
    const config::Node node = child(root, "scrape_configs").items()[0];
    const JobModel model = model_job(node, loaded.scrape_configs[0], false);
    result = run_sample(file, loaded.scrape_configs[0], model);
  }

  // "line stage verb matched/entries passed", a row for each stage.
  std::vector<std::string> stages() const {
    std::vector<std::string> rows;
    for (const SampleStage& stage : result.stages) {
      rows.push_back(fmt::format("{} {} {} {}/{} {}", stage.place.line, stage.stage, stage.verb,
                                 stage.matched, stage.entries, stage.passed));
    }
    return rows;
  }
  Places places(std::string_view id) const { return test::places(id, config, {.sample = result}); }
  std::string says(std::string_view id) const { return test::says(id, config, {.sample = result}); }
};

using Rows = std::vector<std::string>;

TEST_CASE("a sample: what each stage found") {
  const Sampled sampled(
      "- json: {expressions: {level: , msg: , t: time}}\n"
      "- timestamp: {source: t, format: RFC3339}\n"
      "- labels: {level: }\n"
      "- match:\n"
      "    selector: '{level=\"error\"}'\n"
      "    stages:\n"
      "    - regex: {source: msg, expression: 'code (?P<code>\\d+)'}\n"
      "- drop: {source: level, value: debug}\n"
      "- output: {source: msg}\n",
      R"({"level":"info","msg":"a","time":"2025-05-17T10:00:00Z"}
{"level":"error","msg":"code 7","time":"2025-05-17T10:00:01Z"}
{"level":"error","msg":"no number","time":"yesterday"}
{"level":"debug","msg":"b","time":"2025-05-17T10:00:02Z"}
no JSON)");
  CHECK(sampled.stages() == Rows{"7 json read 4/5 5", "8 timestamp read 3/5 5", "9 labels  0/5 5",
                                 "10 match selected 2/5 5", "13 regex matched 1/2 2", "14 drop dropped 1/5 4",
                                 "15 output  0/4 4"});
  CHECK(sampled.result.lines == 5);
  CHECK(sampled.result.entries == 4);
  CHECK(sampled.result.streams == 3);
  CHECK(sampled.result.label_values.at("level") == 2);
  CHECK(sampled.result.stages[0].unmatched == std::vector<std::string>{"no JSON"});
  CHECK(sampled.result.too_old == 4);
  CHECK(test::all_of(sampled.config, {.sample = sampled.result}) ==
        std::vector<std::string>{"old-timestamps 3", "value-never-used 13"});
}

TEST_CASE("a sample: formats of whole lines") {
  const std::string docker = R"({"log":"x\n","stream":"stdout","time":"2025-05-17T10:00:00Z"})";
  const std::string cri = "2025-05-17T10:00:00.123456789Z stdout F hello";
  const struct {
    const char* stage;
    std::string lines;
    const char* want;
  } cases[] = {
      {"- docker: {}", docker + "\n" + cri + "\n{}\n", "7 docker read 1/3 3"},
      {"- cri: {}", docker + "\n" + cri + "\n" + cri + "\n", "7 cri matched 2/3 3"},
      {"- logfmt: {mapping: {l: level}}", "level=info x=1\nx=1\n", "7 logfmt read 1/2 2"},
      {"- replace: {expression: '(\\d)'}", "a1\nb\n", "7 replace matched 1/2 2"},
      {"- multiline: {firstline: '^\\d', max_wait_time: 1h}", "1 a\n b\n c\n2 d\n",
       "7 multiline matched 2/4 2"},
      {"- json: {expressions: {a: }}", "{}\n[]\nnull\n1\n", "7 json read 2/4 4"},
      {"- drop: {longer_than: 3}", "a\nabcdef\n", "7 drop dropped 1/2 1"},
      {"- timestamp: {source: job, format: Unix}", "a\n", "7 timestamp read 0/1 1"},
  };
  for (const auto& c : cases) {
    INFO(c.stage);
    CHECK(Sampled(c.stage, c.lines).stages() == Rows{c.want});
  }
}

TEST_CASE("a sample: stages that find nothing") {
  const struct {
    const char* id;
    const char* stages;
    const char* lines;
    Places want;
  } cases[] = {
      {"regex-never-matches", "- regex: {expression: '^(?P<level>\\w+):'}", "a b\nc d\n", {"7:5"}},
      {"regex-never-matches", "- regex: {expression: '^(?P<level>\\w+):'}", "a b\nc: d\n", {}},
      {"regex-never-matches", "- replace: {expression: 'password=(\\S+)'}", "a b\n", {"7:5"}},
      {"regex-never-matches", "- multiline: {firstline: '^\\['}", "a b\n", {"7:5"}},
      {"regex-never-matches",
       "- match: {selector: '{job=\"app\"} |= \"x\"', stages: [{regex: {expression: yy}}]}",
       "a b\n",
       {}},
      {"regex-never-matches", "- regex: {expression: x}", "", {}},
      {"format-never-fits", "- json: {expressions: {a: }}", "a\n", {"7:5"}},
      {"format-never-fits", "- json: {expressions: {a: }}", "{}\n", {}},
      {"format-never-fits", "- docker: {}", "{\"message\":1}\n", {"7:5"}},
      {"format-never-fits", "- cri: {}", "a\n", {"7:5"}},
      {"format-never-fits", "- logfmt: {mapping: {a: }}", "b=1\n", {"7:5"}},
      {"timestamp-never-parses",
       "- regex: {expression: '(?P<t>\\S+)'}\n- timestamp: {source: t, format: '2006-01-02'}",
       "17.5.2025\n",
       {"8:5"}},
      {"timestamp-never-parses",
       "- regex: {expression: '(?P<t>\\S+)'}\n- timestamp: {source: t, format: '2006-01-02', "
       "fallback_formats: ['_2.1.2006']}",
       "17.5.2025\n",
       {}},
      {"stage-never-applies", "- drop: {expression: DEBUG}", "INFO\n", {"7:5"}},
      {"stage-never-applies", "- drop: {expression: DEBUG}", "INFO\nDEBUG\n", {}},
      {"stage-never-applies", "- match: {selector: '{job=\"app\"} |= \"x\"', action: drop}", "a\n", {"7:5"}},
      {"stage-never-applies", "- json: {expressions: {level: , lvl: }}", "{\"level\":\"info\"}\n", {"7:35"}},
  };
  for (const auto& c : cases) {
    INFO(c.stages << " on " << c.lines);
    CHECK(Sampled(c.stages, c.lines).places(c.id) == c.want);
  }
  CHECK(contains(Sampled("- regex: {expression: x}", "first\nsecond\n").says("regex-never-matches"),
                 "none of 2 texts of the sample, such as `first`"));
}

TEST_CASE("a sample: what Loki would refuse") {
  const Sampled longest("", std::string(300'000, 'x') + "\nshort\n");
  CHECK(longest.result.too_long == 1);
  CHECK(longest.result.longest == 300'000);
  CHECK(longest.places("line-size") == Places{"3:3"});
  const Sampled future("- regex: {expression: '(?P<t>\\S+)'}\n- timestamp: {source: t, format: Unix}",
                       "99999999999\n");
  CHECK(future.result.too_new == 1);
  const Sampled metadata("- json: {expressions: {m: }}\n- structured_metadata: {m: }",
                         "{\"m\":\"" + std::string(70'000, 'm') + "\"}\n");
  CHECK(metadata.result.too_much_metadata == 1);
  const Sampled bare("- labeldrop: [job, filename]", "x\n");
  CHECK(bare.result.no_labels == 1);
}

TEST_CASE("a sample: many values of a label") {
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += fmt::format("{{\"ticket\":\"T{}\"}}\n", i);
  const Sampled sampled("- json: {expressions: {ticket: }}\n- labels: {ticket: }", lines);
  CHECK(sampled.result.streams == 500);
  CHECK(sampled.places("high-cardinality-label") == Places{"8:14"});
}

TEST_CASE("a sample that cannot be read") {
  CHECK_THROWS_WITH(run_sample("/does/not/exist", config::ScrapeConfig(), JobModel()),
                    Catch::Matchers::Contains("/does/not/exist"));
}

}  // namespace
}  // namespace lokitail::agent::lint
