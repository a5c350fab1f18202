#include "agent/command/demo/trace_example.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/command/demo/child.h"
#include "agent/command/demo/container_log.h"
#include "agent/command/demo/service_program.h"
#include "agent/command/demo/tally.h"
#include "agent/command/demo/work_folder.h"
#include "agent/http/client.h"
#include "agent/into_error.h"
#include "agent/loki/receiver.h"
#include "agent/pause.h"
#include "agent/terminal.h"
#include "lokitail/telemetry/trace_context.h"

namespace lokitail::agent::demo {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kPoll{10};
// What is logged about each request, and by whom: the last of it depends on the request's story.
struct Expected {
  std::string_view service;
  std::string_view message;
};
constexpr std::array kAlways = {Expected{"guild-coordinator", "creating task"},
                                Expected{"executor-node", "received task"},
                                Expected{"executor-node", "wasm execution completed"}};
constexpr Expected kPaid{"payment-manager", "payment sent"};
constexpr Expected kUnpaidTrace{"payment-manager", "payment failed"};

// How many of the programs a request passes through. The others are asked for things of their own, which they
// log in so many lines.
constexpr std::size_t kOnTheWay = 3;
constexpr std::array<std::size_t, kPrograms.size() - kOnTheWay> kLinesBesides = {2, 1};

struct Request {
  std::string task;
  bool is_paid = true;
  telemetry::TraceContext trace = telemetry::new_trace();

  std::vector<Expected> expected() const {
    std::vector<Expected> all(kAlways.begin(), kAlways.end());
    all.push_back(is_paid ? kPaid : kUnpaidTrace);
    return all;
  }
};

// A program that runs. What it prints goes into the log of its container, as Docker writes it.
class RunningProgram {
 public:
  RunningProgram(asio::io_context& io, const std::filesystem::path& containers, std::size_t index,
                 std::uint16_t port, const std::string& next)
      : index_(index), log_(containers, kPrograms[index]), output_(io) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw std::runtime_error(std::string("no pipe: ") + std::strerror(errno));
    output_.assign(ends[0]);
    std::vector<std::string> arguments = {"demo", "--service", std::string(kPrograms[index]), "--listen",
                                          std::to_string(port)};
    if (!next.empty()) arguments.insert(arguments.end(), {"--next", next});
    try {
      process_ = std::make_unique<SelfProcess>(arguments, ends[1]);
    } catch (...) {
      ::close(ends[1]);
      throw;
    }
    ::close(ends[1]);
  }

  asio::awaitable<void> read(Tally& tally) {
    std::array<char, 4096> buffer;
    for (;;) {
      boost::system::error_code error;
      const std::size_t size = co_await output_.async_read_some(asio::buffer(buffer), into(error));
      if (error) co_return;
      pending_.append(buffer.data(), size);
      take_lines(tally);
    }
  }

  void close() {
    boost::system::error_code ignored;
    output_.close(ignored);
  }
  void terminate() { process_->terminate(); }
  bool running() { return process_->running(); }

 private:
  void take_lines(Tally& tally) {
    for (std::size_t end; (end = pending_.find('\n')) != std::string::npos;) {
      ServiceLine line;
      line.time = std::chrono::system_clock::now();
      line.text = pending_.substr(0, end + 1);
      pending_.erase(0, end + 1);
      tally.wrote(index_, line.text);
      log_.append(line);
    }
    log_.flush();
  }

  const std::size_t index_;
  ContainerLog log_;
  asio::posix::stream_descriptor output_;
  std::string pending_;
  std::unique_ptr<SelfProcess> process_;
};

class TraceExample {
 public:
  explicit TraceExample(const Options& options);

  int run();

