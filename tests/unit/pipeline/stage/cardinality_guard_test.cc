#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// Labels from lines such as "a=1 b=2", guarded by a stage with these keys.
std::string guarding(const std::string& keys) {
  return "- logfmt: {mapping: {a: , b: , __c__: }}\n"
         "- labels: {a: , b: , __c__: }\n"
         "- cardinality_guard: " +
         keys + "\n";
}

// What became of the label of the latest entry.
std::string label(PipelineRunner& runner, const std::string& name) {
  const TextMap& labels = runner.entries().back().labels;
  const auto found = labels.find(name);
  return found == labels.end() ? "<none>" : found->second;
}
std::string metadata(PipelineRunner& runner, const std::string& name) {
  const TextMap& all = runner.entries().back().structured_metadata;
  const auto found = all.find(name);
  return found == all.end() ? "<none>" : found->second;
}

double guarded(const PipelineRunner& runner, const std::string& name) {
  return runner.metrics().count("lokitail_cardinality_guarded_total label=" + name);
}

TEST_CASE("cardinality_guard lets so many values through", "[stage][cardinality_guard]") {
  const struct {
    std::string what;
    std::string keys;
    std::string label;
    std::string metadata;
  } rows[] = {
      {"metadata", "{labels: {a: 2}}", "<none>", "3"},
      {"metadata by name", "{labels: {a: 2}, action: metadata}", "<none>", "3"},
      {"drop", "{labels: {a: 2}, action: drop}", "<none>", "<none>"},
      {"replace", "{labels: {a: 2}, action: replace}", "__other__", "<none>"},
      {"replace by", "{labels: {a: 2}, replace: more}", "more", "<none>"},
      {"both", "{labels: {a: 2}, action: replace, replace: more}", "more", "<none>"},
      {"all labels", "{budget: 2}", "<none>", "3"},
      {"all others", "{budget: 1, labels: {a: 2}}", "<none>", "3"},
      {"enough for one", "{budget: 1, labels: {a: 3}}", "3", "<none>"},
      {"excluded", "{budget: 1, exclude: [a]}", "3", "<none>"},
      {"another label", "{labels: {b: 1}}", "3", "<none>"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    PipelineRunner runner(guarding(row.keys));
    for (const char* line : {"a=1", "a=2", "a=1", "a=3"}) runner.push(line);
    CHECK(label(runner, "a") == row.label);
    CHECK(metadata(runner, "a") == row.metadata);
    CHECK(label(runner, "job") == "t");
    CHECK(guarded(runner, "a") == (row.label == "3" ? 0 : 1));
    runner.push("a=1");
    CHECK(label(runner, "a") == "1");
  }
}

TEST_CASE("cardinality_guard counts the values of each label apart", "[stage][cardinality_guard]") {
  PipelineRunner runner(guarding("{budget: 2}"));
  runner.push("a=1 b=1");
  runner.push("a=2 b=1");
  runner.push("a=3 b=2");
  CHECK(label(runner, "a") == "<none>");
  CHECK(label(runner, "b") == "2");
  runner.push("a=4 b=3");
  CHECK(metadata(runner, "a") == "4");
  CHECK(metadata(runner, "b") == "3");
  CHECK(guarded(runner, "a") == 2);
  CHECK(guarded(runner, "b") == 1);
}

TEST_CASE("cardinality_guard leaves the agent's own labels alone", "[stage][cardinality_guard]") {
  PipelineRunner runner(guarding("{budget: 1}"));
  runner.push("__c__=1");
  runner.push("__c__=2");
  CHECK(label(runner, "__c__") == "2");
  PipelineRunner named(guarding("{labels: {__c__: 1}}"));
  named.push("__c__=1");
  named.push("__c__=2");
  CHECK(label(named, "__c__") == "<none>");
}

TEST_CASE("cardinality_guard keeps metadata that is there", "[stage][cardinality_guard]") {
  PipelineRunner runner(
      "- logfmt: {mapping: {a: , b: }}\n- labels: {a: }\n- structured_metadata: {a: b}\n"
      "- cardinality_guard: {labels: {a: 1}}\n");
  runner.push("a=1 b=x");
  runner.push("a=2 b=y");
  CHECK(label(runner, "a") == "<none>");
  CHECK(metadata(runner, "a") == "y");
}

TEST_CASE("cardinality_guard forgets values", "[stage][cardinality_guard]") {
  PipelineRunner runner(guarding("{labels: {a: 2}, window: 10s}"));
  const auto tick = [&](std::int64_t seconds) { runner.tick(kReadTime.plus_seconds(seconds)); };
  const auto passes = [&](const std::string& value) {
    runner.push("a=" + value);
    return label(runner, "a") == value;
  };
  tick(0);
  CHECK(passes("1"));
  CHECK(passes("2"));
  tick(9);
  CHECK_FALSE(passes("3"));
  SECTION("that were not seen for a window and another") {
    tick(10);
    CHECK_FALSE(passes("3"));
    CHECK(passes("1"));
    tick(19);
    CHECK_FALSE(passes("3"));
    tick(20);
    CHECK(passes("3"));  // 2 is forgotten
    CHECK_FALSE(passes("2"));
    CHECK(passes("1"));
  }
  SECTION("all of them after a long silence") {
    tick(1000);
    CHECK(passes("3"));
    CHECK(passes("4"));
    CHECK_FALSE(passes("1"));
  }
  SECTION("not early where the clock is set back") {
    tick(-1000);
    tick(-991);
    CHECK_FALSE(passes("3"));
    tick(-990);
    tick(-980);
    CHECK(passes("3"));
  }
}

TEST_CASE("cardinality_guard says so once for each label and window", "[stage][cardinality_guard]") {
  PipelineRunner runner(guarding("{budget: 1, window: 10s}"));
  const auto flood = [&] {
    for (int i = 0; i < 5; ++i) {
      runner.push("a=" + std::to_string(i) + " b=" + std::to_string(i));
    }
  };
  runner.tick(kReadTime);
  flood();
  CHECK(runner.told() ==
        std::vector<std::string>{"cardinality_guard: the label a has more than 1 values; further "
                                 "ones become structured metadata",
                                 "cardinality_guard: the label b has more than 1 values; further "
                                 "ones become structured metadata"});
  runner.tick(kReadTime.plus_seconds(10));
  flood();
  CHECK(runner.told().size() == 4);
}

TEST_CASE("cardinality_guard refuses", "[stage][cardinality_guard]") {
  const struct {
    std::string body;
    std::string message;
  } rows[] = {
      {"", "labels or budget is required"},
      {"{}", "labels or budget is required"},
      {"{labels: {}}", "labels or budget is required"},
      {"{labels: [a]}", "expected a mapping of labels to budgets"},
      {"{labels: {a: 0}}", "a budget must be above 0"},
      {"{labels: {a: }}", ""},
      {"{budget: -1}", "a budget must be above 0"},
      {"{budget: many}", ""},
      {"{labels: {a: 1}, exclude: [b]}", "exclude needs a budget"},
      {"{budget: 1, window: 0s}", "window must be above 0"},
      {"{budget: 1, window: soon}", ""},
      {"{budget: 1, action: remove}", "must be metadata, drop or replace, found remove"},
      {"{budget: 1, action: metdata}", R"(did you mean "metadata"?)"},
      {"{budget: 1, action: drop, replace: x}", "replace is for action: replace only"},
      {"{budget: 1, replace: ''}", "replace must not be empty"},
      {"{budgets: 1}", R"(did you mean "budget"?)"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    const std::string error = build_error("- cardinality_guard: " + row.body);
    CHECK_FALSE(error.empty());
    CHECK_THAT(error, Catch::Matchers::Contains(row.message));
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
