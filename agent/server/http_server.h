// The agent's own small HTTP/1.1 server: health, metrics, configuration.
//
// It serves whoever asks, so all of it is bounded: connections, sizes of requests, and the time that
// reading a request or writing an answer may take.
//
// Threads: the io_context's thread only.
// Errors:  start() throws std::runtime_error where it cannot listen. A broken request is answered
//          with 4xx or its connection is closed.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace lokitail::agent {

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string location;  // for redirects
};

struct HttpServerOptions {
  std::string address;  // empty: all addresses
  std::uint16_t port = 0;  // 0: any free one
  std::string path_prefix;
  std::size_t connection_limit = 0;  // 0: kMostConnections
  std::chrono::nanoseconds read_timeout{std::chrono::seconds(30)};
  std::chrono::nanoseconds write_timeout{std::chrono::seconds(30)};
  std::chrono::nanoseconds idle_timeout{std::chrono::seconds(120)};
};

class HttpServer {
 public:
  using Handler = std::function<boost::asio::awaitable<HttpAnswer>()>;

  HttpServer(boost::asio::io_context& io, HttpServerOptions options);
  ~HttpServer();

  // Answers GET and HEAD requests for `path` (below the path prefix). Before start().
  void on_get(std::string path, Handler handler);

  void start();
  // The port it listens on.
  std::uint16_t port() const;
  // Closes the listener and all connections.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lokitail::agent
