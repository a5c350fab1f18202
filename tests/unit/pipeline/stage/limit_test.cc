#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// A stage with a clock moved by hand.
class Limited {
 public:
  explicit Limited(const std::string& stage)
      : pipeline_(config::Node::parse("- limit: " + stage, "test.yaml"), context_, sink_) {}

  // How many of `count` lines pass.
  std::size_t push(std::size_t count, const TextMap& labels = {}) {
    const std::size_t before = sink_.entries.size();
    const PaddedText text("x");
    Labels target;
    for (const auto& [name, value] : labels) target.set(symbols_.intern(name), value);
    for (std::size_t i = 0; i < count; ++i) pipeline_.push(text.view(), now, target, nullptr);
    return sink_.entries.size() - before;
  }

  int dropped() { return metrics_.dropped()["ratelimit_drop_stage"]; }
  const std::vector<std::string>& warnings() const { return warnings_.texts(); }

  Timestamp now = kReadTime;

 private:
  SymbolTable symbols_;
  config::Warnings warnings_;
  CountingMetrics metrics_;
  StageContext context_{symbols_, warnings_, metrics_, [this] { return now; }};
  CollectingSink sink_{symbols_};
  Pipeline pipeline_;
};

TEST_CASE("limit drops what comes too fast", "[stage][limit]") {
  Limited limited("{rate: 10, burst: '5', drop: true}");
  CHECK(limited.push(8) == 5);
  CHECK(limited.dropped() == 3);
  limited.now = limited.now.plus_nanoseconds(250'000'000);
  CHECK(limited.push(8) == 2);
  limited.now = limited.now.plus_nanoseconds(50'000'000);
  CHECK(limited.push(8) == 1);  // half a token was left
  limited.now = limited.now.plus_seconds(3600);
  CHECK(limited.push(8) == 5);
  limited.now = limited.now.plus_seconds(-7200);
  CHECK(limited.push(8) == 0);
  limited.now = limited.now.plus_seconds(1);
  CHECK(limited.push(8) == 5);
}

TEST_CASE("limit by label", "[stage][limit]") {
  Limited limited("{rate: 1, burst: 2, drop: true, by_label_name: app}");
  CHECK(limited.push(3, {{"app", "a"}}) == 2);
  CHECK(limited.push(3, {{"app", "b"}}) == 2);
  CHECK(limited.push(3, {{"other", "a"}}) == 3);
  CHECK(limited.push(3, {{"app", "a"}, {"other", "x"}}) == 0);
  CHECK(limited.dropped() == 5);
}

TEST_CASE("limit forgets labels that are not used", "[stage][limit]") {
  Limited limited(
      "{rate: 0.001, burst: 1, drop: true, by_label_name: app, max_distinct_labels: 5}");
  CHECK(limited.warnings().size() == 1);
  const auto push_others = [&limited](int from) {
    for (int i = from; i < from + 10'000; ++i) limited.push(1, {{"app", std::to_string(i)}});
  };
  CHECK(limited.push(2, {{"app", "a"}}) == 1);
  push_others(0);
  CHECK(limited.push(1, {{"app", "a"}}) == 0);  // as old as it may be; and used again
  push_others(10'000);
  CHECK(limited.push(1, {{"app", "a"}}) == 0);
  push_others(20'000);
  push_others(30'000);
  CHECK(limited.push(1, {{"app", "a"}}) == 1);
}

TEST_CASE("limit refuses", "[stage][limit]") {
  for (const std::string body :
       {"", "{rate: 1}", "{burst: 1}", "{rate: 0, burst: 1}", "{rate: -1, burst: 1}",
        "{rate: 1, burst: -1}", "{rate: .nan, burst: 1}", "{rate: fast, burst: 1}",
        "{rate: 1, burst: 1, by_label_name: app}"}) {
    INFO(body);
    CHECK_FALSE(build_error("- limit: " + body).empty());
  }
  CHECK(build_error("- limit: {rate: 1, burst: 1}") ==
        "test.yaml:1:10: limit stage: waiting (`drop: false`) is not supported by lokitail yet");
}

}  // namespace
}  // namespace lokitail::pipeline::test
