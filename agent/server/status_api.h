// What the agent is doing, as JSON: /api/v1/status, clients, targets, config and ledger (docs/api.md). What
// the page and `lokitail top` show.
//
// Threads: the control thread. Ownership: the server and the parts outlive it. Nothing is kept between two
// requests.
#pragma once

#include <chrono>
#include <string>

#include "agent/server/health.h"
#include "agent/server/http_server.h"
#include "agent/server/served_parts.h"

namespace lokitail::agent {

class StatusApi {
 public:
  StatusApi(const ServedParts& parts, Health& health) : parts_(parts), health_(health) {}

  // Before the server is started.
  void serve(HttpServer& server);

 private:
  std::string status() const;
  std::string clients() const;
  std::string targets(const HttpRequest& request) const;
  std::string config() const;
  std::string ledger() const;

  const ServedParts& parts_;
  Health& health_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
};

}  // namespace lokitail::agent
