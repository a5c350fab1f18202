#include "agent/daemon.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>

#include "agent/discovery/static_targets.h"
#include "agent/service_manager.h"
#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

// How often a stop looks whether everything is settled.
constexpr std::chrono::milliseconds kDrainPoll{5};
// A worker that has not looked at its messages for this long is stuck.
constexpr std::chrono::seconds kWorkerPatience{5};

WorkerConfig worker_config(const config::Config& config, bool inspect) {
  WorkerConfig worker;
  worker.inspect = inspect;
  for (const auto& scrape : config.scrape_configs) {
    worker.jobs.push_back({scrape.job_name, scrape.pipeline_stages});
  }
  worker.clients = Delivery::batcher_configs(config);
  const auto& limits = config.limits_config;
  if (limits.readline_rate_enabled) {
    worker.line_limit = {limits.readline_rate, static_cast<double>(limits.readline_burst)};
    worker.line_limit_drops = limits.readline_rate_drop;
  }
  return worker;
}

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

Daemon::Daemon(const config::Config& config, std::chrono::nanoseconds shutdown_timeout,
               config::Warnings& warnings, bool inspect)
    : config_(config),
      shutdown_timeout_(shutdown_timeout),
      control_(1),
      signals_(control_),
      positions_timer_(control_),
      positions_(config.positions.filename),
      delivery_(control_, config.clients, metrics_, config.limits_config.max_bytes_in_flight),
      worker_(worker_config(config, inspect), delivery_, metrics_, warnings, delivery_.budget()),
      file_targets_(control_, file_targets_config(config), positions_,
                    [this](const FileTarget&) -> Worker& { return worker_; }) {
  positions_.load();
  for (FileTarget& target : static_targets(config)) file_targets_.add(std::move(target));
  file_metrics_ = file_targets_.metrics();
  metrics_.add_collectable(file_metrics_);
  metrics_.add_collectable(process_metrics_);
  if (!config.server.disable) serve();
}

Daemon::~Daemon() = default;

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

void Daemon::run() {
  // A client or a sender that goes away is reported by the write, not by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  watch_signals();
  worker_.start();
  file_targets_.start();
  sync_positions_later();
  log::info("Starting lokitail", {{"version", kVersion}});
  notify_service_manager("READY=1");
  control_.run();
  worker_.stop();
  write_positions();
}

void Daemon::watch_signals() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](const error_code& cancelled, int signal) {
    if (cancelled || stopping_) return;
    stopping_ = true;
    log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    notify_service_manager("STOPPING=1");
    asio::co_spawn(control_, shut_down(), asio::detached);
  });
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
// the time is over. What is not settled then is read again after the next start.
asio::awaitable<void> Daemon::shut_down() {
  const Clock::time_point deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(shutdown_timeout_);
  asio::steady_timer pause(control_);
  const auto rest = [&pause]() -> asio::awaitable<void> {
    error_code ignored;
    pause.expires_after(kDrainPoll);
    co_await pause.async_wait(into(ignored));
  };

  file_targets_.stop();
  bool drained = false;
  worker_.drain([this, &drained] { asio::post(control_, [&drained] { drained = true; }); });
  while (!drained && Clock::now() < deadline) co_await rest();
  delivery_.hurry();
  while (!delivery_.idle() && Clock::now() < deadline) co_await rest();
  if (delivery_.idle() && drained) {
    log::info("everything is settled");
  } else {
    log::warn("stopping with entries in flight; they will be read again",
              {{"bytes", delivery_.budget().in_flight()}});
  }
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
  if (!config_.server.health_check_target || file_targets_.ready()) {
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
