#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("labels takes extracted values", "[stage][labels]") {
  const struct {
    std::string what;
    std::string labels;
    std::string line;  // a value for "v"
    TextMap target;
    TextMap want;
  } rows[] = {
      {"null is the label's own name", "{v: }", "v=info", {{"job", "t"}}, {{"job", "t"}, {"v", "info"}}},
      {"so is the empty text", "{v: ''}", "v=info", {}, {{"v", "info"}}},
      {"renamed", "{severity: v}", "v=info", {}, {{"severity", "info"}}},
      {"one source, two labels", "{v: , w: v}", "v=a", {}, {{"v", "a"}, {"w", "a"}}},
      {"missing source keeps the label", "{env: gone}", "v=a", {{"env", "p"}}, {{"env", "p"}}},
      {"overwrites", "{env: v}", "v=a", {{"env", "p"}}, {{"env", "a"}}},
      {"empty value overwrites", "{env: v}", "v=", {{"env", "p"}}, {{"env", ""}}},
      {"target label as source", "{copy: env}", "v=a", {{"env", "p"}}, {{"env", "p"}, {"copy", "p"}}},
      {"UTF-8", "{v: }", "v=é日😀", {}, {{"v", "é日😀"}}},
      {"not UTF-8", "{v: }", "v=a\xFF", {{"v", "old"}}, {{"v", "old"}}},
      {"surrogate is not UTF-8", "{v: }", "v=\xED\xA0\x80", {}, {}},
      {"reserved name is set", "{__v: v}", "v=a", {}, {{"__v", "a"}}},
      {"null body", "", "v=a", {{"job", "t"}}, {{"job", "t"}}},
      {"empty body", "{}", "v=a", {{"job", "t"}}, {{"job", "t"}}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const std::string stages = "- regex: {expression: '(?s)v=(?P<v>.*)'}\n- labels: " + row.labels;
    const auto entries = run_pipeline(stages, {row.line}, row.target);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].labels == row.want);
    CHECK(entries[0].line == row.line);
  }
}

TEST_CASE("a label does not follow later changes of its source", "[stage][labels]") {
  const auto entries = run_pipeline(R"(
- regex: {expression: '^(?P<k>\w)'}
- labels: {k: }
- regex: {expression: '(?P<k>\w)$'}
- labels: {last: k}
)",
                                    {"ab"}, {});
  CHECK(entries.at(0).labels == TextMap{{"k", "a"}, {"last", "b"}});
}

TEST_CASE("labels of one line do not reach the next", "[stage][labels]") {
  const auto entries =
      run_pipeline("- regex: {expression: 'v=(?P<v>.+)'}\n- labels: {v: }", {"v=a", "x", "v=b"}, {});
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].labels == TextMap{{"v", "a"}});
  CHECK(entries[1].labels.empty());
  CHECK(entries[2].labels == TextMap{{"v", "b"}});
}

TEST_CASE("labels configurations that are refused", "[stage][labels]") {
  const struct {
    std::string labels;
    std::string want;
  } rows[] = {
      {"{a.b: x}", "test.yaml:1:12: invalid label name: a.b"},
      {"{a b: x}", "test.yaml:1:12: invalid label name: a b"},
      {"{1: x}", "test.yaml:1:12: invalid label name: 1"},
      {"{é: x}", "test.yaml:1:12: invalid label name: é"},
      {"{'': x}", "test.yaml:1:12: invalid label name: "},
      {"{a: 1}", "test.yaml:1:15: expected a string"},
      {"{a: [b]}", "test.yaml:1:15: expected a string"},
      {"[a, b]", "test.yaml:1:11: labels stage: expected a mapping"},
      {"a", "test.yaml:1:11: labels stage: expected a mapping"},
  };
  for (const auto& row : rows) {
    INFO(row.labels);
    CHECK_THAT(build_error("- labels: " + row.labels), Catch::Matchers::StartsWith(row.want));
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
