#include "agent/worker.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/telemetry/metrics.h"
#include "tests/support/wait.h"

namespace lokitail::agent {
namespace {

using test::eventually;
using test::Stopwatch;
using namespace std::chrono_literals;

// Has so many lines to say, all in one block: as a file does, it leaves to a later turn what is not
// wanted in this one.
class LineSource final : public Source {
 public:
  LineSource(std::string job, int lines) : job_(std::move(job)), lines_(lines) {
    std::memset(text_, 'x', sizeof text_);
  }

  void attach(Worker& worker) override { pipeline_ = &worker.pipeline(job_); }
  pipeline::Pipeline* pipeline() override { return pipeline_; }
  Turn take_turn(Worker& worker) override {
    ++turns;
    while (pushed < lines_) {
      pipeline_->push({text_, 8}, worker.now(), {}, nullptr);
      ++pushed;
      if (worker.wants_pause(*pipeline_)) return Turn::kMore;
    }
    return Turn::kIdle;
  }

  std::atomic<int> pushed = 0;
  std::atomic<int> turns = 0;

 private:
  const std::string job_;
  const int lines_;
  char text_[8 + pipeline::kTextPadding];
  pipeline::Pipeline* pipeline_ = nullptr;
};

using Jobs = std::map<std::string, std::string>;  // the stages of each, as YAML

class Working final : public BatcherEvents {
 public:
  explicit Working(const Jobs& jobs, std::optional<pipeline::LineRate> limit = {}) {
    WorkerConfig config;
    for (const auto& [name, stages] : jobs) {
      config.jobs.push_back({name, config::Node::parse(stages, "test.yaml")});
    }
    config.line_limit = limit;
    config.line_limit_drops = false;
    worker_ = std::make_unique<Worker>(config, *this, metrics_, warnings_, budget_);
    worker_->start();
  }
  ~Working() override { worker_->stop(); }

  std::shared_ptr<LineSource> add(const std::string& job, int lines) {
    auto source = std::make_shared<LineSource>(job, lines);
    worker_->add(source);
    return source;
  }

  // Whether all that is waiting is done when it is asked to.
  bool drains() {
    const auto drained = std::make_shared<std::atomic<bool>>(false);
    worker_->drain([drained] { *drained = true; });
    return eventually([&] { return drained->load(); });
  }

  Worker& worker() { return *worker_; }

 private:
  void push_ready(std::size_t, std::unique_ptr<Push>) override {}
  void entry_dropped(std::size_t, const std::string&, const char*, std::size_t) override {}
  void entry_mutated(std::size_t, const std::string&, const char*, std::size_t) override {}
  void entries_taken(std::size_t, std::size_t, std::size_t) override {}

  Metrics metrics_;
  config::Warnings warnings_;
  Budget budget_{1 << 20};
  std::unique_ptr<Worker> worker_;
};

const std::string kTwoAtOnce = "- limit: {rate: 0.001, burst: 2}";

TEST_CASE("a job that waits holds back its own sources and no other's") {
  const int variant = GENERATE(0, 1);
  const std::string stages =
      variant == 0
          ? kTwoAtOnce
          : "- match:\n    selector: '{a=\"\"}'\n    stages: [{limit: {rate: 0.001, burst: 2}}]";
  Working working(Jobs{{"slow", stages}, {"fast", ""}});
  const auto slow = working.add("slow", 100);
  INFO(stages);
  REQUIRE(eventually([&] { return slow->pushed == 2; }));
  const auto also_slow = working.add("slow", 100);
  const auto fast = working.add("fast", 1000);
  REQUIRE(eventually([&] { return fast->pushed == 1000; }));
  // Waking it changes nothing.
  working.worker().wake(*slow);
  working.worker().wake(*also_slow);
  const auto later = working.add("fast", 1000);
  REQUIRE(eventually([&] { return later->pushed == 1000; }));
  CHECK(slow->pushed == 2);
  CHECK(also_slow->pushed == 0);
  CHECK(working.drains());
}

TEST_CASE("a pause is over when there is room again, and sources take turns") {
  Working working(Jobs{{"slow", "- limit: {rate: 5, burst: 1}"}});
  Stopwatch watch;
  const auto one = working.add("slow", 3);
  const auto two = working.add("slow", 3);
  // Neither waits until the other is done.
  REQUIRE(eventually([&] { return one->pushed > 0 && two->pushed > 0; }));
  CHECK(one->pushed + two->pushed < 6);
  REQUIRE(eventually([&] { return one->pushed == 3 && two->pushed == 3; }));
  CHECK(watch.elapsed() >= 900ms);  // the first at once, five more in a second
  CHECK(working.drains());
}

TEST_CASE("the limit on lines of all jobs holds back all sources") {
  Working working(Jobs{{"a", ""}, {"b", ""}}, pipeline::LineRate{0.001, 3});
  const auto a = working.add("a", 100);
  const auto b = working.add("b", 100);
  REQUIRE(eventually([&] { return a->pushed + b->pushed == 3; }));
  CHECK(test::stays([&] { return a->pushed + b->pushed == 3; }, 50ms));
  CHECK(working.drains());
}

TEST_CASE("the limit on lines of all jobs lets them go on in time") {
  Working working(Jobs{{"a", ""}}, pipeline::LineRate{1000, 1});
  Stopwatch watch;
  const auto a = working.add("a", 400);
  REQUIRE(eventually([&] { return a->pushed == 400; }));
  CHECK(watch.elapsed() >= 250ms);
  CHECK(a->turns < 40);  // not one for each line
}

}  // namespace
}  // namespace lokitail::agent
