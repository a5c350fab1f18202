// What the agent's HTTP server (http_server.h) hands to a handler, and what it gets back.
//
// Threads: plain values.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

namespace lokitail::agent {

// A request as its handler sees it: valid until the handler is done.
struct HttpRequest {
  std::string_view target;  // as it was sent, but for the query
  std::string_view path;    // without the path prefix
  std::string_view query;   // what stands behind the question mark
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  boost::asio::ip::address client{};  // none where it came over a Unix socket
  bool is_local = false;              // it did
  std::string body{};

  // The first of that name, whatever its case; nothing if there is none.
  std::optional<std::string_view> header(std::string_view name) const;
};

// The body of an answer that has no end yet.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // False where nobody is there any more, or the server stops: then the body is to end.
  virtual boost::asio::awaitable<bool> write(std::string_view text) = 0;
};

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string location = {};                                      // for redirects
  std::chrono::seconds retry_after = {};                          // 0: says nothing of it
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones
  // Writes the body instead, for as long as it likes.
  std::function<boost::asio::awaitable<void>(HttpStream&)> stream = {};
};

// An answer in a few words, for people; a newline is added.
HttpAnswer text_answer(unsigned status, std::string_view text);

// The value of `name` in a query or in a form, decoded; nothing where it is not there.
std::optional<std::string> form_value(std::string_view form, std::string_view name);

}  // namespace lokitail::agent
