#include "agent/command/ask/agent_client.h"

#include <stdexcept>
#include <utility>

#include "agent/json_members.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent {
namespace {

constexpr std::chrono::seconds kTimeout{10};
// The agent gives a sign of life more often.
constexpr std::chrono::seconds kSilence{30};

}  // namespace

http::Url agent_url(std::string_view text) {
  auto url = http::parse_socket_url(text);
  if (!url) url = http::parse_url(text);
  if (!url) {
    throw std::invalid_argument("--url: expected an http, https or unix URL, not '" + std::string(text) +
                                "'");
  }
  return *std::move(url);
}

AgentAddress::AgentAddress() : url(*http::parse_url("http://127.0.0.1:9080")) {}

bool AgentAddress::read_flag(Arguments& arguments) {
  const auto auth = [this]() -> config::BasicAuth& {
    if (!http.basic_auth) http.basic_auth.emplace();
    return *http.basic_auth;
  };
  if (arguments.flag() == "url") {
    const std::string text(arguments.value());
    url = agent_url(text);
  } else if (arguments.flag() == "user") {
    auth().username = arguments.value();
  } else if (arguments.flag() == "password-file") {
    auth().password_file = arguments.value();
  } else if (arguments.flag() == "ca-file") {
    http.tls_config.ca_file = arguments.value();
  } else {
    return false;
  }
  return true;
}

AgentClient::AgentClient(boost::asio::io_context& io, const AgentAddress& address)
    : prefix_(address.url.target),
      client_(io, address.url, address.http, kTimeout, std::chrono::nanoseconds::zero()) {
  while (prefix_.ends_with('/')) prefix_.pop_back();
}

boost::asio::awaitable<http::Response> AgentClient::get(const std::string& what) {
  co_return co_await client_.get(target(what), {});
}

boost::asio::awaitable<http::Response> AgentClient::stream(const std::string& what,
                                                           std::function<bool(std::string_view bytes)> take) {
  // In a variable: GCC 12 destroys a lambda in the call's arguments twice.
  http::Client::Streaming streaming{
      .take = [&take](std::string_view bytes) -> boost::asio::awaitable<bool> { co_return take(bytes); },
      .silence = kSilence};
  co_return co_await client_.stream(target(what), {}, std::move(streaming));
}

std::string problem_of(const http::Response& response) {
  if (response.error.empty()) {
    pipeline::Arena arena;
    const auto answer = pipeline::lang::parse_strict_json(response.body, arena);
    if (answer) {
      if (std::string error = text_of(*answer, "error"); !error.empty()) return error;
    }
  }
  return response.problem();
}

}  // namespace lokitail::agent
