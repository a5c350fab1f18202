// The running agent: all parts of it, put together from a configuration, from start to stop.
//
// Threads: construct, run() and destroy on one thread, which becomes the control thread: signals,
// timers, discovery, sending and the HTTP server. Each worker is a thread besides.
// Errors:  the constructor throws config::Error or std::exception for what cannot be started.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/delivery/delivery.h"
#include "agent/server/http_server.h"
#include "agent/source/file/file_targets.h"
#include "agent/source/stdin/stdin_target.h"
#include "agent/source/target.h"
#include "agent/state/positions.h"
#include "agent/telemetry/ledger.h"
#include "agent/telemetry/metrics.h"
#include "agent/telemetry/process_metrics.h"
#include "agent/worker.h"
#include "config/config.h"

namespace lokitail::agent {

struct DaemonOptions {
  // How long a stop may take to get rid of what is in flight.
  std::chrono::nanoseconds shutdown_timeout{std::chrono::seconds(5)};
  // Entries are printed on standard output rather than sent, and nothing is written.
  bool dry_run = false;
  // What each stage does to each entry is printed on standard error.
  bool inspect = false;
  // All files are read to their ends, everything is delivered, and that is all.
  bool drain_and_exit = false;
};

class Daemon {
 public:
  // `config` outlives the daemon.
  Daemon(const config::Config& config, DaemonOptions options, config::Warnings& warnings);
  ~Daemon();

  // Returns after SIGTERM or SIGINT, when everything is drained or the time for that is over; with
  // standard input for the source also at its end, when everything is settled. False where lines
  // were lost that nobody can read again, and where not all was delivered that was to be.
  [[nodiscard]] bool run();

 private:
  using Clock = std::chrono::steady_clock;
  WorkerConfig worker_config();
  void serve();
  void watch_signals();
  void wait_for_signal();
  void begin_stop(Clock::time_point deadline);
  Clock::time_point usual_deadline() const;
  void stdin_ended(StdinTarget::End end);
  boost::asio::awaitable<void> rest();
  boost::asio::awaitable<void> drain_files();
  // Whether a stop waits until everything is delivered, however long that takes, unless a signal comes.
  bool delivers_all() const { return stdin_.has_value() || options_.drain_and_exit; }
  void sync_positions_later();
  void write_positions();
  boost::asio::awaitable<void> shut_down();
  boost::asio::awaitable<bool> worker_answers(std::chrono::milliseconds patience);
  boost::asio::awaitable<HttpAnswer> healthz();
  HttpAnswer ready();
  HttpAnswer readyz();

  const config::Config& config_;
  const DaemonOptions options_;
  boost::asio::io_context control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer positions_timer_;
  Metrics metrics_;
  const std::shared_ptr<Ledger> ledger_ = std::make_shared<Ledger>();
  Positions positions_;
  Delivery delivery_;
  Worker worker_;
  FileTargets file_targets_;
  std::shared_ptr<prometheus::Collectable> file_metrics_;
  std::shared_ptr<prometheus::Collectable> process_metrics_ = std::make_shared<ProcessMetrics>();
  std::unique_ptr<HttpServer> server_;
  std::vector<std::unique_ptr<Target>> targets_;  // that are no files
  std::optional<StdinTarget> stdin_;  // then there are no others
  bool stopping_ = false;
  Clock::time_point stop_deadline_ = Clock::time_point::max();
  bool lines_lost_ = false;
};

}  // namespace lokitail::agent
