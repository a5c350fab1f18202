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
  explicit Working(const Jobs& jobs, std::optional<pipeline::LineRate> limit = {},
                   std::optional<pipeline::LineRate> target_limit = {}) {
    WorkerConfig config;
    for (const auto& [name, stages] : jobs) {
      config.jobs.push_back({name, config::Node::parse(stages, "test.yaml")});
    }
    config.limits.lines = limit;
    config.limits.lines_drop = false;
    config.limits.lines_of_target = target_limit;
    config.hits = &metrics_.limits();
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
      variant == 0 ? kTwoAtOnce
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

// Counts what it sees.
class CountingWatcher final : public EntryWatcher {
 public:
  void begin(pipeline::SymbolTable&) override { begun = true; }
  void saw(const std::string& job, Point point, const pipeline::Entry& entry) override {
    if (job != "a" || entry.line != "xxxxxxxx") strange = true;
    ++(point == Point::kBefore ? before : after);
  }

  std::atomic<bool> begun = false, strange = false;
  std::atomic<int> before = 0, after = 0;
};

TEST_CASE("who watches a worker sees entries before and behind the stages, and no longer than that") {
  Working working(Jobs{{"a", "- drop: {expression: 'x', longer_than: 1000}\n- sampling: {rate: 1}"}});
  const auto first = std::make_shared<CountingWatcher>();
  const auto second = std::make_shared<CountingWatcher>();
  const auto unseen = working.add("a", 5);
  REQUIRE(eventually([&] { return unseen->pushed == 5; }));
  working.worker().watch(first);
  working.worker().watch(second);
  working.add("a", 7);
  CHECK(eventually([&] { return first->after == 7 && second->after == 7; }));
  working.worker().unwatch(second);
  working.add("a", 3);
  CHECK(eventually([&] { return first->after == 10; }));
  CHECK(first->before == 10);
  CHECK(second->before == 7);
  CHECK_FALSE(first->strange);
  working.worker().unwatch(first);
  const auto last = working.add("a", 4);
  CHECK(eventually([&] { return last->pushed == 4; }));
  CHECK(working.drains());
  CHECK(first->before == 10);
  CHECK(first.use_count() == 1);  // the worker has let go of it
}

TEST_CASE("the limit on lines of all jobs holds back all sources") {
  Working working(Jobs{{"a", ""}, {"b", ""}}, pipeline::LineRate{0.001, 3});
  const auto a = working.add("a", 100);
  const auto b = working.add("b", 100);
  REQUIRE(eventually([&] { return a->pushed + b->pushed == 3; }));
  CHECK(test::stays([&] { return a->pushed + b->pushed == 3; }, 50ms));
  CHECK(working.drains());
}

TEST_CASE("a limit for each target holds back the one that is over it, and no other") {
  Working working(Jobs{{"a", ""}, {"b", "- sampling: {rate: 1}"}}, {}, pipeline::LineRate{0.001, 3});
  const auto noisy = working.add("a", 100);
  const auto other = working.add("a", 2);
  const auto third = working.add("b", 100);
  REQUIRE(eventually([&] { return noisy->pushed == 3 && other->pushed == 2 && third->pushed == 3; }));
  CHECK(test::stays([&] { return noisy->pushed == 3 && third->pushed == 3; }, 50ms));
  CHECK(working.drains());
}

TEST_CASE("a limit for each target lets them go on in time, also while somebody watches") {
  Working working(Jobs{{"a", ""}}, {}, pipeline::LineRate{1000, 1});
  const auto watcher = std::make_shared<CountingWatcher>();
  working.worker().watch(watcher);
  REQUIRE(eventually([&] { return watcher->begun.load(); }));
  Stopwatch watch;
  const auto a = working.add("a", 400);
  const auto b = working.add("a", 400);
  REQUIRE(eventually([&] { return a->pushed == 400 && b->pushed == 400; }));
  CHECK(watch.elapsed() >= 250ms);
  CHECK(watch.elapsed() < 5s);
  CHECK(a->turns < 40);
  CHECK(watcher->before == 800);
  CHECK(watcher->after == 800);
}

TEST_CASE("a limit for each target that is changed while a source's time comes") {
  Working working(Jobs{{"a", ""}}, {}, pipeline::LineRate{100, 1});
  const auto source = working.add("a", 1'000'000);
  for (int i = 0; i < 5; ++i) {
    const int pushed = source->pushed;
    REQUIRE(eventually([&] { return source->pushed > pushed; }));
    // Nothing is looked at before the source's time has come, and then all at once.
    std::atomic<bool> sleeps = false;
    working.worker().post([&sleeps] {
      sleeps = true;
      std::this_thread::sleep_for(200ms);
    });
    REQUIRE(eventually([&] { return sleeps.load(); }));
    working.worker().change_limits({.lines_of_target = pipeline::LineRate{100, 1}});
  }
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
