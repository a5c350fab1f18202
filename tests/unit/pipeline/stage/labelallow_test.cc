#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

const TextMap kTarget = {{"job", "t"}, {"env", "prod"}, {"dc", "x1"}};

TEST_CASE("labelallow keeps what it lists", "[stage][labelallow]") {
  const struct {
    std::string what;
    std::string names;
    TextMap want;
  } rows[] = {
      {"several", "[job, dc]", {{"job", "t"}, {"dc", "x1"}}},
      {"unknown names only", "[nope]", {}},
      {"literal and by letter case", "[JOB, d.*, env]", {{"env", "prod"}}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline("- labelallow: " + row.names, {"line"}, kTarget);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].labels == row.want);
    CHECK(entries[0].extracted == kTarget);
  }
}

TEST_CASE("labelallow leaves what comes later", "[stage][labelallow]") {
  const auto entries = run_pipeline("- labelallow: [job]\n- static_labels: {env: later}", {"line"}, kTarget);
  CHECK(entries.at(0).labels == TextMap{{"job", "t"}, {"env", "later"}});
}

TEST_CASE("labelallow configurations that are refused", "[stage][labelallow]") {
  CHECK_THAT(build_error("- labelallow: []"),
             Catch::Matchers::StartsWith("test.yaml:1:15: labelallow stage config cannot be empty"));
  CHECK_THAT(build_error("- labelallow:"), Catch::Matchers::Contains("cannot be empty"));
  CHECK_THAT(build_error("- labelallow: {env: }"), Catch::Matchers::Contains("expected a list"));
}

}  // namespace
}  // namespace lokitail::pipeline::test
