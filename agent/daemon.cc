#include "agent/daemon.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "agent/discovery/static_targets.h"
#include "agent/service_manager.h"
#include "agent/source/targets.h"
#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How often a stop looks whether everything is settled.
constexpr std::chrono::milliseconds kDrainPoll{5};
// A worker that has not looked at its messages for this long is stuck.
constexpr std::chrono::seconds kWorkerPatience{5};

HttpServerOptions server_options(const config::ServerConfig& server) {
  HttpServerOptions options;
  options.address = server.http_listen_address;
  options.port = static_cast<std::uint16_t>(server.http_listen_port);
  options.path_prefix = server.http_path_prefix;
  options.connection_limit = static_cast<std::size_t>(server.http_listen_conn_limit);
  options.read_timeout = server.http_server_read_timeout;
  options.write_timeout = server.http_server_write_timeout;
  options.idle_timeout = server.http_server_idle_timeout;
  return options;
}

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

Daemon::Daemon(const config::Config& config, DaemonOptions options, config::Warnings& warnings)
    : config_(config),
      options_(options),
      control_(1),
      signals_(control_),
      positions_timer_(control_),
      positions_(config.target_config.read_stdin ? std::string() : config.positions.filename,
                 options.dry_run ? Positions::Mode::kReadOnly : Positions::Mode::kReadWrite),
      delivery_(control_, config, metrics_, !options.dry_run),
      worker_(worker_config(), delivery_, metrics_, warnings, delivery_.budget()),
      file_targets_(control_, file_targets_config(config), positions_,
                    [this](const FileTarget&) -> Worker& { return worker_; }) {
  positions_.load();
  if (config.target_config.read_stdin) {
    stdin_.emplace(control_, worker_, stdin_job(config),
                   [this](StdinTarget::End end) { stdin_ended(end); });
  } else {
    for (FileTarget& target : static_targets(config)) file_targets_.add(std::move(target));
    targets_ = make_targets(config, {control_, worker_, positions_, metrics_});
  }
  file_metrics_ = file_targets_.metrics();
  metrics_.add_collectable(file_metrics_);
  metrics_.add_collectable(process_metrics_);
  metrics_.add_collectable(ledger_);
  if (!config.server.disable) serve();
}

Daemon::~Daemon() = default;

WorkerConfig Daemon::worker_config() {
  WorkerConfig worker;
  worker.inspect = options_.inspect;
  worker.ledger = ledger_.get();
  if (config_.target_config.read_stdin) {
    const StdinJob job = stdin_job(config_);
    worker.jobs.push_back({job.name, job.pipeline_stages});
  } else {
    for (const auto& scrape : config_.scrape_configs) {
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
    worker.clients = delivery_.batcher_configs();
  }
  const auto& limits = config_.limits_config;
  if (limits.readline_rate_enabled) {
    worker.line_limit = {limits.readline_rate, static_cast<double>(limits.readline_burst)};
    worker.line_limit_drops = limits.readline_rate_drop;
  }
  return worker;
}

void Daemon::serve() {
  server_ = std::make_unique<HttpServer>(control_, server_options(config_.server));
  const auto answer = [this](HttpAnswer (Daemon::*what)()) {
    return [this, what]() -> asio::awaitable<HttpAnswer> { co_return (this->*what)(); };
  };
  server_->on_get("/ready", answer(&Daemon::ready));
  server_->on_get("/readyz", answer(&Daemon::readyz));
  server_->on_get("/healthz", [this] { return healthz(); });
  server_->on_get("/metrics", [this]() -> asio::awaitable<HttpAnswer> {
    co_return HttpAnswer{200, "text/plain; version=0.0.4; charset=utf-8", metrics_.scrape(), ""};
  });
  server_->on_get("/config", [this]() -> asio::awaitable<HttpAnswer> {
    co_return HttpAnswer{200, "text/plain; charset=utf-8", config::to_yaml(config_), ""};
  });
  server_->start();
  log::info("server listening on addresses", {{"http", fmt::format("{}:{}", config_.server.http_listen_address, server_->port())}});
}

bool Daemon::run() {
  // A client or a sender that goes away is reported by the write, not by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  watch_signals();
  delivery_.start();
  worker_.start();
  file_targets_.start();
  for (const auto& target : targets_) target->start();
  if (stdin_) stdin_->start();
  if (options_.drain_and_exit && !stdin_) asio::co_spawn(control_, drain_files(), asio::detached);
  sync_positions_later();
  log::info("Starting lokitail", {{"version", kVersion}});
  notify_service_manager("READY=1");
  control_.run();
  worker_.stop();
  write_positions();
  return !lines_lost_;
}

void Daemon::watch_signals() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  wait_for_signal();
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](const error_code& cancelled, int signal) {
    if (cancelled) return;
    if (!stopping_) log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
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
  notify_service_manager("STOPPING=1");
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
  error_code ignored;
  asio::steady_timer pause(control_, kDrainPoll);
  co_await pause.async_wait(into(ignored));
}

