#include "agent/command/demo.h"

#include <dirent.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/command/arguments.h"
#include "agent/command/demo/child.h"
#include "agent/command/demo/container_log.h"
#include "agent/command/demo/options.h"
#include "agent/command/demo/screen.h"
#include "agent/command/demo/service_program.h"
#include "agent/command/demo/services.h"
#include "agent/command/demo/tally.h"
#include "agent/command/demo/trace_example.h"
#include "agent/command/demo/work_folder.h"
#include "agent/loki/receiver.h"

namespace lokitail::agent {
namespace demo {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::milliseconds kTick{20};
constexpr std::chrono::milliseconds kFrame{100};
constexpr std::chrono::milliseconds kPlainLine{1000};
constexpr std::chrono::milliseconds kInterval{500};
constexpr double kExec = 0.3;                 // seconds, at the most, until the child is the agent
constexpr std::chrono::seconds kArrival{20};  // for what is written to arrive
constexpr std::chrono::seconds kStop{10};     // for the agent to end

// When what happens, as a share of the time that the services log.
constexpr double kOutageBegins = 0.35;
constexpr double kOutageLasts = 0.15;
constexpr double kLongestOutage = 3;  // seconds
constexpr double kRotation = 0.75;

void require_readable(const std::string& folder) {
  if (DIR* const opened = opendir(folder.c_str())) {
    closedir(opened);
    return;
  }
  const std::string why = "cannot read " + folder + ": " + std::strerror(errno) + "\n";
  throw std::runtime_error(why + (errno == EACCES
                                      ? "Docker's logs belong to root: try sudo lokitail demo --docker"
                                      : "Is Docker here, with its json-file driver? --docker-root DIR names "
                                        "another folder."));
}

class Demo {
 public:
  explicit Demo(const Options& options);

  // Returns the exit status.
  int run();

 private:
  // Writing: the services log. Arriving: what they wrote is on its way. Stopping: the agent ends.
  enum class Phase { kWriting, kArriving, kStopping };

  ReceiverOptions receiver_options();
  void watch_signals();
  void tick_later();
  void tick();
  void write_logs();
  void let_things_happen();
  void end_outage();
  void enter(Phase phase);
  void show();
  double seconds() const { return Seconds(Clock::now() - start_).count(); }
  bool docker() const { return options_.docker; }
  int finish();

  const Options options_;
  WorkFolder folder_;
  boost::asio::io_context io_;
  boost::asio::steady_timer timer_;
  boost::asio::signal_set signals_;
  Tally tally_;
  Guild guild_;
  std::vector<ContainerLog> logs_;
  Receiver receiver_;
  std::unique_ptr<Child> child_;
  std::optional<Screen> screen_;

  const Clock::time_point start_ = Clock::now();
  Phase phase_ = Phase::kWriting;
  Clock::time_point phase_began_ = start_;
  Clock::time_point next_frame_ = start_, next_interval_ = start_ + kInterval;
  bool loki_down_ = false;
  double down_since_ = 0;                     // seconds
  std::optional<std::uint64_t> to_catch_up_;  // entries, after an outage
  double up_since_ = 0;
  bool outage_over_ = false, rotated_ = false;
  bool failed_ = false;  // the agent ended on its own
  Status status_;
  Outcome outcome_;
};

Demo::Demo(const Options& options)
    : options_(options),
      folder_(options.keep),
      timer_(io_),
      signals_(io_, SIGINT, SIGTERM, SIGHUP),
      tally_(!options.docker),
      guild_(options.rate, std::chrono::system_clock::now()),
      receiver_(io_, receiver_options()) {
  AgentConfig config;
  config.folder = folder_.path();
  config.push_url = receiver_.url();
  config.http_port = free_port();
  if (docker()) {
    require_readable(options_.docker_root);
    config.logs = options_.docker_root + "/*/*-json.log";
    status_.title = "the containers of " + options_.docker_root;
  } else {
    const std::filesystem::path containers = folder_.path() / "containers";
    for (const std::string_view service : kServices) {
      tally_.add_group(service);
      logs_.emplace_back(containers, service);
    }
    config.logs = (containers / "*/*-json.log").string();
    status_.title = "a guild: every task is a trace through five services";
  }
  status_.agent_url = fmt::format("http://127.0.0.1:{}/metrics", config.http_port);
  status_.of_seconds = options_.seconds;
  status_.interval = Seconds(kInterval).count();
  child_ = std::make_unique<Child>(config);
}

ReceiverOptions Demo::receiver_options() {
  ReceiverOptions options;
  options.answer = [this](const ReceivedPush& push) {
    if (!push.decoded) return refusal(push.decoded);
    if (!loki_down_) return PushAnswer{};
    return PushAnswer{.status = 503, .body = "at least 1 live replicas required, could only find 0\n"};
  };
  options.on_push = [this](const ReceivedPush& push, const PushAnswer& answer) {
    if (answer.status != 204) return;
    tally_.take(push);
    if (to_catch_up_ && tally_.received() >= *to_catch_up_) {
      outcome_.caught_up_seconds = seconds() - up_since_;
      to_catch_up_.reset();
    }
  };
  return options;
}

void Demo::watch_signals() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    if (phase_ != Phase::kWriting) {
      io_.stop();  // the second: at once
      return;
    }
    enter(docker() ? Phase::kStopping : Phase::kArriving);
    watch_signals();
  });
}

