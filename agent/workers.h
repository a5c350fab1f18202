// The agent's workers (`workers` in the configuration), and which of them reads what.
//
// Each has pipelines and batches of its own, so that they share nothing per line. Sources are given to them one
// after the other; where one worker has too much to do and another too little, a source goes over as soon as
// what it has read is settled, so that its lines stay in order. A job with a stage that has to see all lines of
// the job (pipeline::Memory::kJob) is one worker's.
//
// Threads: the control thread, but for what Worker itself offers to others. Ownership: everything given by
// reference outlives it; workers live as long as it does.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/worker.h"

namespace lokitail::agent {

class Workers {
 public:
  // As Worker's constructor.
  Workers(boost::asio::io_context& control, const WorkerConfig& config, std::size_t count,
          BatcherEvents& events, pipeline::PipelineMetrics& metrics, config::Warnings& warnings,
          Budget& budget);
  ~Workers();

  // For what cannot be shared out: all that the job receives on its own.
  Worker& of_job(const std::string& job);
  // For the next source of the job that stands for itself.
  Worker& of_source(const std::string& job);
  // The same for one that has to have the same worker each time.
  Worker& of_source(const std::string& job, std::string_view key);

  std::vector<Worker*> all() const;

  void start();
  // As Worker's, in all of them. Returns what went wrong.
  boost::asio::awaitable<std::string> change_jobs(std::vector<std::string> retired,
                                                  std::vector<WorkerConfig::Job> added);
  boost::asio::awaitable<std::string> change_clients(std::vector<BatcherConfig> clients,
                                                     BatcherEvents& events, Budget& budget);
  void change_limits(const WorkerLimits& limits);
  boost::asio::awaitable<bool> has_retired(std::string job);
  // `drained` is called once, on the thread of the last one that is.
  void drain(const std::function<void()>& drained);
  void stop();
  // Whether each of them looks at its messages within that time.
  boost::asio::awaitable<bool> answer(std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  // Asks each worker something, which calls what it is given with its answer, on any thread. Returns the answers
  // that came in time.
  template <typename Answer>
  boost::asio::awaitable<std::vector<Answer>> ask(
      std::function<void(Worker&, std::function<void(Answer)>)> question,
      Clock::time_point until = Clock::time_point::max());
  Worker& next();
  void balance_later();
  void balance();
  void moved(std::shared_ptr<Source> source, Worker& from, Worker& to);

  boost::asio::io_context& control_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t next_ = 0;
  std::map<std::string, Worker*> of_jobs_;
  std::set<std::string> kept_together_;  // jobs that are one worker's
  boost::asio::steady_timer balance_timer_;
  std::chrono::seconds balance_period_;
  Clock::time_point balanced_;
  std::vector<std::chrono::nanoseconds> idle_;  // of each worker, then
  bool is_moving_ = false;
};

}  // namespace lokitail::agent
