#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

std::size_t kept_of_10000(const std::string& stage) {
  PipelineRunner runner(stage);
  for (int i = 0; i < 10'000; ++i) runner.push("x");
  return runner.entries().size();
}

TEST_CASE("sampling keeps a share of the lines", "[stage][sampling]") {
  CHECK(kept_of_10000("- sampling: {rate: 1}") == 10'000);
  CHECK(kept_of_10000("- sampling: {rate: true}") == 10'000);
  CHECK(kept_of_10000("- sampling: {rate: 0}") == 0);
  CHECK(kept_of_10000("- sampling:") == 0);
  // More than ten standard deviations.
  CHECK(kept_of_10000("- sampling: {rate: 0.5}") == Approx(5'000).margin(600));
  CHECK(kept_of_10000("- sampling: {rate: '0.1'}") == Approx(1'000).margin(400));
}

TEST_CASE("sampling counts", "[stage][sampling]") {
  PipelineRunner runner("- sampling: {rate: 0}");
  runner.push("x");
  CHECK(runner.dropped() == std::map<std::string, int>{{"sampling_stage", 1}});
  PipelineRunner named("- sampling: {rate: 0, drop_counter_reason: chatty}");
  named.push("x");
  CHECK(named.dropped() == std::map<std::string, int>{{"chatty", 1}});
}

TEST_CASE("sampling says when it drops all", "[stage][sampling]") {
  CHECK(PipelineRunner("- sampling: {}").warnings() ==
        std::vector<std::string>{"test.yaml:1:13: sampling stage: without a rate every line is dropped"});
  CHECK(PipelineRunner("- sampling: {rate: 0}").warnings().empty());
}

TEST_CASE("sampling refuses", "[stage][sampling]") {
  for (const std::string rate : {"-0.1", "1.1", ".nan", "50%"}) {
    CHECK_FALSE(build_error("- sampling: {rate: " + rate + "}").empty());
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
