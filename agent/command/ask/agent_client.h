// Asks a running agent over its HTTP API (docs/api.md): for `lokitail tap` and `lokitail top`.
//
// Threads: one at a time.
// Errors:  read_flag() throws std::invalid_argument, whose text is for the user.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/command/arguments.h"
#include "agent/http/client.h"
#include "agent/http/url.h"
#include "config/config.h"

namespace lokitail::agent {

// Of `--url`: unix:///path, too. Throws as read_flag().
http::Url agent_url(std::string_view text);

// Where the agent is, and what it wants to see.
struct AgentAddress {
  static constexpr const char* kUsage =
      "  --url URL             the agent's server (http://127.0.0.1:9080), or its socket: unix:///path\n"
      "  --user NAME           its user, where it wants one\n"
      "  --password-file FILE  and the password\n"
      "  --ca-file FILE        what its certificate is signed with, where the system does not know it\n";

  AgentAddress();

  http::Url url;
  config::HttpClientConfig http;

  // Whether the flag at hand is one of these; then it is taken.
  bool read_flag(Arguments& arguments);
};

class AgentClient {
 public:
  AgentClient(boost::asio::io_context& io, const AgentAddress& address);

  // `what` is what stands behind /api/v1/.
  boost::asio::awaitable<http::Response> get(const std::string& what);
  // The answer goes to `take` as it comes, for as long as that returns true.
  boost::asio::awaitable<http::Response> stream(const std::string& what,
                                                std::function<bool(std::string_view bytes)> take);
  void close() { client_.close(); }

 private:
  std::string target(const std::string& what) const { return prefix_ + "/api/v1/" + what; }

  std::string prefix_;
  http::Client client_;
};

// What the agent says is wrong, for people.
std::string problem_of(const http::Response& response);

}  // namespace lokitail::agent
