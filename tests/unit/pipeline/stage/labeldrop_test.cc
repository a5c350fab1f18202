#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

const TextMap kLabeldropLabels = {{"job", "t"}, {"env", "prod"}, {"dc", "x1"}};

TEST_CASE("labeldrop removes what it lists", "[stage][labeldrop]") {
  const struct {
    std::string what;
    std::string names;
    TextMap want;
  } rows[] = {
      {"unknown names do nothing", "[nope, env]", {{"job", "t"}, {"dc", "x1"}}},
      {"literal and by letter case", "[ENV, d.*]", kLabeldropLabels},
      {"name twice", "[env, env]", {{"job", "t"}, {"dc", "x1"}}},
      {"names that no label can have", "[not a label, a-b]", kLabeldropLabels},
      {"all", "[job, env, dc]", {}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline("- labeldrop: " + row.names, {"line"}, kLabeldropLabels);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].labels == row.want);
    CHECK(entries[0].extracted == kLabeldropLabels);
  }
}

TEST_CASE("labeldrop configurations that are refused", "[stage][labeldrop]") {
  CHECK_THAT(build_error("- labeldrop: []"),
             Catch::Matchers::StartsWith("test.yaml:1:14: labeldrop stage config cannot be empty"));
  CHECK_THAT(build_error("- labeldrop:"), Catch::Matchers::Contains("cannot be empty"));
  CHECK_THAT(build_error("- labeldrop: {env: }"), Catch::Matchers::Contains("expected a list"));
  CHECK_THAT(build_error("- labeldrop: env"), Catch::Matchers::Contains("expected a list"));
  CHECK_THAT(build_error("- labeldrop: [1]"),
             Catch::Matchers::StartsWith("test.yaml:1:15: expected a string"));
}

}  // namespace
}  // namespace lokitail::pipeline::test
