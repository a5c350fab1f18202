#include "agent/workers.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/telemetry/metrics.h"
#include "tests/support/wait.h"

namespace lokitail::agent {
namespace {

using test::eventually;
using namespace std::chrono_literals;

// Has so many turns when it is woken, and goes wherever it is wanted once it is settled.
class MovingSource final : public Source {
 public:
  explicit MovingSource(std::string job, int turns = 0) : job_(std::move(job)), wanted(turns) {}

  void attach(Worker& worker) override {
    pipeline_ = &worker.pipeline(job_);
    at = &worker;
    ++attached;
  }
  pipeline::Pipeline* pipeline() override { return pipeline_; }
  Turn take_turn(Worker& worker) override {
    if (&worker != at) strayed = true;
    if (ends) return Turn::kFinished;
    if (wanted == 0) return Turn::kIdle;
    ++taken;
    return --wanted == 0 ? Turn::kIdle : Turn::kMore;
  }
  bool may_move() const override { return true; }
  bool is_settled() const override { return settled; }
  void detach() override { ++detached; }
  Worker& destination(Worker&, Worker& to) override { return to; }

 private:
  const std::string job_;
  pipeline::Pipeline* pipeline_ = nullptr;

 public:
  std::atomic<int> wanted;
  std::atomic<int> taken = 0;
  std::atomic<bool> settled = true;
  std::atomic<bool> strayed = false;
  std::atomic<bool> ends = false;
  std::atomic<int> attached = 0;
  std::atomic<int> detached = 0;
  std::atomic<Worker*> at = nullptr;
};

class Team final : public BatcherEvents {
 public:
  explicit Team(std::size_t count) {
    const std::vector<std::pair<std::string, std::string>> jobs = {
        {"plain", "[]"},
        {"joined", "- multiline: {firstline: x}"},
        {"limited", "- limit: {rate: 10, burst: 10, drop: true}"},
        {"nested", "- match: {selector: '{a=\"b\"}', stages: [{dedupe: {window: 1m}}]}"},
        {"counted", "- metrics: {lines: {type: Counter, config: {match_all: true, action: inc}}}"}};
    WorkerConfig config;
    for (const auto& [name, stages] : jobs)
      config.jobs.push_back({name, config::Node::parse(stages, "test.yaml")});
    workers_ = std::make_unique<Workers>(control_, config, count, *this, metrics_, warnings_, budget_);
    workers_->start();
  }
  ~Team() override { workers_->stop(); }

  Workers* operator->() { return workers_.get(); }

  void push_ready(std::size_t, std::unique_ptr<Push>) override {}
  void entry_dropped(std::size_t, const std::string&, const char*, std::size_t) override {}
  void entry_mutated(std::size_t, const std::string&, const char*, std::size_t) override {}
  void entries_taken(std::size_t, std::size_t, std::size_t) override {}

