// The Loki of a test: a real receiver on a port of its own, that keeps what it stored and answers
// as the test tells it.
//
// Threads: the receiver has its own; everything here may be called from any thread. A rule is
// called on the receiver's thread, one call at a time, and must not call back. Errors: whoever
// looks after a push came that cannot be decoded gets an exception.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/wait.h"

namespace lokitail::test {

// An entry as it arrived, in the order of arrival.
struct Arrival {
  std::string tenant;
  std::string labels;          // {a="b", c="d"}
  std::int64_t timestamp = 0;  // nanoseconds
  std::string line;
};

// A push as the receiver saw it.
struct Request {
  std::string tenant;
  std::vector<Arrival> entries;
  std::size_t body_bytes = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string target;
  std::uint64_t connection = 0;  // pushes over one connection have the same number
  std::chrono::steady_clock::time_point at;
  int status = 0;    // what was answered
  bool cut = false;  // the connection was closed instead
};

struct Reply {
  int status = 204;
  std::string body;
  std::map<std::string, std::string> headers;
  bool store = true;  // whether the entries count as stored, whatever the status says
  std::chrono::milliseconds delay{0};
  bool cut = false;  // the connection is closed instead of an answer

  static Reply ok() { return {}; }
  static Reply refuse(int status, std::string body = "", std::map<std::string, std::string> more = {}) {
    return {status, std::move(body), std::move(more), false, {}, false};
  }
};

class Loki {
 public:
  using Rule = std::function<Reply(const Request&)>;

  // At any free port, unless another one is given.
  explicit Loki(const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~Loki();

  std::uint16_t port() const { return port_; }
  std::string url() const;  // of the push endpoint
  // "127.0.0.1:PORT", the label `host` of the agent's metrics.
  std::string host() const;

  // How to answer from now on.
  void answer(Rule rule);
  void answer(const Reply& reply);  // all pushes alike

  // Refuses connections; those that are open are cut.
  void go_down();
  void come_back();

  // What is stored, in the order in which it came.
  std::vector<Arrival> stored() const;
  std::size_t stored_count() const;
  bool wait_stored(std::size_t entries, std::chrono::milliseconds deadline = kPatience) const;
  // The lines among them.
  std::vector<std::string> lines() const;

  std::vector<Request> requests() const;
  std::size_t request_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  std::uint16_t port_ = 0;
};

}  // namespace lokitail::test
