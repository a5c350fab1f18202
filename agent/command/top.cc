#include "agent/command/top.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/command/arguments.h"
#include "agent/command/ask/agent_client.h"
#include "agent/command/top/picture.h"
#include "agent/into_error.h"
#include "agent/terminal_screen.h"
#include "config/value.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr int kWell = 0;
constexpr int kFailed = 1;

const std::string kUsageText = std::string(R"(usage: lokitail top [options]

Shows the clients and targets of a running agent. Keys: q ends, s sorts by lag or by rate.

  --interval TIME       how often (2s)
  --once                two looks, and the second is printed; also where standard output is no terminal
)") + AgentAddress::kUsage +
                               R"(
Exit status: 0; 1 where the agent does not answer; 2 for wrong arguments.
)";

struct TopOptions {
  AgentAddress agent;
  std::chrono::nanoseconds interval = std::chrono::seconds(2);
  bool once = ::isatty(STDOUT_FILENO) != 1;
  bool help = false;
};

TopOptions parse_top_options(std::span<const char* const> all) {
  constexpr std::array<std::string_view, 7> kFlags = {"ca-file",       "help", "interval", "once",
                                                      "password-file", "url",  "user"};
  TopOptions options;
  for (Arguments arguments(all); arguments.next();) {
    if (arguments.flag() == "interval") {
      const auto interval = config::parse_go_duration(arguments.value());
      if (!interval || *interval <= std::chrono::nanoseconds::zero()) {
        throw std::invalid_argument("--interval: expected a duration as 2s");
      }
      options.interval = *interval;
    } else if (arguments.flag() == "once") {
      options.once = arguments.switched_on();
    } else if (arguments.is_help()) {
      options.help = true;
    } else if (!options.agent.read_flag(arguments)) {
      arguments.refuse(kFlags);
    }
  }
  return options;
}

// Keys come one by one, without being shown, for as long as it lives.
class KeyMode {
 public:
  KeyMode() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios keys = before_;
    keys.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO));
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
  }
  KeyMode(const KeyMode&) = delete;
  KeyMode& operator=(const KeyMode&) = delete;
  ~KeyMode() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  bool is_terminal() const { return is_terminal_; }

 private:
  termios before_{};
  const bool is_terminal_;
};

class Top {
 public:
  Top(asio::io_context& io, const TopOptions& options)
      : io_(io),
        options_(options),
        client_(io, options.agent),
        timer_(io),
        signals_(io, SIGINT, SIGTERM),
        keys_(io),
        picture_(Painter(!options.once && shows_colours(STDOUT_FILENO))) {}

  asio::awaitable<void> run() {
    if (options_.once) {
      co_await look();
      if (problem_.empty()) co_await wait();
      co_await look();
      if (problem_.empty()) print();
    } else {
      begin();
      while (!ended_) {
        co_await look();
        if (!ended_) draw();
        if (!ended_) co_await wait();
      }
      screen_.reset();
      mode_.reset();
    }
    client_.close();
    io_.stop();
  }

  const std::string& problem() const { return problem_; }

 private:
  void begin() {
    signals_.async_wait([this](const error_code& cancelled, int) {
      if (!cancelled) end();
    });
    mode_.emplace();
    if (mode_->is_terminal()) {
      keys_.assign(::dup(STDIN_FILENO));
      read_key();
    }
    screen_.emplace();
  }

  void end() {
    ended_ = true;
    timer_.cancel();
    client_.close();
  }

  void read_key() {
    keys_.async_read_some(asio::buffer(&key_, 1), [this](const error_code& error, std::size_t) {
      if (error) return;
      if (key_ == 'q') return end();
      if (key_ == 's') {
        order_ = order_ == top::Order::kLag ? top::Order::kRate : top::Order::kLag;
        draw();
      }
      read_key();
    });
  }

  asio::awaitable<void> wait() {
    timer_.expires_after(std::chrono::duration_cast<Clock::duration>(options_.interval));
    error_code ignored;
    co_await timer_.async_wait(into(ignored));
  }

  asio::awaitable<void> look() {
    pipeline::Arena arena;
    std::vector<JsonValue> answers;
    std::vector<std::string> bodies;  // which the values look into
    bodies.reserve(3);
    for (const char* const what : {"status", "clients", "targets?limit=1000"}) {
      http::Response response = co_await client_.get(what);
      problem_ = response.ok() ? "" : problem_of(response);
      if (!problem_.empty()) co_return;
      bodies.push_back(std::move(response.body));
      const auto answer = pipeline::lang::parse_strict_json(bodies.back(), arena);
      if (!answer || !answer->is_object()) problem_ = "the answer is no JSON object: is this a lokitail?";
      if (!problem_.empty()) co_return;
      answers.push_back(*answer);
    }
    picture_.take(answers[0], answers[1], answers[2],
                  std::chrono::duration<double>(Clock::now().time_since_epoch()).count());
  }

  void draw() {
    const auto size = TerminalScreen::size();
    auto lines = picture_.lines(size.columns, size.rows, order_);
    if (!problem_.empty()) lines = {"lokitail top: " + without_controls(problem_), "", "q ends"};
    screen_->draw(lines);
  }

  void print() const {
    constexpr std::size_t kColumns = 100;
    for (const std::string& line :
         picture_.lines(kColumns, std::numeric_limits<std::size_t>::max(), order_)) {
      fmt::print("{}\n", line);
    }
  }

  asio::io_context& io_;
  const TopOptions& options_;
  AgentClient client_;
  asio::steady_timer timer_;
  asio::signal_set signals_;
  asio::posix::stream_descriptor keys_;
  std::optional<KeyMode> mode_;
  std::optional<TerminalScreen> screen_;
  top::Picture picture_;
  top::Order order_ = top::Order::kLag;
  char key_ = 0;
  bool ended_ = false;
  std::string problem_;
};

int show_top(const TopOptions& options) {
  asio::io_context io(1);
  Top top(io, options);
  asio::co_spawn(io, top.run(), asio::detached);
  io.run();
  if (!options.once || top.problem().empty()) return kWell;
  fmt::print(stderr, "lokitail top: {}\n", top.problem());
  return kFailed;
}

}  // namespace

const std::string_view kTopUsage = kUsageText;

int run_top(std::span<const char* const> arguments) {
  try {
    const TopOptions options = parse_top_options(arguments);
    if (options.help) {
      fmt::print("{}", kTopUsage);
      return kWell;
    }
    std::signal(SIGPIPE, SIG_IGN);
    return show_top(options);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail top: {}\nRun lokitail top --help for what there is\n", problem.what());
    return kBadArguments;
  }
}

}  // namespace lokitail::agent
