#include "agent/command/health.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/command/arguments.h"
#include "agent/command/ask/agent_client.h"
#include "agent/http/client.h"
#include "config/value.h"

namespace lokitail::agent {

const std::string_view kHealthUsage = R"(usage: lokitail health [options]

Asks a running agent whether it is ready.

  --url URL       what to ask (http://127.0.0.1:9080/ready); /readyz also wants clients that deliver,
                  /healthz only an agent that is not stuck. unix:///path/of.sock:/readyz asks over a socket
  --timeout TIME  how long an answer may take (5s)

Exit status: 0 if the answer is a success; 1 if it is another, or none; 2 for wrong arguments.
)";

namespace {

constexpr int kWell = 0;
constexpr int kUnwell = 1;
constexpr int kBadArguments = 2;

struct HealthOptions {
  http::Url url;
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  bool help = false;
};

constexpr std::string_view kUsualTarget = "/ready";

// A socket alone is asked what is asked without any URL.
http::Url url_of(std::string_view text) {
  http::Url url = agent_url(text);
  if (!url.socket.empty() && url.target == "/") url.target = kUsualTarget;
  return url;
}

std::chrono::nanoseconds timeout_of(std::string_view text) {
  const auto timeout = config::parse_go_duration(text);
  if (!timeout || *timeout <= std::chrono::nanoseconds::zero()) {
    throw std::invalid_argument("--timeout: expected a duration as 5s, not '" + std::string(text) + "'");
  }
  return *timeout;
}

HealthOptions parse_health_options(std::span<const char* const> all) {
  constexpr std::array<std::string_view, 3> kFlags = {"help", "timeout", "url"};
  HealthOptions options{.url = url_of("http://127.0.0.1:9080" + std::string(kUsualTarget))};
  for (Arguments arguments(all); arguments.next();) {
    if (arguments.flag() == "url") {
      options.url = url_of(arguments.value());
    } else if (arguments.flag() == "timeout") {
      options.timeout = timeout_of(arguments.value());
    } else if (arguments.is_help()) {
      options.help = true;
    } else {
      arguments.refuse(kFlags);
    }
  }
  return options;
}

http::Response ask(const HealthOptions& options) {
  constexpr std::size_t kLongestAnswer = 64 << 10;
  boost::asio::io_context io(1);
  http::Client client(io, options.url, {}, options.timeout, std::chrono::nanoseconds::zero());
  http::Response response;
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        response = co_await client.get(options.url.target, {}, kLongestAnswer);
        client.close();
      },
      boost::asio::detached);
  io.run();
  return response;
}

// With one line's end, whatever the answer ends with.
std::string_view trimmed(std::string_view text) {
  return text.substr(0, text.find_last_not_of("\r\n") + 1);
}

}  // namespace

int run_health(std::span<const char* const> arguments) {
  try {
    const HealthOptions options = parse_health_options(arguments);
    if (options.help) {
      fmt::print("{}", kHealthUsage);
      return kWell;
    }
    const http::Response response = ask(options);
    if (response.ok()) {
      fmt::print("{}\n", trimmed(response.body));
      return kWell;
    }
    fmt::print(stderr, "lokitail health: {}\n", trimmed(response.problem()));
    return kUnwell;
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail health: {}\n`lokitail health --help` shows the arguments\n", problem.what());
    return kBadArguments;
  }
}

}  // namespace lokitail::agent
