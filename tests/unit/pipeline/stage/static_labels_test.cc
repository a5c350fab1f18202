#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("static_labels sets fixed values", "[stage][static_labels]") {
  const struct {
    std::string what;
    std::string labels;
    TextMap want;
  } rows[] = {
      {"adds", "{env: prod, team: core}", {{"job", "t"}, {"env", "prod"}, {"team", "core"}}},
      {"overwrites", "{job: other}", {{"job", "other"}}},
      {"empty value is left out", "{job: '', a: b}", {{"job", "t"}, {"a", "b"}}},
      {"null value is left out", "{job: , a: b}", {{"job", "t"}, {"a", "b"}}},
      {"blank is a value", "{a: ' '}", {{"job", "t"}, {"a", " "}}},
      {"values are not sources", "{a: job}", {{"job", "t"}, {"a", "job"}}},
      {"any UTF-8 is a name",
       "{a.b: x, 1-a: w, é: z}",
       {{"job", "t"}, {"a.b", "x"}, {"1-a", "w"}, {"é", "z"}}},
      {"empty body", "{}", {{"job", "t"}}},
      {"null body", "", {{"job", "t"}}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline("- static_labels: " + row.labels, {"line"});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].labels == row.want);
    CHECK(entries[0].extracted == TextMap{{"job", "t"}});
  }
}

TEST_CASE("static_labels configurations that are refused", "[stage][static_labels]") {
  const struct {
    std::string labels;
    std::string want;
  } rows[] = {
      {"{v: 5}", "test.yaml:1:22: expected a string"},
      {"{v: true}", "test.yaml:1:22: expected a string"},
      {"{v: [a]}", "test.yaml:1:22: expected a string"},
      {"{'': a}", "test.yaml:1:19: invalid label name: "},
      {"[a]", "test.yaml:1:18: static_labels stage: expected a mapping"},
      {"a", "test.yaml:1:18: static_labels stage: expected a mapping"},
  };
  for (const auto& row : rows) {
    INFO(row.labels);
    CHECK_THAT(build_error("- static_labels: " + row.labels), Catch::Matchers::StartsWith(row.want));
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