 private:
  boost::asio::io_context control_;
  Metrics metrics_;
  config::Warnings warnings_;
  Budget budget_{1 << 20};
  std::unique_ptr<Workers> workers_;
};

std::shared_ptr<MovingSource> add(Worker& worker, const std::string& job, int turns) {
  auto source = std::make_shared<MovingSource>(job, turns);
  worker.add(source);
  REQUIRE(eventually([&] { return source->attached == 1 && source->wanted == 0; }));
  return source;
}

// What the worker gives away.
std::shared_ptr<Source> given(Worker& worker, double part) {
  const auto told = std::make_shared<std::atomic<bool>>(false);
  const auto source = std::make_shared<std::shared_ptr<Source>>();
  worker.give_away(part, [told, source](std::shared_ptr<Source> gone) {
    *source = std::move(gone);
    *told = true;
  });
  REQUIRE(eventually([&] { return told->load(); }));
  return *source;
}

TEST_CASE("Workers: sources are given out one after the other, a job has one worker") {
  Team team(3);
  Worker& first = team->of_source("plain");
  Worker& second = team->of_source("plain");
  Worker& third = team->of_source("plain");
  CHECK(&first != &second);
  CHECK(&second != &third);
  CHECK(&first != &third);
  CHECK(&team->of_source("plain") == &first);
  CHECK(&team->of_job("plain") == &team->of_job("plain"));
  CHECK(&team->of_job("plain") != &team->of_job("joined"));
}

TEST_CASE("Workers: what has a key has the same worker each time") {
  Team team(4);
  std::set<Worker*> chosen;
  for (int i = 0; i < 64; ++i) {
    const std::string key = "container" + std::to_string(i);
    Worker& worker = team->of_source("plain", key);
    CHECK(&worker == &team->of_source("plain", key));
    chosen.insert(&worker);
  }
  CHECK(chosen.size() == 4);
}

TEST_CASE("Workers: a job whose stages have to see all its lines has one worker, inside of match, too") {
  Team team(4);
  for (const char* job : {"limited", "nested"}) {
    INFO(job);
    Worker& worker = team->of_job(job);
    CHECK(&team->of_source(job) == &worker);
    CHECK(&team->of_source(job) == &worker);
    CHECK(&team->of_source(job, "key") == &worker);
  }
  Worker& worker = team->of_source("counted");
  CHECK(&team->of_source("counted") != &worker);
}

TEST_CASE("Worker: the source goes whose part of the turns is nearest to what is wanted") {
  Team team(2);
  Worker& worker = team->of_job("plain");
  const auto much = add(worker, "plain", 60);
  const auto some = add(worker, "plain", 30);
  const auto little = add(worker, "plain", 10);
  CHECK(given(worker, 0.25) == some);
  CHECK(some->detached == 1);
  // The rest has had no turn since.
  CHECK(given(worker, 0.25) == nullptr);
}

TEST_CASE("Worker: a source that has nearly all turns does not go, since that would help nobody") {
  Team team(2);
  Worker& worker = team->of_job("plain");
  const auto much = add(worker, "plain", 95);
  add(worker, "joined", 5);
  CHECK(given(worker, 0.4) == nullptr);
  CHECK(much->detached == 0);
}

TEST_CASE("Worker: a source whose pipeline remembers its lines stays") {
  Team team(2);
  Worker& worker = team->of_job("joined");
  add(worker, "joined", 50);
  const auto plain = add(worker, "plain", 50);
  const auto gone = given(worker, 0.5);
  CHECK(gone == plain);
}

TEST_CASE("Worker: a source goes when all that it has read is settled, and has no turn before") {
  Team team(2);
  Worker& worker = team->of_source("plain");
  Worker& other = team->of_source("plain");
  const auto source = add(worker, "plain", 50);
  const auto rest = add(worker, "plain", 50);
  source->settled = false;
  rest->settled = false;
  std::atomic<bool> told = false;
  std::shared_ptr<Source> gone;
  worker.give_away(0.5, [&](std::shared_ptr<Source> leaving) {
    gone = std::move(leaving);
    told = true;
  });
  // One of the two is leaving: it is woken, and gets no turn.
  for (const auto& each : {source, rest}) {
    each->wanted = 1;
    each->wake();
  }
  REQUIRE(eventually([&] { return source->wanted + rest->wanted == 1; }));
  CHECK_FALSE(told);
  const auto leaving = source->wanted == 1 ? source : rest;
  leaving->settled = true;
  worker.post([] {});
  REQUIRE(eventually([&] { return told.load(); }));
  REQUIRE(gone == leaving);
  CHECK(leaving->wanted == 1);
  // On its way it is nobody's. What it was woken for comes to pass where it arrives.
  leaving->wake();
  other.add(leaving);
  REQUIRE(eventually([&] { return leaving->wanted == 0; }));
  CHECK(leaving->at == &other);
  CHECK_FALSE(leaving->strayed);
  leaving->wanted = 3;
  leaving->wake();
  CHECK(eventually([&] { return leaving->wanted == 0; }));
}

TEST_CASE("Worker: a source that is not settled in time stays, and is read on") {
  Team team(2);
  Worker& worker = team->of_job("plain");
  const auto source = add(worker, "plain", 50);
  const auto rest = add(worker, "joined", 50);
  source->settled = false;
  std::atomic<bool> told = false;
  std::shared_ptr<Source> gone = source;
  worker.give_away(0.5, [&](std::shared_ptr<Source> leaving) {
    gone = std::move(leaving);
    told = true;
  });
  source->wanted = 1;
  source->wake();
  REQUIRE(eventually([&] { return told.load(); }));
  CHECK(gone == nullptr);
  CHECK(eventually([&] { return source->wanted == 0; }));
  CHECK(source->detached == 0);
}

// What the worker says of a call that is answered on its thread.
template <typename Answer>
Answer answer_of(const std::function<void(std::function<void(Answer)>)>& ask) {
  std::promise<Answer> answer;
  auto said = answer.get_future();
  ask([&answer](Answer given) { answer.set_value(std::move(given)); });
  REQUIRE(said.wait_for(10s) == std::future_status::ready);
  return said.get();
}

std::string change_jobs(Worker& worker, const std::vector<std::string>& retired,
                        const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<WorkerConfig::Job> jobs;
  for (const auto& [name, stages] : added) jobs.push_back({name, config::Node::parse(stages, "test.yaml")});
  return answer_of<std::string>([&](auto done) { worker.change_jobs(retired, jobs, done); });
}

bool has_retired(Worker& worker, const std::string& job) {
  return answer_of<bool>([&](auto told) { worker.ask_retired(job, told); });
}

TEST_CASE("Worker: a job that is exchanged keeps its pipeline until its sources have ended") {
  Team team(1);
  Worker& worker = team->of_job("plain");
  const auto before = add(worker, "plain", 1);
  CHECK(change_jobs(worker, {"plain"}, {{"plain", "- static_labels: {a: b}"}}).empty());
  const auto after = add(worker, "plain", 1);
  CHECK(before->pipeline() != after->pipeline());
  CHECK(has_retired(worker, "plain"));
  CHECK_FALSE(has_retired(worker, "joined"));
  before->ends = true;
  before->wake();
  CHECK(eventually([&] { return !has_retired(worker, "plain"); }));
  after->wanted = 1;
  after->wake();
  CHECK(eventually([&] { return after->wanted == 0; }));
}

TEST_CASE("Worker: a change of jobs that cannot be changes nothing") {
  Team team(1);
  Worker& worker = team->of_job("plain");
  const auto source = add(worker, "plain", 1);
  const std::string problem =
      change_jobs(worker, {"plain"}, {{"new", "[]"}, {"plain", "- regex: {expression: '('}"}});
  CHECK_THAT(problem, Catch::Contains("test.yaml:1"));
  const auto again = add(worker, "plain", 1);
  CHECK(again->pipeline() == source->pipeline());
  CHECK_FALSE(has_retired(worker, "plain"));
}

TEST_CASE("Worker: time without work is idle time") {
  Team team(1);
  Worker& worker = team->of_job("plain");
  const auto before = worker.idle_time();
  CHECK(eventually([&] { return worker.idle_time() > before + 20ms; }));
}

}  // namespace
}  // namespace lokitail::agent