asio::awaitable<void> Daemon::drain_files() {
  const auto reading = file_targets_.finish();
  while (!stopping_ && std::ranges::any_of(reading, [](const auto& source) { return !source->ended(); })) {
    co_await rest();
  }
  if (stopping_) co_return;
  log::info("all files are read to their ends", {{"files", reading.size()}});
  begin_stop(Clock::time_point::max());
}

void Daemon::sync_positions_later() {
  positions_timer_.expires_after(
      std::chrono::duration_cast<Clock::duration>(config_.positions.sync_period));
  positions_timer_.async_wait([this](const error_code& cancelled) {
    if (cancelled) return;
    write_positions();
    sync_positions_later();
  });
}

void Daemon::write_positions() {
  if (const std::string problem = positions_.write(); !problem.empty()) {
    log::error("error writing positions file", {{"error", problem}});
  }
}

// Stops reading, hands over what is in the pipelines and batches, and waits until it is settled or
// the time is over. What is not settled then is read again after the next start, save what came
// from standard input.
asio::awaitable<void> Daemon::shut_down() {
  file_targets_.stop();
  for (const auto& target : targets_) target->stop();
  if (stdin_) stdin_->stop();
  bool drained = false;
  worker_.drain([this, &drained] { asio::post(control_, [&drained] { drained = true; }); });
  while (!drained && Clock::now() < stop_deadline_) co_await rest();
  delivery_.hurry();
  const auto delivered = [this] { return delivers_all() ? delivery_.empty() : delivery_.idle(); };
  while (!delivered() && Clock::now() < stop_deadline_) co_await rest();
  if (delivery_.empty() && drained) {
    log::info("everything is settled");
  } else if (delivery_.idle() && drained) {
    if (options_.drain_and_exit) lines_lost_ = true;
    log::info("what is not delivered yet is in the spool");
  } else if (options_.drain_and_exit && !stdin_) {
    lines_lost_ = true;
    log::error("stopping before everything is delivered; the rest will be read again",
               {{"bytes", delivery_.budget().in_flight()}});
  } else if (stdin_) {
    lines_lost_ = true;
    log::error("stopping with entries in flight; they are lost",
               {{"bytes", delivery_.budget().in_flight()}});
  } else {
    log::warn("stopping with entries in flight; they will be read again",
              {{"bytes", delivery_.budget().in_flight()}});
  }
  delivery_.log_accounts();
  delivery_.stop();
  if (server_) server_->stop();
  // Settled pushes have to reach their blocks before positions are written for the last time.
  co_await worker_answers(std::chrono::seconds(1));
  control_.stop();
}

asio::awaitable<bool> Daemon::worker_answers(std::chrono::milliseconds patience) {
  const auto timer = std::make_shared<asio::steady_timer>(control_, patience);
  const auto answered = std::make_shared<bool>(false);
  worker_.post([this, timer, answered] {
    asio::post(control_, [timer, answered] {
      *answered = true;
      timer->cancel();
    });
  });
  error_code ignored;
  co_await timer->async_wait(into(ignored));
  co_return *answered;
}

asio::awaitable<HttpAnswer> Daemon::healthz() {
  const bool alive = co_await worker_answers(kWorkerPatience);
  co_return alive ? HttpAnswer{200, "text/plain; charset=utf-8", "ok\n", ""}
                  : HttpAnswer{500, "text/plain; charset=utf-8", "a worker is stuck\n", ""};
}

// As Promtail: there is something to tail.
HttpAnswer Daemon::ready() {
  const bool reading = stdin_ ? stdin_->ready()
                              : file_targets_.ready() ||
                                    std::ranges::any_of(targets_, [](const auto& target) { return target->ready(); });
  if (!config_.server.health_check_target || reading) {
    return {200, "text/plain; charset=utf-8", "Ready", ""};
  }
  return {500, "text/plain; charset=utf-8",
          "Not ready: Unable to find any logs to tail. Please verify permissions, volumes, "
          "scrape_config, etc.\n",
          ""};
}

// Ready, and able to deliver.
HttpAnswer Daemon::readyz() {
  if (stopping_) return {503, "text/plain; charset=utf-8", "Not ready: stopping\n", ""};
  if (HttpAnswer answer = ready(); answer.status != 200) {
    answer.status = 503;
    return answer;
  }
  const auto status = delivery_.status();
  for (std::size_t i = 0; i < status.size(); ++i) {
    if (status[i].delivering) continue;
    return {503, "text/plain; charset=utf-8",
            fmt::format("Not ready: client {} does not deliver: {} ({} pushes wait)\n",
                        config_.clients[i].name, status[i].trouble, status[i].queued),
            ""};
  }
  return {200, "text/plain; charset=utf-8", "Ready\n", ""};
}

}  // namespace lokitail::agent
