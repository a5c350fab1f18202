#include "pipeline/trace.h"

#include <catch2/catch.hpp>

#include "pipeline/traced_pipeline.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

std::string show(const std::optional<SnapshotValue>& value) {
  if (!value) return "-";
  switch (value->kind) {
    case Value::Kind::kText:
      return "'" + value->text + "'";
    case Value::Kind::kNull:
      return "null";
    default:
      return value->text;
  }
}

std::string show(const Change& change) {
  constexpr const char* kKinds[] = {"line", "timestamp", "label", "metadata", "extracted"};
  std::string text = kKinds[static_cast<int>(change.kind)];
  if (!change.name.empty()) text += " " + change.name;
  return text + " " + show(change.before) + " -> " + show(change.after);
}

// A row per step and per change, and one for the end.
std::vector<std::string> show(const Passage& passage) {
  constexpr const char* kSteps[] = {"passed", "dropped", "held", "released"};
  constexpr const char* kEnds[] = {"out", "dropped", "held"};
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < passage.steps.size(); ++i) {
    const Step& step = passage.steps[i];
    std::string row =
        step.stage->path + " " + step.stage->name + " " + kSteps[static_cast<int>(step.outcome)];
    if (!step.drop_reason.empty()) row += " " + step.drop_reason;
    rows.push_back(row);
    for (const Change& change : own_changes(passage, i)) rows.push_back("  " + show(change));
  }
  std::string end = kEnds[static_cast<int>(passage.outcome)];
  for (const std::size_t line : passage.lines) end += " " + std::to_string(line);
  if (passage.result) end += " '" + passage.result->line + "'";
  rows.push_back(end);
  return rows;
}

struct Traced {
  explicit Traced(std::string_view stages, const TextMap& labels = {{"job", "t"}})
      : pipeline(config::Node::parse(stages, "test.yaml"), labels, kReadTime, warnings,
                 [this](Passage passage) { passages.push_back(std::move(passage)); }) {}

  // The rows of all passages that have ended since the last call.
  std::vector<std::string> rows() {
    std::vector<std::string> all;
    for (const Passage& passage : passages) {
      for (std::string& row : show(passage)) all.push_back(std::move(row));
    }
    passages.clear();
    return all;
  }
  std::vector<std::string> rows(std::string_view line) {
    pipeline.push(line);
    return rows();
  }

  config::Warnings warnings;
  std::vector<Passage> passages;
  TracedPipeline pipeline;
};

using Rows = std::vector<std::string>;

TEST_CASE("each stage's changes are told, with their types", "[trace]") {
  Traced traced(R"(
- json: {expressions: {level: , n: , ok: , none: , ts: }}
- {}
- labels: {level: }
- timestamp: {source: ts, format: RFC3339}
- labeldrop: [job]
- structured_metadata: {n: }
- regex: {expression: '(?P<level>w)'}
- output: {source: level}
- output: {source: none}
)");
  CHECK(
      traced.rows(R"({"level":"warn","n":1.50,"ok":true,"none":null,"ts":"2025-11-07T13:00:00+01:00"})") ==
      Rows{
          "pipeline_stages[0] json passed",
          "  extracted level - -> 'warn'",
          "  extracted n - -> 1.5",
          "  extracted none - -> null",
          "  extracted ok - -> true",
          "  extracted ts - -> '2025-11-07T13:00:00+01:00'",
          "pipeline_stages[2] labels passed",
          "  label level - -> 'warn'",
          "pipeline_stages[3] timestamp passed",
          "pipeline_stages[4] labeldrop passed",
          "  label job 't' -> -",
          "pipeline_stages[5] structured_metadata passed",
          "  metadata n - -> '1.5'",
          "pipeline_stages[6] regex passed",
          "  extracted level 'warn' -> 'w'",
          "pipeline_stages[7] output passed",
          R"(  line '{"level":"warn","n":1.50,"ok":true,"none":null,"ts":"2025-11-07T13:00:00+01:00"}' -> 'w')",
          "pipeline_stages[8] output passed",
          "out 1 'w'",
      });
}

