#include "agent/command/tap.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "agent/command/arguments.h"
#include "agent/command/ask/agent_client.h"
#include "agent/json_members.h"
#include "agent/terminal.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/snapshot.h"

namespace lokitail::agent {
namespace {

constexpr int kWell = 0;
constexpr int kFailed = 1;

const std::string kUsageText = std::string(R"(usage: lokitail tap [options] [SELECTOR]

Shows the entries of a running agent as they come: time, labels and line, as -dry-run prints them. The agent needs
server.admin: true. Secrets that are known by name are hidden.

  SELECTOR              which entries: '{level="error"} |= "timeout"'; all without one
  --before              as they go into the pipelines, rather than as they come out
  --job NAME            of this job
  --rate N              at most so many a second, 1 to 1000 (100); what is left out is counted
  --limit N             end after so many
  --format text|json    json: a document for each entry, on a line (text)
  --color WHEN          auto, always or never (auto)
)") + AgentAddress::kUsage +
                               R"(
Exit status: 0; 1 where the agent does not answer or refuses; 2 for wrong arguments.
)";

struct TapOptions {
  AgentAddress agent;
  bool before = false;
  bool json = false;
  bool help = false;
  bool colours = shows_colours(STDOUT_FILENO);
  std::string job, selector, rate;
  std::uint64_t limit = 0;  // 0: none
};

std::uint64_t number_of(std::string_view flag, std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument(fmt::format("--{}: expected a number, not '{}'", flag, text));
  }
  return number;
}

TapOptions parse_tap_options(std::span<const char* const> all) {
  constexpr std::array<std::string_view, 11> kFlags = {
      "before", "ca-file", "color", "format", "help", "job", "limit", "rate", "url", "password-file", "user"};
  TapOptions options;
  for (Arguments arguments(all); arguments.next();) {
    const std::string_view flag = arguments.flag();
    if (flag.empty()) {
      if (!options.selector.empty()) throw std::invalid_argument("more than one selector");
      options.selector = arguments.text();
    } else if (flag == "before") {
      options.before = arguments.switched_on();
    } else if (flag == "job") {
      options.job = arguments.value();
    } else if (flag == "rate") {
      options.rate = std::to_string(number_of(flag, arguments.value()));
    } else if (flag == "limit") {
      options.limit = number_of(flag, arguments.value());
    } else if (flag == "format") {
      const std::string_view format = arguments.value();
      if (format != "text" && format != "json")
        throw std::invalid_argument("--format: expected text or json");
      options.json = format == "json";
    } else if (flag == "color") {
      options.colours = parse_colour_choice(arguments.value(), STDOUT_FILENO);
    } else if (arguments.is_help()) {
      options.help = true;
    } else if (!options.agent.read_flag(arguments)) {
      arguments.refuse(kFlags);
    }
  }
  return options;
}

std::string query_of(const TapOptions& options) {
  std::string query = options.before ? "tail?point=before" : "tail?point=after";
  const auto add = [&query](const char* name, const std::string& value) {
    if (!value.empty()) query += fmt::format("&{}={}", name, http::percent_encode(value));
  };
  add("job", options.job);
  add("selector", options.selector);
  add("rate", options.rate);
  return query;
}

// Reads server-sent events and prints them.
class Printer {
 public:
  explicit Printer(const TapOptions& options) : options_(options), paint_(options.colours) {}

  // False when there are as many as were wanted, or nobody reads them.
  bool take(std::string_view bytes) {
    unread_ += bytes;
    std::size_t begin = 0;
    bool more = true;
    for (std::size_t end; more && (end = unread_.find('\n', begin)) != unread_.npos; begin = end + 1) {
      more = take_line(std::string_view(unread_).substr(begin, end - begin));
    }
    unread_.erase(0, begin);
    return std::fflush(stdout) == 0 && more;
  }

 private:
  static constexpr std::string_view kEvent = "event: ";
  static constexpr std::string_view kData = "data: ";

  bool take_line(std::string_view line) {
    if (line.starts_with(kEvent)) {
      is_skipped_ = line.substr(kEvent.size()) == "skipped";
    } else if (line.starts_with(kData) && std::exchange(is_skipped_, false)) {
      fmt::print(stderr, "lokitail tap: {} more than the rate allows\n", line.substr(kData.size()));
    } else if (line.starts_with(kData)) {
      print(line.substr(kData.size()));
      return ++printed_ != options_.limit;
    }
    return true;
  }

  void print(std::string_view json) const {
    if (options_.json) {
      fmt::print("{}\n", json);
      return;
    }
    pipeline::Arena arena;
    const auto entry = pipeline::lang::parse_strict_json(json, arena);
    if (!entry) return;
    fmt::print(
        "{}\t{}\t{}\n", paint_(Colour::kCyan, text_of(*entry, "timestamp")),
        paint_(Colour::kYellow, without_controls(pipeline::labels_text(texts_of(entry->find("labels"))))),
        options_.colours ? without_controls(text_of(*entry, "line")) : text_of(*entry, "line"));
  }

  const TapOptions& options_;
  const Painter paint_;
  std::string unread_;
  bool is_skipped_ = false;
  std::uint64_t printed_ = 0;
};

int tap(const TapOptions& options) {
  boost::asio::io_context io(1);
  AgentClient client(io, options.agent);
  Printer printer(options);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  bool is_wanted = true;
  signals.async_wait([&](const boost::system::error_code& cancelled, int) {
    if (cancelled) return;
    is_wanted = false;
    client.close();
  });
  http::Response response;
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        response = co_await client.stream(query_of(options), [&](std::string_view bytes) {
          is_wanted = is_wanted && printer.take(bytes);
          return is_wanted;
        });
        client.close();
        signals.cancel();
      },
      boost::asio::detached);
  io.run();
  if (!is_wanted) return kWell;
  fmt::print(stderr, "lokitail tap: {}\n", response.ok() ? "the agent has ended it" : problem_of(response));
  return kFailed;
}

}  // namespace

const std::string_view kTapUsage = kUsageText;

int run_tap(std::span<const char* const> arguments) {
  try {
    const TapOptions options = parse_tap_options(arguments);
    if (options.help) {
      fmt::print("{}", kTapUsage);
      return kWell;
    }
    std::signal(SIGPIPE, SIG_IGN);
    return tap(options);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail tap: {}\nRun lokitail tap --help for what there is\n", problem.what());
    return kBadArguments;
  }
}

}  // namespace lokitail::agent