 private:
  ReceiverOptions receiver_options();
  std::string url_of(std::size_t program) const {
    return fmt::format("http://127.0.0.1:{}", ports_[program]);
  }
  asio::awaitable<void> play();
  asio::awaitable<void> wait_for_programs();
  asio::awaitable<void> send(const Request& request);
  asio::awaitable<void> wait_for_arrival();
  asio::awaitable<void> end();
  std::unique_ptr<http::Client> client_of(std::size_t program);
  asio::awaitable<http::Response> ask(std::size_t program, std::string form, std::string traceparent);
  void print(const Request& request, const Painter& paint) const;
  bool is_whole(const Request& request) const;

  WorkFolder folder_;
  asio::io_context io_{1};
  asio::steady_timer timer_{io_};
  asio::signal_set signals_{io_, SIGINT, SIGTERM, SIGHUP};
  Tally tally_{true};
  Receiver receiver_;
  std::vector<std::uint16_t> ports_;
  std::deque<RunningProgram> programs_;
  std::unique_ptr<Child> agent_;
  std::vector<Request> requests_ = {{"task-001", true}, {"task-002", false}, {"task-003", true}};
  std::size_t expected_lines_ = 0;
  std::string problem_;
};

TraceExample::TraceExample(const Options& options)
    : folder_(options.keep), receiver_(io_, receiver_options()) {
  const std::filesystem::path containers = folder_.path() / "containers";
  for (const std::string_view name : kPrograms) {
    tally_.add_group(name);
    ports_.push_back(free_port());
  }
  for (std::size_t i = 0; i < kPrograms.size(); ++i) {
    const bool asks = i + 1 < kOnTheWay;
    programs_.emplace_back(io_, containers, i, ports_[i], asks ? url_of(i + 1) + "/requests" : std::string());
  }
  AgentConfig config;
  config.folder = folder_.path();
  config.push_url = receiver_.url();
  config.http_port = free_port();
  config.logs = (containers / "*/*-json.log").string();
  agent_ = std::make_unique<Child>(config);
}

ReceiverOptions TraceExample::receiver_options() {
  ReceiverOptions options;
  options.answer = [](const ReceivedPush& push) {
    return push.decoded ? PushAnswer{} : refusal(push.decoded);
  };
  options.on_push = [this](const ReceivedPush& push, const PushAnswer& answer) {
    if (answer.status == 204) tally_.take(push);
  };
  return options;
}

int TraceExample::run() {
  const Painter paint(shows_colours(STDOUT_FILENO));
  fmt::print("lokitail demo: requests through three services, each a process of its own, one trace each\n");
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    problem_ = "interrupted";
    io_.stop();
  });
  for (RunningProgram& program : programs_) asio::co_spawn(io_, program.read(tally_), asio::detached);
  asio::co_spawn(io_, play(), [this](const std::exception_ptr& thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      problem_ = error.what();
    }
    io_.stop();
  });
  io_.run();
  for (const Request& request : requests_) print(request, paint);
  const bool whole =
      std::ranges::all_of(requests_, [this](const Request& request) { return is_whole(request); });
  if (whole && problem_.empty()) {
    fmt::print("\n{} requests: all lines of each have arrived, in order\n", requests_.size());
    if (folder_.kept()) fmt::print("kept in {}\n", folder_.path().string());
    return EXIT_SUCCESS;
  }
  fmt::print(stderr, "lokitail demo: {}; the agent's last words:\n{}\n",
             problem_.empty() ? "lines of a trace are missing" : problem_, agent_->last_words());
  return EXIT_FAILURE;
}

asio::awaitable<void> TraceExample::play() {
  co_await wait_for_programs();
  for (const Request& request : requests_) co_await send(request);
  // What they do besides, under traces of their own.
  for (std::size_t i = kOnTheWay; i < kPrograms.size(); ++i) {
    static_cast<void>(co_await ask(i, "", ""));
    expected_lines_ += kLinesBesides[i - kOnTheWay];
  }
  co_await wait_for_arrival();
  co_await end();
}