TEST_CASE("a stage is told by its place in the configuration", "[trace]") {
  Traced traced(
      "- json: {expressions: {a: }}\n- match: {selector: '{job=\"t\"}', stages: [{labels: {a: "
      "}}]}\n");
  traced.pipeline.push("x");
  REQUIRE(traced.passages.size() == 1);
  const std::vector<Step>& steps = traced.passages[0].steps;
  REQUIRE(steps.size() == 3);
  CHECK(config::to_string(steps[0].stage->place) == "test.yaml:1:3");
  CHECK(steps[1].stage->inner_stages == 1);
  CHECK(config::to_string(steps[2].stage->place) == "test.yaml:2:44");
  CHECK(steps[2].stage->depth() == 1);
  CHECK(steps[2].stage->enclosing == steps[1].stage);
}

TEST_CASE("what drops a line is told, and why", "[trace]") {
  const auto [stages, row] = GENERATE(table<const char*, const char*>({
      {"- drop: {expression: x}", "pipeline_stages[0] drop dropped drop_stage"},
      {"- drop: {expression: x, drop_counter_reason: noise}", "pipeline_stages[0] drop dropped noise"},
      {"- match: {selector: '{job=\"t\"}', action: drop}", "pipeline_stages[0] match dropped match_stage"},
      {"- sampling: {rate: 0}", "pipeline_stages[0] sampling dropped sampling_stage"},
      {"- json: {expressions: {a: }, drop_malformed: true}", "pipeline_stages[0] json dropped"},
  }));
  Traced traced(std::string(stages) + "\n- labels: {a: }\n");
  CHECK(traced.rows("x") == Rows{row, "dropped 1"});
}

TEST_CASE("stages inside of match are told", "[trace]") {
  Traced traced(R"(
- regex: {expression: '^(?P<word>\w+)'}
- labels: {word: }
- match:
    selector: '{word=~"a|b"}'
    stages:
    - static_labels: {inner: "1"}
    - drop: {source: word, value: b, drop_counter_reason: is_b}
    - match: {selector: '{inner="1"}', stages: [{labeldrop: [inner]}]}
- static_labels: {outer: "1"}
)");
  const Rows head = {"pipeline_stages[0] regex passed", "pipeline_stages[1] labels passed"};
  const auto behind = [&](std::string_view line) {
    const Rows all = traced.rows(line);
    return Rows(all.begin() + 4, all.end());  // both have one change
  };
  CHECK(behind("c") == Rows{
                           "pipeline_stages[2] match passed",
                           "pipeline_stages[3] static_labels passed",
                           "  label outer - -> '1'",
                           "out 1 'c'",
                       });
  CHECK(behind("a") == Rows{
                           "pipeline_stages[2] match passed",
                           "pipeline_stages[2].match.stages[0] static_labels passed",
                           "  label inner - -> '1'",
                           "pipeline_stages[2].match.stages[1] drop passed",
                           "pipeline_stages[2].match.stages[2] match passed",
                           "  extracted inner - -> '1'",
                           "pipeline_stages[2].match.stages[2].match.stages[0] labeldrop passed",
                           "  label inner '1' -> -",
                           "pipeline_stages[3] static_labels passed",
                           "  label outer - -> '1'",
                           "out 2 'a'",
                       });
  CHECK(behind("b") == Rows{
                           "pipeline_stages[2] match dropped is_b",
                           "pipeline_stages[2].match.stages[0] static_labels passed",
                           "  label inner - -> '1'",
                           "pipeline_stages[2].match.stages[1] drop dropped is_b",
                           "dropped 3",
                       });
}

