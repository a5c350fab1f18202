#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("output replaces the line", "[stage][output]") {
  const struct {
    std::string what;
    std::string source;
    std::string line;
    std::string want;
  } rows[] = {
      {"part of the line", "v", "v=a b", "a b"},
      {"missing value", "nope", "v=a", "v=a"},
      {"empty value", "v", "v=", ""},
      {"target label", "job", "v=a", "t"},
      {"not UTF-8", "v",
       "v=a\xFF"
       "b",
       "a\xFF"
       "b"},
      {"blanks and newlines", "v", "v= a\n ", " a\n "},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline(
        "- regex: {expression: '(?s)v=(?P<v>.*)'}\n- output: {source: " + row.source + "}", {row.line});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].line == row.want);
    CHECK(entries[0].labels == TextMap{{"job", "t"}});
  }
}

TEST_CASE("the new line is what later stages see", "[stage][output]") {
  const auto entries = run_pipeline(R"(
- regex: {expression: 'm=(?P<m>\w+)'}
- output: {source: m}
- regex: {expression: '^(?P<w>\w+)$'}
- labels: {w: }
)",
                                    {"x m=word y"}, {});
  CHECK(entries.at(0).line == "word");
  CHECK(entries.at(0).labels == TextMap{{"w", "word"}});
}

TEST_CASE("output configurations that are refused", "[stage][output]") {
  CHECK_THAT(build_error("- output:"), Catch::Matchers::Contains("\"source\" is required"));
  CHECK_THAT(build_error("- output: {}"), Catch::Matchers::Contains("\"source\" is required"));
  CHECK_THAT(build_error("- output: {source: ''}"),
             Catch::Matchers::StartsWith("test.yaml:1:20: empty source"));
  CHECK_THAT(build_error("- output: {source: [a]}"),
             Catch::Matchers::StartsWith("test.yaml:1:20: expected a string"));
}

}  // namespace
}  // namespace lokitail::pipeline::test
