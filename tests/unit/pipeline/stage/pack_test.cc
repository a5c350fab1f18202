#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("pack wraps the line", "[stage][pack]") {
  const std::string extract = "- regex: {expression: '(?P<b>b\\S*) (?P<a>\\S*)'}\n";
  const struct {
    std::string what;
    std::string stages;
    std::string line;
    std::string want;
    TextMap labels;
  } rows[] = {
      {"nothing", "- pack:", "x", R"({"_entry":"x"})", {{"job", "t"}}},
      {"empty line", "- pack: {labels: []}", "", R"({"_entry":""})", {{"job", "t"}}},
      {"a label", "- pack: {labels: [job]}", "x", R"({"job":"t","_entry":"x"})", {}},
      {"a single name", "- pack: {labels: job}", "x", R"({"job":"t","_entry":"x"})", {}},
      {"twice", "- pack: {labels: [job, job]}", "x", R"({"job":"t","_entry":"x"})", {}},
      {"missing", "- pack: {labels: [nope]}", "x", R"({"_entry":"x"})", {{"job", "t"}}},
      {"in order",
       extract + "- pack: {labels: [b, a]}",
       "b< a\"",
       R"({"a":"a\"","b":"b\u003c","_entry":"b\u003c a\""})",
       {{"job", "t"}}},
      {"no label of that name",
       "- static_labels: {x: v}\n- pack: {labels: [x]}",
       "l",
       R"({"_entry":"l"})",
       {{"job", "t"}, {"x", "v"}}},
      {"no UTF-8", "- pack:", "\xFF", R"({"_entry":"\ufffd"})", {{"job", "t"}}},
      {"null",
       "- json: {expressions: {a: }}\n- pack: {labels: [a]}",
       "{}",
       R"({"_entry":"{}"})",
       {{"job", "t"}}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline(row.stages, {row.line});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].line == row.want);
    CHECK(entries[0].labels == row.labels);
  }
}

TEST_CASE("pack's line can be worked on", "[stage][pack]") {
  const auto entries = run_pipeline(
      "- pack:\n- json: {expressions: {x: _entry}}\n- pack:\n- output: {source: x}", {"a \"b\""});
  CHECK(entries[0].line == "a \"b\"");
}

TEST_CASE("pack sets the time", "[stage][pack]") {
  const auto time_of = [](const std::string& stage) {
    PipelineRunner runner(stage);
    runner.push("x", nullptr, Timestamp{1, 0});
    return runner.entries().at(0).timestamp;
  };
  CHECK(time_of("- pack:") == kReadTime);  // the time of the runner's clock
  CHECK(time_of("- pack: {ingest_timestamp: 1}") == kReadTime);
  CHECK(time_of("- pack: {ingest_timestamp: }") == kReadTime);
  CHECK(time_of("- pack: {ingest_timestamp: 'false'}") == Timestamp{1, 0});
}

TEST_CASE("pack refuses", "[stage][pack]") {
  CHECK_FALSE(build_error("- pack: {labels: {a: b}}").empty());
  CHECK_FALSE(build_error("- pack: {labels: [[a]]}").empty());
  CHECK_FALSE(build_error("- pack: {ingest_timestamp: maybe}").empty());
  CHECK(build_error("- pack: {labels: {}}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
