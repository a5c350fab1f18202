#include "agent/daemon.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <iterator>
#include <utility>

#include "agent/discovery/file_target_maker.h"
#include "agent/into_error.h"
#include "agent/memory_use.h"
#include "agent/pause.h"
#include "agent/service_manager.h"
#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How often a stop looks whether everything is settled.
constexpr std::chrono::milliseconds kDrainPoll{5};
// When memory is given back: often at first, while what the start found is read, and then once in a while.
constexpr std::chrono::seconds kStartTime{3};
constexpr std::chrono::minutes kMemoryPeriod{1};
constexpr double kAtWork = 0.01;  // of one CPU
// How long a stop reads files that will be gone: with Loki away there may be no room for what is in them.
constexpr std::chrono::seconds kLastReads{2};
// How long a stop waits for the last traces at most, when all else is done.
constexpr std::chrono::milliseconds kTraceTime{500};
// A worker that has not looked at its messages for this long is stuck.
constexpr std::chrono::seconds kWorkerPatience{5};

bool is_read_from(const std::vector<std::shared_ptr<FileSource>>& sources) {
  return std::ranges::any_of(sources, [](const auto& source) { return !source->ended(); });
}

// Signals that come while nobody waits for them are kept until somebody does.
void mask_signals(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(how, &signals, nullptr);
}

}  // namespace

Daemon::Daemon(std::shared_ptr<const config::Config> config, DaemonOptions options,
               config::Warnings& warnings)
    : first_config_(std::move(config)),
      config_(first_config_),
      options_(std::move(options)),
      control_(1),
      signals_(control_),
      positions_timer_(control_),
      memory_timer_(control_),
      positions_(config_->target_config.read_stdin ? std::string() : config_->positions.filename,
                 options_.dry_run ? Positions::Mode::kReadOnly : Positions::Mode::kReadWrite),
      traces_(make_traces(*first_config_)),
      delivery_(std::make_unique<Delivery>(control_, first_config_, metrics_, !options_.dry_run,
                                           tracer_of(traces_))),
      workers_(control_, worker_config(), worker_count(), *delivery_, metrics_, warnings,
               delivery_->budget()),
      file_targets_(control_, file_targets_config(*first_config_), positions_,
                    [this](const FileTarget& target) -> Worker& { return workers_.of_source(target.job); }),
      stuck_watch_(std::make_shared<StuckWatch>(
          control_, file_targets_, first_config_->target_config.stuck_after, [this] { return hold_up(); })),
      reload_timer_(control_),
      reloads_(
          metrics_.counter_of("promtail_config_reload_success_total", "Number of reload success times.")),
      failed_reloads_(
          metrics_.counter_of("promtail_config_reload_fail_total", "Number of reload fail times.")) {
  positions_.load();
  if (config_->target_config.read_stdin) {
    stdin_.emplace(control_, workers_.of_job(stdin_job(*config_).name), stdin_job(*config_),
                   [this](StdinTarget::End end) { stdin_ended(end); });
  } else {
    for (const config::ScrapeConfig& scrape : config_->scrape_configs) {
      jobs_.push_back(std::make_unique<ScrapeJob>(config_, scrape, context_of(scrape)));
      jobs_.back()->add_files();
    }
  }
  file_metrics_ = file_targets_.metrics();
  metrics_.add_collectable(file_metrics_);
  metrics_.add_collectable(stuck_watch_);
  metrics_.add_collectable(process_metrics_);
  metrics_.add_collectable(ledger_);
  if (!config_->server.disable) {
    served_ = make_server(config_->server);
    served_->start();
  }
}

Daemon::~Daemon() = default;

std::shared_ptr<Tracer> Daemon::tracer_of(const std::shared_ptr<TraceExporter>& traces) {
  return traces ? traces->tracer() : nullptr;
}

std::shared_ptr<TraceExporter> Daemon::make_traces(const config::Config& config) {
  if (!config.tracing.is_on() || options_.dry_run) return nullptr;
  return std::make_shared<TraceExporter>(control_, config.tracing, metrics_, host_name());
}

TargetContext Daemon::context_of(const config::ScrapeConfig& scrape) {
  return {control_, workers_.of_job(scrape.job_name), positions_, metrics_, &file_targets_, options_.dry_run,
          &workers_};
}

// What is printed is to have the order in which it is read.
std::size_t Daemon::worker_count() const {
  return options_.dry_run || options_.inspect || config_->target_config.read_stdin ? 1 : config_->workers;
}

