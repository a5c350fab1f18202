// An HTTP/1.1 server whose answers a test gives, as they are given: whole, or in chunks for as long as the test
// likes. Stands in for the servers that discovery asks.
//
// Threads: the handler runs on a thread per connection, so several of its calls may run at a time. Everything here
// may be called from any thread.
// Errors:  std::system_error where no port can be listened on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lokitail::test {

struct StubRequest {
  std::string method;
  std::string target;  // path and query, as they came
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::string path() const;                           // without the query
  std::string query(const std::string& name) const;   // decoded; empty if absent
  std::string header(const std::string& name) const;  // whatever its letter case; empty if absent
};

using StubHeaders = std::vector<std::pair<std::string, std::string>>;

// The answer to one request: send(), or begin() and then as many chunks as there are. A handler that returns
// without either closes the connection, and so does one that returns within a chunked answer it has not ended.
class StubAnswer {
 public:
  virtual ~StubAnswer() = default;
  virtual void send(int status, const std::string& body, const StubHeaders& headers = {}) = 0;
  virtual void begin(int status, const StubHeaders& headers = {}) = 0;
  // False where nobody is there any more.
  virtual bool chunk(std::string_view text) = 0;
  virtual void end() = 0;
  // Whether the peer is there still, and the server not being stopped.
  virtual bool is_wanted() = 0;
};

class StubServer {
 public:
  using Handler = std::function<void(const StubRequest&, StubAnswer&)>;

  // On a free port of 127.0.0.1.
  explicit StubServer(Handler handler);
  // Breaks off what is being answered; handlers see it by is_wanted() and chunk().
  ~StubServer();
  StubServer(const StubServer&) = delete;
  StubServer& operator=(const StubServer&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // http://127.0.0.1:port
  // Breaks off all connections that there are now.
  void drop_connections();

 private:
  class Connection;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lokitail::test
