#include <catch2/catch.hpp>

#include <chrono>
#include <utility>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// A stage with a clock moved by hand.
class Limited {
 public:
  explicit Limited(const std::string& stage, const std::string& before = "- ")
      : pipeline_(config::Node::parse(before + "limit: " + stage, "test.yaml"), context_, sink_) {}

  // How many of `count` lines pass.
  std::size_t push(std::size_t count, const TextMap& labels = {}) {
    const std::size_t before = sink_.entries.size();
    const PaddedText text("x");
    Labels target;
    for (const auto& [name, value] : labels) target.set(symbols_.intern(name), value);
    for (std::size_t i = 0; i < count; ++i) pipeline_.push(text.view(), now, target, nullptr);
    return sink_.entries.size() - before;
  }

  // How long reading has to pause after up to `count` lines, and how many of them came first.
  std::pair<std::size_t, std::chrono::nanoseconds> push_until_pause(std::size_t count) {
    const PaddedText text("x");
    std::size_t pushed = 0;
    while (pushed < count && pipeline_.pause().count() == 0) {
      pipeline_.push(text.view(), now, Labels(), nullptr);
      ++pushed;
    }
    return {pushed, pipeline_.pause()};
  }

  bool may_pause() const { return pipeline_.may_pause(); }
  std::map<std::string, double> exposed() const { return test::exposed(metrics_, now); }
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
  Limited limited("{rate: 0.001, burst: 1, drop: true, by_label_name: app, max_distinct_labels: 5}");
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

TEST_CASE("limit counts what it drops by label", "[stage][limit]") {
  Limited limited("{rate: 0.001, burst: 1, drop: true, by_label_name: app}");
  using Samples = std::map<std::string, double>;
  const auto sample = [](const std::string& value) {
    return R"(logentry_dropped_lines_by_label_total{label_name="app",label_value=")" + value + "\"}";
  };
  limited.push(3, {{"app", "a"}});
  limited.push(1, {{"app", "b"}});
  limited.push(2, {{"app", "c \"d\""}, {"other", "x"}});
  limited.push(5, {{"other", "x"}});
  CHECK(limited.exposed() == Samples{{sample("a"), 2}, {sample("c \\\"d\\\""), 1}});
  // When the young generation turns old, the count begins anew.
  for (int i = 0; i < 9'997; ++i) limited.push(1, {{"app", std::to_string(i)}});
  CHECK(limited.exposed().size() == 2);
  limited.push(1, {{"app", "one more"}});
  CHECK(limited.exposed().empty());
  limited.push(1, {{"app", "a"}});
  CHECK(limited.exposed() == Samples{{sample("a"), 1}});
}

TEST_CASE("limit without drop asks for a pause", "[stage][limit]") {
  using namespace std::chrono_literals;
  using Pushed = std::pair<std::size_t, std::chrono::nanoseconds>;
  const bool nested = GENERATE(false, true);
  Limited limited("{rate: 2, burst: 3}",
                  nested ? "- match:\n    selector: '{app=~\"\"}'\n    stages:\n    - " : "- ");
  CHECK(limited.may_pause());
  CHECK(limited.push_until_pause(10) == Pushed{3, 500ms});
  CHECK(limited.push_until_pause(10) == Pushed{0, 500ms});
  limited.now = limited.now.plus_nanoseconds(250'000'000);
  CHECK(limited.push_until_pause(10) == Pushed{0, 250ms});
  limited.now = limited.now.plus_nanoseconds(250'000'000);
  CHECK(limited.push_until_pause(10) == Pushed{1, 500ms});
  // Lines that come all the same are taken and paid back.
  CHECK(limited.push(4) == 4);
  CHECK(limited.push_until_pause(10) == Pushed{0, 2500ms});
  // A clock that is set back costs no more than the time since.
  limited.now = limited.now.plus_seconds(-3600);
  CHECK(limited.push_until_pause(10) == Pushed{0, 2500ms});
  limited.now = limited.now.plus_seconds(3600);
  CHECK(limited.push_until_pause(10) == Pushed{3, 500ms});
  CHECK(limited.dropped() == 0);
}

TEST_CASE("limit takes a tenth of a second's lines in advance", "[stage][limit]") {
  using namespace std::chrono_literals;
  Limited limited("{rate: 10000, burst: 1}");
  const auto [pushed, pause] = limited.push_until_pause(100'000);
  CHECK(pushed == 1001);
  CHECK(pause >= 100ms);
  CHECK(pause <= 101ms);
  limited.now = limited.now.plus_nanoseconds(pause.count());
  CHECK(limited.push_until_pause(100'000).first == 1001);
}

TEST_CASE("limit with drop never pauses", "[stage][limit]") {
  Limited limited("{rate: 1, burst: 1, drop: true}");
  CHECK_FALSE(limited.may_pause());
  limited.push(5);
  CHECK(limited.push_until_pause(5).second.count() == 0);
}

TEST_CASE("limit refuses", "[stage][limit]") {
  for (const std::string body :
       {"", "{rate: 1}", "{burst: 1}", "{rate: 0, burst: 1}", "{rate: -1, burst: 1}", "{rate: 1, burst: -1}",
        "{rate: .nan, burst: 1}", "{rate: fast, burst: 1}", "{rate: 1, burst: 1, by_label_name: app}"}) {
    INFO(body);
    CHECK_FALSE(build_error("- limit: " + body).empty());
  }
  CHECK(build_error("- limit: {rate: 1, burst: 1}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
