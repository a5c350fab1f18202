// An HTTP/1.1 client for one destination: one connection, kept alive between requests, over TCP or
// TLS, direct or through a proxy.
//
// Credentials and certificates are read again whenever they are used, so that files may be rotated.
// A connection that the server closed while it was idle is replaced at once; any other failure is
// reported and the next request starts with a fresh connection and a fresh name look-up. So does a request
// on a connection that has reached its greatest age: whoever moves to another address is followed.
//
// Threads: belongs to the io_context's thread. One request at a time.
// Errors:  none is thrown; a response without status says what went wrong.
#pragma once

#include <chrono>
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
  std::string body;         // its beginning; at most 64 KiB
  std::string retry_after;  // header, empty if absent
  std::string location;     // header, empty if absent
  std::string error;        // for people; holds no secrets
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

  // Drops the connection, also under a request that is waiting.
  void close();

 private:
  class Connection;
  boost::asio::awaitable<Response> post_to(const Url& url, const Headers& headers,
                                           std::string_view body);

  boost::asio::io_context& io_;
  const Url url_;
  const config::HttpClientConfig config_;
  const std::chrono::nanoseconds timeout_;
  const std::chrono::nanoseconds max_age_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace lokitail::agent::http
