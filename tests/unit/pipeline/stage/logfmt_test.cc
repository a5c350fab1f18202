#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("logfmt extracts what is mapped", "[stage][logfmt]") {
  const struct {
    std::string what;
    std::string stages;
    std::string line;
    TextMap want;
  } rows[] = {
      {"renamed", "- logfmt: {mapping: {lvl: level}}", "level=warn lvl=x", {{"lvl", "warn"}}},
      {"same name",
       "- logfmt: {mapping: {level: , msg: ''}}",
       R"(level=warn msg="a \"b\"" other=1)",
       {{"level", "warn"}, {"msg", "a \"b\""}}},
      {"one key, two names", "- logfmt: {mapping: {a: k, b: k}}", "k=1", {{"a", "1"}, {"b", "1"}}},
      {"the last counts", "- logfmt: {mapping: {a: }}", "a=1 a=2", {{"a", "2"}}},
      {"missing", "- logfmt: {mapping: {a: }}", "b=1", {}},
      {"before an error", "- logfmt: {mapping: {a: , b: }}", "a=1 =2 b=3", {{"a", "1"}}},
      {"keys by letter case", "- logfmt: {mapping: {a: K}}", "k=1 K=2", {{"a", "2"}}},
      {"source",
       "- regex: {expression: '<(?P<s>.*)>'}\n- logfmt: {mapping: {a: }, source: s}",
       "a=0 <a=1>",
       {{"a", "1"}, {"s", "a=1"}}},
      {"source is missing", "- logfmt: {mapping: {a: }, source: s}", "a=0", {}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline(row.stages, {row.line}, {});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].extracted == row.want);
    CHECK(entries[0].line == row.line);
  }
}

TEST_CASE("logfmt refuses", "[stage][logfmt]") {
  CHECK(build_error("- logfmt: {}") == "test.yaml:1:11: logfmt stage: \"mapping\" is required");
  CHECK(build_error("- logfmt: {mapping: {}}") == "test.yaml:1:21: logfmt mapping is required");
  CHECK(build_error("- logfmt: {mapping: [a]}") ==
        "test.yaml:1:21: expected a mapping of names to logfmt keys, found a list");
  CHECK_FALSE(build_error("- logfmt: {mapping: {a: 1}}").empty());
  CHECK(build_error("- logfmt: {mapping: {a: }, source: ''}") == "test.yaml:1:36: empty source");
}

}  // namespace
}  // namespace lokitail::pipeline::test
