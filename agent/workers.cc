#include "agent/workers.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include <boost/asio/post.hpp>

#include "agent/into_error.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

// How often workers are compared: less and less often while none has much to do.
constexpr std::chrono::seconds kShortestBalancePeriod{1};
constexpr std::chrono::seconds kLongestBalancePeriod{8};
// The part of the time that a worker works: from kBusy on it gives something to one below kFree.
constexpr double kBusy = 0.9;
constexpr double kFree = 0.5;

}  // namespace

Workers::Workers(boost::asio::io_context& control, const WorkerConfig& config, std::size_t count,
                 BatcherEvents& events, pipeline::PipelineMetrics& metrics, config::Warnings& warnings,
                 Budget& budget)
    : control_(control), balance_timer_(control), balance_period_(kShortestBalancePeriod), idle_(count) {
  WorkerConfig each = config;
  config::Warnings told_already;
  for (std::size_t i = 0; i < count; ++i) {
    each.number = i;
    workers_.push_back(
        std::make_unique<Worker>(each, events, metrics, i == 0 ? warnings : told_already, budget));
  }
  for (const WorkerConfig::Job& job : config.jobs) {
    if (workers_.front()->keeps_together(job.name)) kept_together_.insert(job.name);
  }
}

Workers::~Workers() = default;

Worker& Workers::next() { return *workers_[next_++ % workers_.size()]; }

Worker& Workers::of_job(const std::string& job) {
  Worker*& worker = of_jobs_[job];
  if (worker == nullptr) worker = &next();
  return *worker;
}

Worker& Workers::of_source(const std::string& job) {
  return kept_together_.contains(job) ? of_job(job) : next();
}

Worker& Workers::of_source(const std::string& job, std::string_view key) {
  if (kept_together_.contains(job)) return of_job(job);
  return *workers_[std::hash<std::string_view>()(key) % workers_.size()];
}

std::vector<Worker*> Workers::all() const {
  std::vector<Worker*> all;
  for (const auto& worker : workers_) all.push_back(worker.get());
  return all;
}

void Workers::start() {
  for (const auto& worker : workers_) worker->start();
  balanced_ = Clock::now();
  if (workers_.size() > 1) balance_later();
}

void Workers::drain(const std::function<void()>& drained) {
  balance_timer_.cancel();
  const auto left = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  for (const auto& worker : workers_) {
    worker->drain([left, drained] {
      if (left->fetch_sub(1) == 1) drained();
    });
  }
}

void Workers::stop() {
  for (const auto& worker : workers_) worker->stop();
}

template <typename Answer>
boost::asio::awaitable<std::vector<Answer>> Workers::ask(
    std::function<void(Worker&, std::function<void(Answer)>)> question, Clock::time_point until) {
  const auto timer = std::make_shared<boost::asio::steady_timer>(control_, until);
  const auto answers = std::make_shared<std::vector<Answer>>();
  for (const auto& worker : workers_) {
    question(*worker, [this, timer, answers, count = workers_.size()](Answer answer) {
      boost::asio::post(control_, [timer, answers, count, answer = std::move(answer)] {
        answers->push_back(answer);
        if (answers->size() == count) timer->cancel();
      });
    });
  }
  boost::system::error_code ignored;
  co_await timer->async_wait(into(ignored));
  co_return std::move(*answers);
}

boost::asio::awaitable<bool> Workers::answer(std::chrono::milliseconds patience) {
  const auto answers = co_await ask<bool>(
      [](Worker& worker, std::function<void(bool)> told) {
        worker.post([told = std::move(told)] { told(true); });
      },
      Clock::now() + patience);
  co_return answers.size() == workers_.size();
}

boost::asio::awaitable<std::string> Workers::change_jobs(std::vector<std::string> retired,
                                                         std::vector<WorkerConfig::Job> added) {
  // A worker has either all of it or nothing, and all workers build the same.
  const auto problems = co_await ask<std::string>([&](Worker& worker, std::function<void(std::string)> done) {
    worker.change_jobs(retired, added, std::move(done));
  });
  if (!problems.front().empty()) co_return problems.front();
  const auto together = co_await ask<std::vector<std::string>>(
      [&](Worker& worker, std::function<void(std::vector<std::string>)> done) {
        worker.post([&worker, added, done = std::move(done)] {
          std::vector<std::string> kept;
          for (const WorkerConfig::Job& job : added) {
            if (worker.keeps_together(job.name)) kept.push_back(job.name);
          }
          done(std::move(kept));
        });
      });
  for (const std::string& job : retired) kept_together_.erase(job);
  kept_together_.insert(together.front().begin(), together.front().end());
  co_return std::string();
}

boost::asio::awaitable<std::string> Workers::change_clients(std::vector<BatcherConfig> clients,
                                                            BatcherEvents& events, Budget& budget) {
  for (const auto& worker : workers_) worker->watch_budget(budget);
  const auto problems = co_await ask<std::string>([&](Worker& worker, std::function<void(std::string)> done) {
    worker.change_clients(clients, events, budget, std::move(done));
  });
  co_return problems.front();
}

void Workers::change_limits(const WorkerLimits& limits) {
  for (const auto& worker : workers_) worker->change_limits(limits);
}

boost::asio::awaitable<bool> Workers::has_retired(std::string job) {
  const auto answers = co_await ask<bool>(
      [&](Worker& worker, std::function<void(bool)> told) { worker.ask_retired(job, std::move(told)); });
  co_return std::ranges::find(answers, true) != answers.end();
}

void Workers::balance_later() {
  balance_timer_.expires_after(balance_period_);
  balance_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    balance();
    balance_later();
  });
}

void Workers::balance() {
  const auto now = Clock::now();
  const std::chrono::duration<double> time = now - std::exchange(balanced_, now);
  std::vector<double> busy;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const auto idle = workers_[i]->idle_time();
    const std::chrono::duration<double> waited = idle - std::exchange(idle_[i], idle);
    busy.push_back(1 - waited / time);
  }
  const auto [least, most] = std::ranges::minmax_element(busy);
  balance_period_ =
      *most < kFree ? std::min(2 * balance_period_, kLongestBalancePeriod) : kShortestBalancePeriod;
  if (is_moving_ || *most < kBusy || *least > kFree) return;
  is_moving_ = true;
  Worker& from = *workers_[static_cast<std::size_t>(most - busy.begin())];
  Worker& to = *workers_[static_cast<std::size_t>(least - busy.begin())];
  from.give_away((*most - *least) / 2 / *most, [this, &from, &to](std::shared_ptr<Source> source) {
    boost::asio::post(control_, [this, &from, &to, source = std::move(source)]() mutable {
      is_moving_ = false;
      if (source != nullptr) moved(std::move(source), from, to);
    });
  });
}

void Workers::moved(std::shared_ptr<Source> source, Worker& from, Worker& to) {
  Worker& at = source->destination(from, to);
  if (&at != &from) log::debug("a worker has too much to read, and another takes a source of it");
  at.add(std::move(source));
}

}  // namespace lokitail::agent