WorkerConfig Daemon::worker_config() {
  WorkerConfig worker;
  worker.inspect = options_.inspect;
  worker.ledger = ledger_.get();
  if (config_->target_config.read_stdin) {
    const StdinJob job = stdin_job(*config_);
    worker.jobs.push_back({job.name, job.pipeline_stages});
  } else {
    for (const auto& scrape : config_->scrape_configs) {
      worker.jobs.push_back({scrape.job_name, scrape.pipeline_stages});
    }
  }
  if (options_.dry_run) {
    worker.print_to = STDOUT_FILENO;
    worker.print_broken = [this] {
      asio::post(control_, [this] {
        log::error("nobody reads what is printed");
        lines_lost_ = true;
        begin_stop(usual_deadline());
      });
    };
  } else {
    worker.clients = batcher_configs(*delivery_);
  }
  worker.limits = WorkerLimits::of(config_->limits_config);
  metrics_.limits().set(config_->limits_config);
  worker.hits = &metrics_.limits();
  return worker;
}

// What keeps all targets from getting on, as far as that is known.
std::string Daemon::hold_up() const {
  const auto status = delivery_->status();
  for (std::size_t i = 0; i < status.size(); ++i) {
    if (!status[i].delivering) {
      return fmt::format("client {} does not deliver: {}", config_->clients[i].name, status[i].trouble);
    }
  }
  if (delivery_->budget().exhausted()) return "limits_config.max_bytes_in_flight is used up";
  if (config_->limits_config.target_rate > 0) return "limits_config.target_rate may hold it back";
  return {};
}

ServedParts Daemon::served_parts() {
  return {.control = control_,
          .metrics = metrics_,
          .ledger = *ledger_,
          .config = [this]() -> const config::Config& { return *config_; },
          .delivery = [this]() -> Delivery& { return *delivery_; },
          .files = [this]() -> const FileTargets& { return file_targets_; },
          .reports =
              [this] {
                std::vector<TargetReport> reports;
                for (const auto& job : jobs_) std::ranges::move(job->reports(), std::back_inserter(reports));
                return reports;
              },
          .targets =
              [this] {
                std::vector<const Target*> targets;
                for (const auto& job : jobs_) {
                  if (job->target() != nullptr) targets.push_back(job->target());
                }
                return targets;
              },
          .workers = [this] { return workers_.all(); },
          .reading = [this] { return is_reading(); },
          .stopping = [this] { return stopping_; },
          .positions_trouble = [this] { return positions_trouble_; },
          .workers_answer = [this] { return workers_.answer(kWorkerPatience); }};
}

std::unique_ptr<ServedAgent> Daemon::make_server(const config::ServerConfig& config) {
  auto served = std::make_unique<ServedAgent>(config, served_parts());
  if (config.enable_runtime_reload && options_.load) serve_reload(served->server());
  return served;
}

bool Daemon::run() {
  // A client or a sender that goes away is reported by the write, not by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  watch_signals();
  if (traces_) traces_->start();
  delivery_->start();
  workers_.start();
  file_targets_.start();
  for (const auto& job : jobs_) job->start();
  stuck_watch_->start();
  if (stdin_) stdin_->start();
  if (options_.drain_and_exit && !stdin_) asio::co_spawn(control_, drain_files(), asio::detached);
  sync_positions_later();
  return_memory_after(kStartTime);
  log::info("Starting lokitail", {{"version", kVersion}});
  notify_service_manager("READY=1");
  watch_config();
  if (const auto period = watchdog_period()) asio::co_spawn(control_, feed_watchdog(*period), asio::detached);
  control_.run();
  workers_.stop();
  write_positions();
  if (next_config_) mask_signals(SIG_BLOCK);
  return !lines_lost_;
}

void Daemon::watch_signals() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  if (options_.load) signals_.add(SIGHUP);
  mask_signals(SIG_UNBLOCK);
  wait_for_signal();
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](const error_code& cancelled, int signal) {
    if (cancelled) return;
    if (signal == SIGHUP) {
      asio::co_spawn(control_, reload(), asio::detached);
      return wait_for_signal();
    }
    // Nor is it to go on with another configuration then.
    const bool was_to_go_on = std::exchange(next_config_, nullptr) != nullptr;
    if (!stopping_ || was_to_go_on) {
      log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    }
    if (stopping_ && was_to_go_on) notify_service_manager("STOPPING=1");
    begin_stop(usual_deadline());
    wait_for_signal();
  });
}

Daemon::Clock::time_point Daemon::usual_deadline() const {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(options_.shutdown_timeout);
}

// A stop that is on its way already ends by the earlier of both deadlines.
void Daemon::begin_stop(Clock::time_point deadline) {
  stop_deadline_ = std::min(stop_deadline_, deadline);
  if (std::exchange(stopping_, true)) return;
  if (!next_config_) notify_service_manager("STOPPING=1");
  asio::co_spawn(control_, shut_down(), asio::detached);
}

// Nobody can read it again: however long it takes, all of it is delivered, unless a signal says no.
void Daemon::stdin_ended(StdinTarget::End end) {
  log::info("standard input has ended");
  if (end == StdinTarget::End::kFailed) lines_lost_ = true;
  begin_stop(Clock::time_point::max());
}

// A moment, for whoever waits for something that does not say when it is there.
asio::awaitable<void> Daemon::rest() {
  asio::steady_timer timer(control_);
  co_await pause(timer, kDrainPoll);
}

