// A Consul server and agent in one, with as much of its API as discovery asks for. Blocking queries block:
// they are answered when what was asked for has changed, or after longest_wait.
//
// Threads: everything here may be called from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/stub_server.h"
#include "tests/support/wait.h"

namespace lokitail::test {

struct ConsulInstance {
  std::string id;
  std::string service;
  std::string address = "10.0.0.7";
  int port = 8080;
  std::vector<std::string> tags;
  std::map<std::string, std::string> meta;
  std::string health = "passing";
};

class FakeConsul {
 public:
  explicit FakeConsul(std::chrono::milliseconds longest_wait = 300ms);
  ~FakeConsul();

  std::string address() const;  // host:port
  // By its id.
  void put(const ConsulInstance& instance);
  void remove(const std::string& id);
  // As after a restart from an old snapshot: another state, and indexes that begin anew.
  void begin_anew(const std::vector<ConsulInstance>& instances);
  // All requests are cut, with or without a word.
  void go_down();
  void answer_with_errors();
  void come_back();

  std::vector<StubRequest> requests(const std::string& path_begins) const;
  // Queries that are waiting now.
  int waiting() const;

 private:
  enum class State { kUp, kDown, kFailing };

  void serve(const StubRequest& request, StubAnswer& answer);
  void wait_for_newer(const StubRequest& request, StubAnswer& answer);
  std::string body_of(const std::string& path) const;
  std::string services() const;
  std::string agent_services() const;
  std::string health(const std::string& service) const;
  std::string agent_health(const std::string& service) const;
  int agent_status(const std::string& service) const;
  void changed();

  const std::chrono::milliseconds longest_wait_;
  mutable std::mutex mutex_;
  std::condition_variable change_;
  State state_ = State::kUp;
  std::uint64_t index_ = 100;
  int waiting_ = 0;
  std::map<std::string, ConsulInstance> instances_;
  std::vector<StubRequest> requests_;
  StubServer server_;  // the last: its threads use all others
};

}  // namespace lokitail::test
