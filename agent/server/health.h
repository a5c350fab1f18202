// How the agent is: the condition of each of its parts, with since when and why; and whether the agent is
// alive and ready, which is what probes ask for.
//
//   sources    whether there is something to read, and all of it can be read
//   pipeline   whether the workers do their work
//   positions  whether what is settled can be written down
//   spool      whether the disk takes what is to go there
//   client     each one: whether it delivers
//
// The agent is alive while its pipeline is: whatever else is wrong a restart would not help. It is ready
// while none of its parts is down.
//
// Threads: the control thread. Ownership: the parts outlive it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "agent/server/http_server.h"
#include "agent/server/served_parts.h"

namespace lokitail::agent {

enum class Condition { kUp, kDegraded, kDown };

std::string_view condition_name(Condition condition);

struct ComponentHealth {
  using Time = std::chrono::system_clock::time_point;

  std::string component;  // sources, pipeline, positions, spool or client
  std::string name{};     // of a client
  Condition condition = Condition::kUp;
  std::string reason{};  // why it is not up
  Time since{};
  bool keeps_unready = true;  // where it is down
};

class Health {
 public:
  explicit Health(const ServedParts& parts) : parts_(parts) {}

  // /healthz, /readyz and Promtail's /ready. Before the server is started.
  void serve(HttpServer& server);
  // Takes note of what has changed since the last time, so that `since` is right about it. Now and then,
  // without anybody asking.
  void look();
  // All components. REQUIRES: `worker_answers` says whether each worker has looked at its messages lately.
  std::vector<ComponentHealth> components(bool workers_answer = true);
  // Why the agent is not ready, for people; empty while it is.
  std::string unready();

 private:
  boost::asio::awaitable<HttpAnswer> healthz();
  boost::asio::awaitable<HttpAnswer> readyz();
  HttpAnswer ready() const;
  ComponentHealth sources() const;
  ComponentHealth pipeline(bool workers_answer) const;
  ComponentHealth positions() const;
  void add_delivery(std::vector<ComponentHealth>& all) const;

  const ServedParts& parts_;
  struct Seen {
    Condition condition = Condition::kUp;
    ComponentHealth::Time since{};
  };
  std::map<std::pair<std::string, std::string>, Seen> seen_;  // by component and name
};

}  // namespace lokitail::agent
