// A small HTTP/1.1 server: the agent's own pages, and what others push to it.
//
// It serves whoever asks, so all of it is bounded: connections, sizes of requests, what the bodies of all
// requests take together, and the time that reading a request or writing an answer may take. Where there are
// as many connections as there may be, one that has not sent its request for long makes way. Who may ask for
// what: access.h.
//
// Threads: the io_context's thread only.
// Errors:  start() throws std::runtime_error where it cannot listen, or has no certificate that can be used.
// A broken request is answered
//          with 4xx or its connection is closed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/server/access.h"
#include "agent/server/http_message.h"
#include "config/config.h"

namespace lokitail::agent {

struct HttpServerOptions {
  static HttpServerOptions of(const config::ServerConfig& server);

  std::string address;          // empty: all addresses
  std::string network = "tcp";  // tcp, tcp4 or tcp6
  std::uint16_t port = 0;       // 0: any free one
  std::string socket_path;      // of a Unix socket to listen on besides; empty: none
  unsigned socket_mode = 0660;
  std::string path_prefix;
  config::ServerTlsConfig tls;
  std::optional<config::BasicAuth> basic_auth;
  bool admin = false;  // whether what Access::kAdmin guards is there at all
  std::vector<std::string> allowed_hosts;
  std::size_t connection_limit = 0;                 // 0: kMostConnections
  std::size_t body_budget = std::size_t{64} << 20;  // bytes of all bodies that are there at a time
  std::chrono::nanoseconds read_timeout{std::chrono::seconds(30)};
  std::chrono::nanoseconds write_timeout{std::chrono::seconds(30)};
  std::chrono::nanoseconds idle_timeout{std::chrono::seconds(120)};
};

class HttpServer {
 public:
  using Handler = std::function<boost::asio::awaitable<HttpAnswer>(HttpRequest&)>;
  // Refuses a request before its body is read; nothing where it may come.
  using Gate = std::function<std::optional<HttpAnswer>()>;

  HttpServer(boost::asio::io_context& io, HttpServerOptions options);
  ~HttpServer();

  // Answers GET and HEAD requests for `path` (below the path prefix). Before start().
  void on_get(std::string path, Handler handler, Access access = Access::kKnown);
  // Answers POST requests with bodies of up to `body_limit` bytes.
  void on_post(std::string path, std::size_t body_limit, Handler handler, Gate gate = {},
               Access access = Access::kKnown);

  void start();
  // The port it listens on.
  std::uint16_t port() const;
  // Takes no more connections and requests; requests that are being answered go on until stop().
  void stop_accepting();
  // Closes the listener and all connections.
  void stop();
  // After one of both: whether all requests are answered, or given up.
  bool is_over() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lokitail::agent
