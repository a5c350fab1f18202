#include "agent/command/health.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
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
#include "agent/json_members.h"
#include "config/value.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent {

const std::string_view kHealthUsage = R"(usage: lokitail health [options]

Asks a running agent how it is, and prints the condition of each of its parts.

  --url URL       what to ask (http://127.0.0.1:9080/readyz); /healthz only wants an agent that is not stuck,
                  whether it delivers or not, and /ready something to tail, as with Promtail.
                  unix:///path/of.sock:/readyz asks over a socket
  --format FORM   text, or json: the answer as it came
  --timeout TIME  how long an answer may take (10s)

Exit status: 0 if the answer is a success; 1 if it is another, or none; 2 for wrong arguments.
)";

namespace {

constexpr int kWell = 0;
constexpr int kUnwell = 1;

struct HealthOptions {
  http::Url url;
  // More than the agent waits for a worker that is stuck.
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  bool json = false;
  bool help = false;
};

constexpr std::string_view kUsualTarget = "/readyz";

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

bool is_json(std::string_view text) {
  if (text == "json") return true;
  if (text == "text") return false;
  throw std::invalid_argument("--format: expected text or json, not '" + std::string(text) + "'");
}

HealthOptions parse_health_options(std::span<const char* const> all) {
  constexpr std::array<std::string_view, 4> kFlags = {"format", "help", "timeout", "url"};
  HealthOptions options{.url = url_of("http://127.0.0.1:9080" + std::string(kUsualTarget))};
  for (Arguments arguments(all); arguments.next();) {
    if (arguments.flag() == "url") {
      options.url = url_of(arguments.value());
    } else if (arguments.flag() == "format") {
      options.json = is_json(arguments.value());
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
  constexpr std::size_t kLongestAnswer = std::size_t{1} << 20;
  const http::Headers kNoHeaders;
  boost::asio::io_context io(1);
  http::Client client(io, options.url, {}, options.timeout, std::chrono::nanoseconds::zero());
  http::Response response;
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        response = co_await client.get(options.url.target, kNoHeaders, kLongestAnswer);
        client.close();
      },
      boost::asio::detached);
  io.run();
  return response;
}

// With one line's end, whatever the answer ends with.
std::string_view trimmed(std::string_view text) { return text.substr(0, text.find_last_not_of("\r\n") + 1); }

// A line for each part; nothing where the answer is none of /healthz or /readyz.
std::optional<std::string> as_text(std::string_view body) {
  pipeline::Arena arena;
  const auto answer = pipeline::lang::parse_strict_json(trimmed(body), arena);
  if (!answer || !answer->is_object()) return std::nullopt;
  const auto says = [&answer](std::string_view key) {
    const JsonValue* const value = answer->find(key);
    const bool is_told = value != nullptr && value->kind() == JsonValue::Kind::kBool;
    return is_told && value->boolean() ? "yes" : "no";
  };
  std::string text = fmt::format("status {}, alive: {}, ready: {}\n", text_of(*answer, "status"),
                                 says("alive"), says("ready"));
  for (const JsonValue& part : items_of(answer->find("components"))) {
    const std::string name = text_of(part, "name"), reason = text_of(part, "reason");
    const std::string component = text_of(part, "component") + (name.empty() ? "" : " " + name);
    text += fmt::format("  {:<24} {:<8} since {}{}{}\n", component, text_of(part, "status"),
                        text_of(part, "since"), reason.empty() ? "" : ": ", reason);
  }
  return text;
}

// The end status says whether it is a success.
int print(const http::Response& response, bool json) {
  std::string text(trimmed(response.body));
  text += '\n';
  if (const auto told = json ? std::nullopt : as_text(response.body)) text = *told;
  if (response.ok()) {
    fmt::print("{}", text);
    return kWell;
  }
  const bool is_answer = response.status != 0 && response.error.empty() && !response.body.empty();
  if (is_answer && json) fmt::print("{}", text);
  if (!is_answer) text = response.problem() + '\n';
  if (!is_answer || !json) fmt::print(stderr, "lokitail health: {}", text);
  return kUnwell;
}

}  // namespace

int run_health(std::span<const char* const> arguments) {
  try {
    const HealthOptions options = parse_health_options(arguments);
    if (options.help) {
      fmt::print("{}", kHealthUsage);
      return kWell;
    }
    return print(ask(options), options.json);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail health: {}\n`lokitail health --help` shows the arguments\n", problem.what());
    return kBadArguments;
  }
}

}  // namespace lokitail::agent