void Demo::tick_later() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Demo::tick() {
  const bool late_arrival = Clock::now() - phase_began_ > kArrival;
  switch (phase_) {
    case Phase::kWriting:
      if (docker()) {
        if (options_.seconds > 0 && seconds() >= options_.seconds) enter(Phase::kStopping);
        break;
      }
      let_things_happen();
      write_logs();
      if (guild_.idle()) enter(Phase::kArriving);
      break;
    case Phase::kArriving:
      if (tally_.complete() || late_arrival) enter(Phase::kStopping);
      break;
    case Phase::kStopping:
      if (!child_->running() || Clock::now() - phase_began_ > kStop) io_.stop();
      break;
  }
  if (phase_ != Phase::kStopping && !child_->running()) {
    failed_ = true;
    io_.stop();
  }
  show();
  tick_later();
}

void Demo::write_logs() {
  std::vector<ServiceLine> lines;
  guild_.advance(std::chrono::system_clock::now(), lines);
  for (const ServiceLine& line : lines) {
    tally_.wrote(line.service, line.text);
    logs_[line.service].append(line);
  }
  for (ContainerLog& log : logs_) log.flush();
}

void Demo::let_things_happen() {
  const double now = seconds();
  const double all = options_.seconds;
  const double outage = std::min(kOutageLasts * all, kLongestOutage);
  if (!loki_down_ && !outage_over_ && now >= kOutageBegins * all) {
    loki_down_ = true;
    down_since_ = now;
    status_.note = "Loki is down: the agent keeps trying, nothing is lost";
  }
  if (loki_down_ && now >= down_since_ + outage) end_outage();
  if (!rotated_ && now >= kRotation * all) {
    rotated_ = true;
    logs_.front().rotate();
    status_.note = fmt::format("the log of {} was rotated", kServices.front());
  }
  if (now >= all) guild_.close();
}

void Demo::end_outage() {
  loki_down_ = false;
  outage_over_ = true;
  up_since_ = seconds();
  outcome_.down_seconds = up_since_ - down_since_;
  to_catch_up_ = tally_.written();
  status_.note = fmt::format("Loki is back: {} lines are on their way", tally_.lost());
}

void Demo::enter(Phase phase) {
  phase_ = phase;
  phase_began_ = Clock::now();
  if (loki_down_) end_outage();
  if (phase == Phase::kStopping) child_->terminate();
}

void Demo::show() {
  const auto now = Clock::now();
  if (now >= next_interval_) {
    tally_.next_interval();
    next_interval_ += kInterval;
  }
  if (now < next_frame_) return;
  next_frame_ = now + (screen_ ? kFrame : kPlainLine);
  status_.seconds = seconds();
  status_.loki_down = loki_down_;
  status_.loki = loki_down_ ? "down: answers 503" : fmt::format("up on 127.0.0.1:{}", receiver_.port());
  // Its memory is this process's before exec, and says nothing any more once it is on its way out.
  if (phase_ != Phase::kStopping && seconds() > kExec) {
    status_.agent_bytes = child_->resident_bytes();
    outcome_.agent_peak_bytes = std::max(outcome_.agent_peak_bytes, status_.agent_bytes);
  }
  if (screen_) {
    screen_->draw(status_, tally_);
  } else {
    fmt::print("{}", plain_line(status_, tally_));
    std::fflush(stdout);
    status_.note.clear();
  }
}

int Demo::run() {
  const bool colours = can_show_screen();
  if (colours) {
    screen_.emplace();
  } else {
    fmt::print("lokitail demo: {}\n", status_.title);
  }
  watch_signals();
  tick_later();
  io_.run();
  screen_.reset();
  const int exit_status = finish();
  fmt::print("{}", summary(outcome_, tally_, colours));
  return exit_status;
}

int Demo::finish() {
  const bool stopped = !child_->running();
  outcome_.agent_ended_well = child_->ended_well();
  outcome_.agent_cpu_seconds = child_->cpu_seconds();
  if (folder_.kept()) outcome_.kept = folder_.path().string();
  if (failed_ || (stopped && !outcome_.agent_ended_well)) {
    fmt::print(stderr, "lokitail demo: the agent {}; its last words:\n{}\n",
               failed_ ? "ended on its own" : "failed", child_->last_words());
  }
  const bool sound = tally_.lost() == 0 && tally_.unknown() == 0;
  return sound && !failed_ && outcome_.agent_ended_well ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace demo

int run_demo(std::span<const char* const> arguments) {
  demo::Options options;
  try {
    options = demo::parse_options(arguments);
  } catch (const std::invalid_argument& problem) {
    fmt::print(stderr, "lokitail demo: {}\n\n{}", problem.what(), demo::kUsage);
    return kBadArguments;
  }
  if (options.help) {
    fmt::print("{}", demo::kUsage);
    return EXIT_SUCCESS;
  }
  // A reader of the output that goes away must not keep the demo from cleaning up.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    if (!options.service.empty()) return demo::run_program({options.service, options.listen, options.next});
    if (options.trace) return demo::run_trace_example(options);
    return demo::Demo(options).run();
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail demo: {}\n", problem.what());
    return EXIT_FAILURE;
  }
}

}  // namespace lokitail::agent
