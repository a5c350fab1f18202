// A worker owns its sources whole: it reads their blocks, splits them, runs lines through pipelines,
// and encodes and compresses the result, on one thread, with no lock and no hand-over per line. Only
// finished pushes and messages cross threads.
//
// Threads: one thread per worker, started by start(). add(), wake(), post(), watch() may be called from any
// thread; everything else from the worker's thread (in take_turn(), attach(), or a posted call).
// Ownership: the worker shares ownership of its sources until they are finished.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/cpu_brake.h"
#include "agent/delivery/batcher.h"
#include "agent/delivery/budget.h"
#include "agent/entry_watcher.h"
#include "agent/host_lookup.h"
#include "agent/source/source.h"
#include "agent/target_rate.h"
#include "agent/telemetry/ledger.h"
#include "agent/telemetry/limit_hits.h"
#include "pipeline/pipeline.h"
#include "pipeline/token_bucket.h"

namespace lokitail::agent {

class Inspector;

// How much a worker may read (limits_config).
struct WorkerLimits {
  std::optional<pipeline::LineRate> lines{};  // of all jobs
  bool lines_drop = true;                     // what is over the limit; otherwise reading pauses
  std::optional<pipeline::LineRate> lines_of_target{};
  bool lines_of_target_drop = false;
  double cpu_share = 0;  // of one CPU; 0: any

  static WorkerLimits of(const config::LimitsConfig& config);
  // Whether lines that are over one of them wait.
  bool lines_wait() const { return (lines && !lines_drop) || (lines_of_target && !lines_of_target_drop); }
};

// What a worker needs to know of the configuration.
struct WorkerConfig {
  std::size_t number = 0;  // of this worker
  struct Job {
    std::string name;
    config::Node pipeline_stages;
  };
  std::vector<Job> jobs;
  std::vector<BatcherConfig> clients;
  WorkerLimits limits;
  LimitHits* hits = nullptr;  // is told which of them bites; may be null
  bool inspect = false;       // print what each stage does to each entry
  // A descriptor to which entries are printed (entry_printer.h); none: the clients get them.
  std::optional<int> print_to{};
  std::function<void()> print_broken{};  // it cannot be written any more. On the worker's thread
  Ledger* ledger = nullptr;              // gets the counts of the pipelines; may be null
};

class Worker {
 public:
  // Compiles the pipelines of all jobs: throws config::Error. What is given by reference outlives
  // the worker.
  Worker(const WorkerConfig& config, BatcherEvents& events, pipeline::PipelineMetrics& metrics,
         config::Warnings& warnings, Budget& budget);
  ~Worker();

  void start();
  // Stops reading, drains the pipelines and hands over all open batches; then calls `drained` on the
  // worker's thread, which goes on taking posted calls until stop(). Any thread.
  void drain(std::function<void()> drained);
  // Ends the thread. Any other thread.
  void stop();

  // Any thread.
  void add(std::shared_ptr<Source> source);
  void wake(Source& source);
  void post(std::function<void()> call);
  // Lets go of a source whose part of the turns since the last call is nearest to `part`, when all that it has
  // read is settled. Tells which it was; nullptr if none can go.
  void give_away(double part, std::function<void(std::shared_ptr<Source>)> given);
  // Builds pipelines for the jobs that are `added`, and lets those end that are `retired`: they are kept until
  // their sources have ended and nothing is held in them. A job may be both. `done` is told on the worker's
  // thread what went wrong (then nothing has changed), or nothing.
  void change_jobs(std::vector<std::string> retired, std::vector<WorkerConfig::Job> added,
                   std::function<void(std::string problem)> done);
  // Hands over what is in batches, and makes those of other clients from then on, within their budget. `done` is told
  // on the worker's thread what went wrong (then nothing has changed), or nothing. REQUIRES: watch_budget() before.
  void change_clients(std::vector<BatcherConfig> clients, BatcherEvents& events, Budget& budget,
                      std::function<void(std::string problem)> done);
  // Other limits from now on.
  void change_limits(const WorkerLimits& limits);
  // Goes on reading when there is room again. While nobody uses the budget.
  void watch_budget(Budget& budget);
  // Tells, on the worker's thread, whether a job of that name that was retired is still there.
  void ask_retired(std::string job, std::function<void(bool)> told);
  // How long it had nothing to read since it began.
  std::chrono::nanoseconds idle_time() const;
  // Whether all sources of this job have to be in one worker. Before start(), or on the worker's thread.
  bool keeps_together(const std::string& job) const;
  // Shows it all entries, until it is told not to.
  void watch(std::shared_ptr<EntryWatcher> watcher);
  void unwatch(std::shared_ptr<EntryWatcher> watcher);

  // --- The worker's thread from here on. ---