TEST_CASE("lines that are kept back are told, and when they go", "[trace]") {
  SECTION("by multiline") {
    Traced traced("- multiline: {firstline: '^\\d'}\n- labels: {job: }\n");
    CHECK(traced.rows("before") ==
          Rows{"pipeline_stages[0] multiline passed", "pipeline_stages[1] labels passed", "out 1 'before'"});
    CHECK(traced.rows("1 one") == Rows{"pipeline_stages[0] multiline held", "held 2"});
    CHECK(traced.rows(" more") == Rows{"pipeline_stages[0] multiline held", "held 3"});
    CHECK(traced.rows("2 two") == Rows{"pipeline_stages[0] multiline released",
                                       "pipeline_stages[1] labels passed", "out 2 3 '1 one\n more'",
                                       "pipeline_stages[0] multiline held", "held 4"});
    traced.pipeline.wait(2'000'000'000);
    CHECK(traced.rows().empty());
    traced.pipeline.wait(1'000'000'000);
    CHECK(traced.rows() ==
          Rows{"pipeline_stages[0] multiline released", "pipeline_stages[1] labels passed", "out 4 '2 two'"});
    CHECK(traced.rows("3") == Rows{"pipeline_stages[0] multiline held", "held 5"});
    traced.pipeline.drain();
    CHECK(traced.rows() ==
          Rows{"pipeline_stages[0] multiline released", "pipeline_stages[1] labels passed", "out 5 '3'"});
  }
  SECTION("by multiline, the line at hand among them") {
    Traced traced("- multiline: {firstline: '^\\d', max_lines: 2}\n- drop: {expression: x}\n");
    CHECK(traced.rows("1") == Rows{"pipeline_stages[0] multiline held", "held 1"});
    CHECK(traced.rows("more") == Rows{"pipeline_stages[0] multiline passed", "  line 'more' -> '1\nmore'",
                                      "pipeline_stages[1] drop passed", "out 1 2 '1\nmore'"});
    CHECK(traced.rows("2") == Rows{"pipeline_stages[0] multiline held", "held 3"});
    CHECK(traced.rows("x") == Rows{"pipeline_stages[0] multiline passed", "  line 'x' -> '2\nx'",
                                   "pipeline_stages[1] drop dropped drop_stage", "dropped 3 4"});
  }
  SECTION("by cri, which keeps a beginning without an end") {
    Traced traced("- cri:\n- labeldrop: [job]\n");
    CHECK(traced.rows("2025-11-07T12:00:00Z stdout P one ") == Rows{"pipeline_stages[0] cri held", "held 1"});
    const Rows rows = traced.rows("2025-11-07T12:00:00Z stdout F two");
    CHECK(rows.front() == "pipeline_stages[0] cri passed");
    CHECK(rows[1] == "  line '2025-11-07T12:00:00Z stdout F two' -> 'one two'");
    CHECK(rows.back() == "out 1 2 'one two'");
    CHECK(traced.rows("2025-11-07T12:00:00Z stdout P lost") == Rows{"pipeline_stages[0] cri held", "held 3"});
    traced.pipeline.drain();
    CHECK(traced.rows().empty());
  }
  SECTION("by docker") {
    Traced traced("- docker: {join_partial_lines: true}");
    CHECK(traced.rows(R"({"log":"one "})") == Rows{"pipeline_stages[0] docker held", "held 1"});
    CHECK(traced.rows(R"({"log":"two\n"})").back() == "out 1 2 'one two\n'");
  }
  SECTION("by a stage inside of match") {
    Traced traced(R"(
- match:
    selector: '{job="t"}'
    stages:
    - multiline: {firstline: '^\d'}
    - static_labels: {inner: "1"}
- static_labels: {outer: "1"}
)");
    CHECK(traced.rows("1") == Rows{"pipeline_stages[0] match held",
                                   "pipeline_stages[0].match.stages[0] multiline held", "held 1"});
    const Rows released = {
        "pipeline_stages[0].match.stages[0] multiline released",
        "pipeline_stages[0].match.stages[1] static_labels passed",
        "  label inner - -> '1'",
        "pipeline_stages[1] static_labels passed",
        "  label outer - -> '1'",
    };
    Rows expected = released;
    expected.insert(expected.end(), {"out 1 '1'", "pipeline_stages[0] match held",
                                     "pipeline_stages[0].match.stages[0] multiline held", "held 2"});
    CHECK(traced.rows("2") == expected);
    traced.pipeline.drain();
    expected = released;
    expected.push_back("out 2 '2'");
    CHECK(traced.rows() == expected);
  }
  SECTION("by one stage after another") {
    Traced traced("- cri:\n- multiline: {firstline: '^\\d'}\n");
    traced.pipeline.push("2025-11-07T12:00:00Z stdout P 1 ");
    traced.pipeline.push("2025-11-07T12:00:01Z stdout F one");
    traced.pipeline.push("2025-11-07T12:00:02Z stdout F more");
    traced.rows();
    traced.pipeline.drain();
    CHECK(traced.rows() == Rows{"pipeline_stages[1] multiline released", "out 1 2 3 '1 one\nmore'"});
  }
}

TEST_CASE("a pipeline without stages is told, too", "[trace]") {
  for (const char* stages : {"[]", "", "- {}"}) {
    INFO(stages);
    Traced traced(stages);
    CHECK(traced.rows("x") == Rows{"out 1 'x'"});
    CHECK(traced.rows("y") == Rows{"out 2 'y'"});
  }
}

TEST_CASE("a stage that is wrong is refused in its place", "[trace]") {
  CHECK_THROWS_WITH(Traced("- match: {selector: '{a=\"b\"}', stages: [{jsn: }]}"),
                    Catch::Matchers::StartsWith("test.yaml:1:42: Unknown stage type: jsn"));
}

TEST_CASE("watching changes nothing of what comes out", "[trace]") {
  const char* const stages =
      GENERATE("- multiline: {firstline: '^\\d'}\n- regex: {expression: '(?P<w>\\pL+)'}\n- labels: {w: }",
               "- cri:\n- match: {selector: '{stream=\"stdout\"}', stages: [{multiline: {firstline: "
               "'^\\d'}}]}\n",
               "- match: {selector: '{job=\"t\"} |= \"a\"', action: drop}\n- pack: {labels: [job]}\n",
               "- template: {source: up, template: '{{ ToUpper .Entry }}'}\n- output: {source: up}\n"
               "- drop: {longer_than: 40}\n");
  const std::vector<std::string> lines = {"1 one",
                                          "more",
                                          "",
                                          "2025-11-07T12:00:00Z stdout P 3 three ",
                                          "2 two a",
                                          "2025-11-07T12:00:01Z stdout F end",
                                          "2025-11-07T12:00:01Z stderr F 4"};
  INFO(stages);
  const std::vector<Collected> expected = run_pipeline(stages, lines);
  Traced traced(stages);
  for (const std::string& line : lines) traced.pipeline.push(line);
  traced.pipeline.drain();
  std::vector<Snapshot> results;
  for (const Passage& passage : traced.passages) {
    if (passage.result) results.push_back(*passage.result);
  }
  REQUIRE(results.size() == expected.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].line == expected[i].line);
    CHECK(results[i].labels == expected[i].labels);
    CHECK(results[i].timestamp == expected[i].timestamp);
    TextMap extracted;
    for (const auto& [name, value] : results[i].extracted) {
      extracted.emplace(name, value.kind == Value::Kind::kNull ? "<null>" : value.text);
    }
    CHECK(extracted == expected[i].extracted);
  }
}

