// The running agent: all parts of it, put together from a configuration, from start to stop.
//
// Threads: construct, run() and destroy on one thread, which becomes the control thread: signals,
// timers, discovery, sending and the HTTP server. Each worker is a thread besides.
// Errors:  the constructor throws config::Error or std::exception for what cannot be started.
#pragma once

#include <chrono>
#include <ctime>
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
#include "agent/scrape_job.h"
#include "agent/server/served_agent.h"
#include "agent/source/file/file_targets.h"
#include "agent/source/file/watched_folder.h"
#include "agent/source/stdin/stdin_target.h"
#include "agent/state/positions.h"
#include "agent/stuck_watch.h"
#include "agent/telemetry/ledger.h"
#include "agent/telemetry/metrics.h"
#include "agent/telemetry/process_metrics.h"
#include "agent/telemetry/tracing/trace_exporter.h"
#include "agent/workers.h"
#include "config/config.h"
#include "config/flags.h"

namespace lokitail::agent {

// Reads the configuration anew: what is there now. Throws where it is wrong.
using LoadConfig = std::function<config::LoadedConfig()>;

struct DaemonOptions {
  // How long a stop may take to get rid of what is in flight.
  std::chrono::nanoseconds shutdown_timeout{std::chrono::seconds(5)};
  // Entries are printed on standard output rather than sent, and nothing is written.
  bool dry_run = false;
  // What each stage does to each entry is printed on standard error.
  bool inspect = false;
  // All files are read to their ends, everything is delivered, and that is all.
  bool drain_and_exit = false;
  LoadConfig load = {};           // for a reload; none: there is no reload
  std::string watched_file = {};  // is loaded whenever it changes; empty: when that is asked for only
};

class Daemon {
 public:
  Daemon(std::shared_ptr<const config::Config> config, DaemonOptions options, config::Warnings& warnings);
  ~Daemon();

  // Returns after SIGTERM or SIGINT, when everything is drained or the time for that is over; with
  // standard input for the source also at its end, when everything is settled. False where lines
  // were lost that nobody can read again, and where not all was delivered that was to be.
  [[nodiscard]] bool run();
  // After run(): with what to go on, where it ended because of a configuration that a running agent cannot take over. nullptr: it was told to stop.
  std::shared_ptr<const config::Config> next_config() const { return next_config_; }

 private:
  using Clock = std::chrono::steady_clock;
  WorkerConfig worker_config();
  std::size_t worker_count() const;
  std::unique_ptr<ServedAgent> make_server(const config::ServerConfig& config);
  void watch_signals();
  void wait_for_signal();
  TargetContext context_of(const config::ScrapeConfig& scrape);
  void watch_config();
  void look_at_config_soon();
  void serve_reload(HttpServer& server);
  // What is wrong; empty where all is as it should be.
  boost::asio::awaitable<std::string> reload();
  boost::asio::awaitable<std::string> take_over(std::shared_ptr<const config::Config> fresh);
  bool wants_new_start(const config::Config& fresh) const;
  boost::asio::awaitable<std::string> exchange(std::shared_ptr<const config::Config> fresh);
  std::string change_server(const config::ServerConfig& fresh);
  std::unique_ptr<ServedAgent> serve_again();
  boost::asio::awaitable<std::string> change_clients(std::shared_ptr<const config::Config> fresh);
  void change_limits(const config::LimitsConfig& fresh);
  void put_in_force(const std::function<void(config::Config&)>& change);
  boost::asio::awaitable<void> see_off(std::unique_ptr<Delivery> replaced,
                                       std::shared_ptr<TraceExporter> traces);
  boost::asio::awaitable<void> see_off(ServedAgent& replaced);
  std::vector<BatcherConfig> batcher_configs(const Delivery& delivery) const;
  boost::asio::awaitable<std::string> change_jobs(std::shared_ptr<const config::Config> fresh);
  std::string start_jobs(std::vector<std::unique_ptr<ScrapeJob>> jobs);
  boost::asio::awaitable<void> see_off(ScrapeJob& job);
  void begin_stop(Clock::time_point deadline);
  Clock::time_point usual_deadline() const;
  void stdin_ended(StdinTarget::End end);
  boost::asio::awaitable<void> rest();
  boost::asio::awaitable<void> read_what_will_be_lost();
  boost::asio::awaitable<void> drain_files();
  // Whether a stop waits until everything is delivered, however long that takes, unless a signal comes.
  bool delivers_all() const { return stdin_.has_value() || options_.drain_and_exit; }
  void sync_positions_later();
  void write_positions();
  void return_memory_after(std::chrono::seconds time);
  boost::asio::awaitable<void> shut_down();
  boost::asio::awaitable<void> feed_watchdog(std::chrono::microseconds period);
  ServedParts served_parts();
  std::string hold_up() const;
  bool is_reading() const;
  std::shared_ptr<TraceExporter> make_traces(const config::Config& config);
  static std::shared_ptr<Tracer> tracer_of(const std::shared_ptr<TraceExporter>& traces);

  const std::shared_ptr<const config::Config> first_config_;  // with which all was made
  std::shared_ptr<const config::Config> config_;              // in force
  std::shared_ptr<const config::Config> next_config_;
  const DaemonOptions options_;
  boost::asio::io_context control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer positions_timer_;
  boost::asio::steady_timer memory_timer_;
  // When memory was last looked after: the CPU time by then, and whether there was much to do.
  std::clock_t cpu_before_ = 0;
  bool was_busy_ = true;  // the start is
  Metrics metrics_;
  const std::shared_ptr<Ledger> ledger_ = std::make_shared<Ledger>();
  Positions positions_;
  std::string positions_trouble_;          // why they could not be written last
  std::shared_ptr<TraceExporter> traces_;  // null: there are none
  std::unique_ptr<Delivery> delivery_;     // of the configuration's clients
  Workers workers_;
  FileTargets file_targets_;
  std::shared_ptr<prometheus::Collectable> file_metrics_;
  const std::shared_ptr<StuckWatch> stuck_watch_;
  std::shared_ptr<prometheus::Collectable> process_metrics_ = std::make_shared<ProcessMetrics>();
  std::unique_ptr<ServedAgent> served_;                        // null: there is none
  std::vector<std::unique_ptr<ServedAgent>> leaving_servers_;  // with requests that are answered still
  std::vector<std::unique_ptr<ScrapeJob>> jobs_;               // none with standard input
  std::vector<std::unique_ptr<ScrapeJob>> leaving_;            // seen off at present
  std::unique_ptr<WatchedFolder> config_folder_;
  boost::asio::steady_timer reload_timer_;
  std::string config_text_;  // of the watched file, when it was looked at last
  bool is_reloading_ = false;
  std::size_t closing_ = 0;  // of those that leave
  prometheus::Counter& reloads_;
  prometheus::Counter& failed_reloads_;
  std::optional<StdinTarget> stdin_;  // then there are no others
  bool stopping_ = false;
  Clock::time_point stop_deadline_ = Clock::time_point::max();
  bool lines_lost_ = false;
};

}  // namespace lokitail::agent