// Files that are deleted, or moved to where nobody looks for them, are read to their ends before they are closed.
asio::awaitable<void> Daemon::read_what_will_be_lost() {
  const auto reading = file_targets_.stop();
  const auto deadline = std::min(stop_deadline_, Clock::now() + kLastReads);
  while (Clock::now() < deadline && is_read_from(reading)) co_await rest();
}

asio::awaitable<void> Daemon::drain_files() {
  const auto reading = file_targets_.finish();
  while (!stopping_ && is_read_from(reading)) co_await rest();
  if (stopping_) co_return;
  log::info("all files are read to their ends", {{"files", reading.size()}});
  begin_stop(Clock::time_point::max());
}

void Daemon::sync_positions_later() {
  positions_timer_.expires_after(std::chrono::duration_cast<Clock::duration>(config_->positions.sync_period));
  positions_timer_.async_wait([this](const error_code& cancelled) {
    if (cancelled) return;
    write_positions();
    if (served_) served_->health().look();
    sync_positions_later();
  });
}

void Daemon::return_memory_after(std::chrono::seconds time) {
  memory_timer_.expires_after(time);
  memory_timer_.async_wait([this, time](const error_code& cancelled) {
    if (cancelled) return;
    // While it is at work, and once more when that is over. What is returned comes back where it is used after all, which
    // an idle agent need not be made to do.
    const std::clock_t cpu = std::clock();
    const std::clock_t used = cpu - std::exchange(cpu_before_, cpu);
    const bool is_busy =
        static_cast<double>(used) > kAtWork * static_cast<double>(time.count()) * CLOCKS_PER_SEC;
    const bool was_busy = std::exchange(was_busy_, is_busy);
    if (is_busy || was_busy) return_unused_memory();
    return_memory_after(std::min<std::chrono::seconds>(2 * time, kMemoryPeriod));
  });
}

void Daemon::write_positions() {
  positions_trouble_ = positions_.write();
  if (!positions_trouble_.empty()) {
    log::error("error writing positions file", {{"error", positions_trouble_}});
  }
}

// Stops reading, hands over what is in the pipelines and batches, and waits until it is settled or
// the time is over. What is not settled then is read again after the next start, save what came
// from standard input.
asio::awaitable<void> Daemon::shut_down() {
  reload_timer_.cancel();
  stuck_watch_->stop();
  config_folder_.reset();
  co_await read_what_will_be_lost();
  for (const auto& job : jobs_) job->stop();
  if (stdin_) stdin_->stop();
  bool drained = false;
  workers_.drain([this, &drained] { asio::post(control_, [&drained] { drained = true; }); });
  while (!drained && Clock::now() < stop_deadline_) co_await rest();
  delivery_->hurry();
  const auto delivered = [this] { return delivers_all() ? delivery_->empty() : delivery_->idle(); };
  while (!delivered() && Clock::now() < stop_deadline_) co_await rest();
  if (delivery_->empty() && drained) {
    log::info("everything is settled");
  } else if (delivery_->idle() && drained) {
    if (options_.drain_and_exit) lines_lost_ = true;
    log::info("what is not delivered yet is in the spool");
  } else if (options_.drain_and_exit && !stdin_) {
    lines_lost_ = true;
    log::error("stopping before everything is delivered; the rest will be read again",
               {{"bytes", delivery_->budget().in_flight()}});
  } else if (stdin_) {
    lines_lost_ = true;
    log::error("stopping with entries in flight; they are lost",
               {{"bytes", delivery_->budget().in_flight()}});
  } else {
    log::warn("stopping with entries in flight; they will be read again",
              {{"bytes", delivery_->budget().in_flight()}});
  }
  delivery_->log_accounts();
  co_await delivery_->stop();
  if (served_) served_->server().stop();
  for (const auto& served : leaving_servers_) served->server().stop();
  // Settled pushes have to reach their blocks before positions are written for the last time.
  co_await workers_.answer(std::chrono::seconds(1));
  for (const auto& job : jobs_) co_await job->close();
  while (closing_ != 0) co_await rest();
  for (const auto& job : leaving_) co_await job->close();
  if (traces_) {
    co_await traces_->finish(kTraceTime);
    traces_->stop();
  }
  control_.stop();
}

// Whoever is stuck is started again; what is healthy says so three times in each period.
asio::awaitable<void> Daemon::feed_watchdog(std::chrono::microseconds period) {
  asio::steady_timer timer(control_);
  for (;;) {
    if (co_await workers_.answer(kWorkerPatience)) notify_service_manager("WATCHDOG=1");
    co_await pause(timer, period / 3);
  }
}

bool Daemon::is_reading() const {
  if (stdin_) return stdin_->ready();
  return file_targets_.ready() || std::ranges::any_of(jobs_, [](const auto& job) { return job->ready(); });
}

}  // namespace lokitail::agent
