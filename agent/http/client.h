// An HTTP/1.1 client for one destination: one connection, kept alive between requests, over TCP or
// TLS, direct or through a proxy.
//
// Credentials and certificates are read again whenever they are used, so that files may be rotated.
// A connection that the server closed while it was idle is replaced at once; any other failure is
// reported and the next request starts with a fresh connection and a fresh name look-up. So does a request
// on a connection that has reached its greatest age: whoever moves to another address is followed.
//
// Threads: belongs to the io_context's thread. One request at a time.
// Errors:  none is thrown; a response without status, or with an error, says what went wrong.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/http/headers.h"
#include "agent/http/url.h"
#include "config/config.h"

namespace lokitail::agent::http {

struct Response {
  int status = 0;           // 0: no answer, see error
  std::string body;         // of a POST, its beginning; at most 64 KiB
  std::string retry_after;  // header, empty if absent
  std::string location;     // header, empty if absent
  Headers headers;          // all of them, for a GET
  std::string error;        // for people; holds no secrets

  bool ok() const { return status / 100 == 2 && error.empty(); }
  std::string_view header(std::string_view name) const;  // of a GET; empty if absent
  // What went wrong, for people: the error, or the status with the beginning of what was said with it.
  std::string problem() const;
};

class Client {
 public:
  // `timeout` bounds each request: connecting, sending and the answer. `max_age` of a connection; 0 for any.
  Client(boost::asio::io_context& io, Url url, config::HttpClientConfig config,
         std::chrono::nanoseconds timeout, std::chrono::nanoseconds max_age);
  ~Client();

  // Sends a POST with these headers besides Host, Content-Length, Connection and authorization.
  // `headers` and `body` must live until it is done.
  boost::asio::awaitable<Response> post(const Headers& headers, std::string_view body);

  // Asks for `target`, a path with its query, at the URL's host. An answer with more than `max_body` bytes is an
  // error, and so is one that breaks off.
  boost::asio::awaitable<Response> get(std::string target, const Headers& headers,
                                       std::size_t max_body = std::size_t{16} << 20);

  // What to do with an answer that goes on, where its status is a success.
  struct Streaming {
    // Takes what came of the body; no more is received until it has. False: no more is wanted.
    std::function<boost::asio::awaitable<bool>(std::string_view bytes)> take;
    // After so long without a byte the request fails. 0: never, and the answer may begin as late as it likes.
    std::chrono::nanoseconds silence{0};
    // Told of status and headers before the body; may be empty.
    std::function<void(const Response&)> begin{};
  };
  // The same for an answer that goes on: its body is taken as it comes, until the server ends it.
  boost::asio::awaitable<Response> stream(std::string target, const Headers& headers, Streaming streaming);

  // Drops the connection, also under a request that is waiting, which is not sent again.
  void close();

 private:
  class Connection;
  struct Request;
  boost::asio::awaitable<Response> follow(Url url, Request request);
  boost::asio::awaitable<Response> send_to(const Url& url, const Request& request);

  boost::asio::io_context& io_;
  const Url url_;
  const config::HttpClientConfig config_;
  const std::chrono::nanoseconds timeout_;
  const std::chrono::nanoseconds max_age_;
  std::unique_ptr<Connection> connection_;
  bool is_closed_ = false;  // under the present request
};

}  // namespace lokitail::agent::http