  pipeline::SymbolTable& symbols() { return symbols_; }
  // The pipeline of a job. REQUIRES: a job of that name.
  pipeline::Pipeline& pipeline(const std::string& job);
  // The same, also of one that is retired; nullptr if there is none.
  pipeline::Pipeline* find_pipeline(const std::string& job);
  // Whether enough lines went into `pipeline` for now, because a rate is to be held. A source asks
  // after each line and leaves the rest to a later turn, which comes when the pause is over.
  bool wants_pause(pipeline::Pipeline& pipeline) const {
    return pipeline.pause().count() > 0 || (lines_wait_ && over_line_limit());
  }
  // The time of the present turn, for entries that bring none of their own.
  pipeline::Timestamp now() const { return now_; }
  // A buffer of at least `bytes`, shared by all sources of this worker: its content is lost with the
  // turn. Followed by kTextPadding readable bytes.
  char* read_buffer(std::size_t bytes);
  // Gives back the memory of a buffer that had to be unusually large.
  void trim_read_buffer(std::size_t bytes);

  // A block was read whose lines, of this origin, are about to be pushed. For traces.
  void block_is_read(const pipeline::Origin* origin) {
    if (is_traced_) [[unlikely]]
      note_block(origin);
  }

  // Sends what lies in batches, however little that is. The worker's thread.
  void hand_over();

 private:
  using Clock = std::chrono::steady_clock;
  class FanOut;
  class Tap;
  class Pause;
  struct Job;
  // A source that is about to go to another worker: it gets no more turns.
  struct Leaving {
    std::shared_ptr<Source> source;
    std::function<void(std::shared_ptr<Source>)> given;
    Clock::time_point deadline;  // if it is not settled by then, it stays
  };
  std::shared_ptr<Source> choose_leaving(double part);
  void let_go_when_settled();
  void wait_for_work();
  void run();
  void run_turn();
  void tick();
  void schedule_tick();
  void schedule_rest();
  void release_memory();
  bool may_read();
  bool over_line_limit() const;
  bool pause_all(Limit why, std::chrono::nanoseconds length);
  void hit(Limit limit);
  void publish_counts();
  std::vector<std::unique_ptr<Batcher>> make_batchers(const std::vector<BatcherConfig>& clients,
                                                      BatcherEvents& events);
  void suit(const std::vector<BatcherConfig>& clients);
  void set_limits(const WorkerLimits& limits);
  bool hold_back(const std::shared_ptr<Source>& source);
  void set_taps();
  std::unique_ptr<Job> make_job(const WorkerConfig::Job& job, pipeline::StageContext& context);
  pipeline::StageContext stage_context(config::Warnings& warnings);
  void forget_retired();
  Job& job_of(const pipeline::Pipeline& pipeline);
  void note_block(const pipeline::Origin* origin);

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer rest_timer_;
  std::chrono::milliseconds tick_period_;
  bool tick_scheduled_ = false;
  bool lines_wait_ = false;       // that are over the limit on lines of all jobs, or of a target
  std::unique_ptr<Pause> pause_;  // of all jobs
  std::optional<CpuBrake> cpu_brake_;
  LimitHits* const hits_;
  bool was_exhausted_ = false;  // the budget
  pipeline::SymbolTable symbols_;
  // Before what may hold origins of theirs.
  std::unordered_set<std::shared_ptr<Source>> sources_;
  std::deque<std::shared_ptr<Source>> ready_;
  std::unique_ptr<TargetRate> target_rate_;  // where there is one
  std::vector<std::unique_ptr<Batcher>> batchers_;
  std::unique_ptr<FanOut> fan_out_;
  std::unique_ptr<Inspector> inspector_;
  pipeline::PipelineMetrics& metrics_;
  std::function<void(const std::string& job, std::string_view message)> warn_;
  std::map<std::string, std::unique_ptr<Job>> jobs_;
  std::vector<std::unique_ptr<Job>> retired_;
  Ledger::Page ended_;  // what those counted that are gone
  std::optional<Leaving> leaving_;
  std::vector<std::shared_ptr<EntryWatcher>> watchers_;
  Budget* budget_;
  Ledger* const ledger_;
  const std::size_t number_;
  std::unique_ptr<char[]> buffer_;
  std::size_t buffer_bytes_ = 0;
  pipeline::Timestamp now_;
  bool is_traced_ = false;  // what becomes of batches
  BlockTimes block_times_;  // for traces
  HostLookup hosts_;
  bool draining_ = false;
  bool stopping_ = false;
  std::atomic<Clock::rep> idle_{0};
  std::atomic<Clock::rep> idle_since_{0};  // 0: it is not
  std::thread thread_;
};

}  // namespace lokitail::agent