// As in a running agent, where a block of lines has one origin.
TEST_CASE("a watched line keeps its origin unsettled", "[trace]") {
  class Block final : public Origin {
   public:
    explicit Block(const void* source) : Origin(source) {}
    ~Block() override = default;
    bool is_settled = false;

   private:
    void settled() override { is_settled = true; }
  };
  class Batch final : public Sink {
   public:
    void push(Entry& entry) override {
      sources.push_back(entry.origin->source());
      origins.emplace_back(entry.origin);
    }
    std::vector<const void*> sources;
    std::vector<OriginReference> origins;
  };
  int source = 0;
  Block block(&source);
  Batch batch;
  SymbolTable symbols;
  config::Warnings warnings;
  CountingMetrics metrics;
  Tracer tracer(symbols, [](const Passage&) {});
  StageContext context{symbols, warnings, metrics, [] { return kReadTime; }};
  context.observer = &tracer;
  Pipeline pipeline(config::Node::parse("- multiline: {firstline: x}", "t"), context, batch);
  {
    const OriginReference reading(&block);
    for (const char* text : {"a", "x", "b"}) {
      const PaddedText line(text);
      pipeline.push(line.view(), kReadTime, {}, &block);
    }
  }
  CHECK(batch.sources == std::vector<const void*>{&source});
  batch.origins.clear();
  CHECK_FALSE(block.is_settled);  // multiline has two lines
  pipeline.drain();
  CHECK(batch.sources == std::vector<const void*>{&source, &source});
  CHECK_FALSE(block.is_settled);
  batch.origins.clear();
  CHECK(block.is_settled);
}

}  // namespace
}  // namespace lokitail::pipeline::test