std::unique_ptr<http::Client> TraceExample::client_of(std::size_t program) {
  const auto url = http::parse_url(url_of(program) + "/requests");
  return std::make_unique<http::Client>(io_, *url, config::HttpClientConfig{}, kPatience,
                                        std::chrono::nanoseconds(0));
}

asio::awaitable<http::Response> TraceExample::ask(std::size_t program, std::string form,
                                                  std::string traceparent) {
  const auto client = client_of(program);
  http::Headers headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  if (!traceparent.empty()) headers.emplace_back("traceparent", std::move(traceparent));
  const http::Response response = co_await client->post(headers, form);
  co_return response;
}

asio::awaitable<void> TraceExample::wait_for_programs() {
  const auto deadline = Clock::now() + kPatience;
  for (std::size_t i = 0; i < kPrograms.size(); ++i) {
    const auto client = client_of(i);
    const http::Headers none;
    while (true) {
      const http::Response response = co_await client->get("/ready", none);
      if (response.ok()) break;
      if (!programs_[i].running() || Clock::now() > deadline) {
        throw std::runtime_error(fmt::format("{} does not start", kPrograms[i]));
      }
      co_await pause(timer_, kPoll);
    }
  }
}

asio::awaitable<void> TraceExample::send(const Request& request) {
  const http::Response response = co_await ask(0,
                                               fmt::format("task_id={}&guild_id=guild-xyz&story={}",
                                                           request.task, request.is_paid ? "paid" : "unpaid"),
                                               telemetry::make_traceparent(request.trace));
  if (response.ok() != request.is_paid) {
    throw std::runtime_error(fmt::format("{}: {}", kPrograms[0], response.problem()));
  }
  expected_lines_ += request.expected().size();
}

asio::awaitable<void> TraceExample::wait_for_arrival() {
  const auto deadline = Clock::now() + kPatience;
  while (tally_.written() < expected_lines_ || !tally_.complete()) {
    if (!agent_->running()) throw std::runtime_error("the agent ended on its own");
    if (Clock::now() > deadline) throw std::runtime_error("not all lines have arrived");
    co_await pause(timer_, kPoll);
  }
}

asio::awaitable<void> TraceExample::end() {
  for (RunningProgram& program : programs_) program.terminate();
  agent_->terminate();
  const auto deadline = Clock::now() + kPatience;
  const auto any_runs = [this] {
    return agent_->running() ||
           std::ranges::any_of(programs_, [](RunningProgram& program) { return program.running(); });
  };
  while (any_runs() && Clock::now() < deadline) co_await pause(timer_, kPoll);
  if (!agent_->ended_well()) problem_ = "the agent did not end well";
  for (RunningProgram& program : programs_) program.close();
}

bool TraceExample::is_whole(const Request& request) const {
  return std::ranges::equal(tally_.trace(telemetry::trace_id_text(request.trace)), request.expected(),
                            [](const Shown& shown, const Expected& expected) {
                              return shown.source == expected.service && shown.message == expected.message;
                            });
}

void TraceExample::print(const Request& request, const Painter& paint) const {
  const std::string id = telemetry::trace_id_text(request.trace);
  fmt::print("\n{}\n", paint(Colour::kBold, "{job=\"docker\"} | json | trace_id=\"" + id + "\""));
  for (const Shown& shown : tally_.trace(id)) {
    const bool is_bad = shown.level == "error";
    fmt::print("  {:%T}.{:03}  {:<18} {}  {:<26} {}\n",
               fmt::gmtime(static_cast<std::time_t>(shown.time.seconds)), shown.time.nanoseconds / 1'000'000,
               shown.source, paint(is_bad ? Colour::kRed : Colour::kGreen, fmt::format("{:<5}", shown.level)),
               shown.message, shown.task_id);
  }
}

}  // namespace

int run_trace_example(const Options& options) { return TraceExample(options).run(); }

}  // namespace lokitail::agent::demo
