// The running agent: all parts of it, put together from a configuration, from start to stop.
//
// Threads: construct, run() and destroy on one thread, which becomes the control thread: signals,
// timers, discovery, sending and the HTTP server. Each worker is a thread besides.
// Errors:  the constructor throws config::Error or std::exception for what cannot be started.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/delivery/delivery.h"
#include "agent/server/http_server.h"
#include "agent/source/file/file_targets.h"
#include "agent/state/positions.h"
#include "agent/telemetry/metrics.h"
#include "agent/telemetry/process_metrics.h"
#include "agent/worker.h"
#include "config/config.h"

namespace lokitail::agent {

class Daemon {
 public:
  // `config` outlives the daemon. `shutdown_timeout` is how long a stop may take to get rid of what
  // is in flight. `inspect` prints what each stage does to each entry.
  Daemon(const config::Config& config, std::chrono::nanoseconds shutdown_timeout,
         config::Warnings& warnings, bool inspect = false);
  ~Daemon();

  // Returns after SIGTERM or SIGINT, when everything is drained or the time for that is over.
  void run();

 private:
  void serve();
  void watch_signals();
  void sync_positions_later();
  void write_positions();
  boost::asio::awaitable<void> shut_down();
  boost::asio::awaitable<bool> worker_answers(std::chrono::milliseconds patience);
  boost::asio::awaitable<HttpAnswer> healthz();
  HttpAnswer ready();
  HttpAnswer readyz();

  const config::Config& config_;
  const std::chrono::nanoseconds shutdown_timeout_;
  boost::asio::io_context control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer positions_timer_;
  Metrics metrics_;
  Positions positions_;
  Delivery delivery_;
  Worker worker_;
  FileTargets file_targets_;
  std::shared_ptr<prometheus::Collectable> file_metrics_;
  std::shared_ptr<prometheus::Collectable> process_metrics_ = std::make_shared<ProcessMetrics>();
  std::unique_ptr<HttpServer> server_;
  bool stopping_ = false;
};

}  // namespace lokitail::agent
