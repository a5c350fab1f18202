// The agent's own HTTP server with all that it serves: metrics, the JSON API, the page, and what changes the
// agent.
//
// Threads: the control thread. Ownership: what the parts refer to outlives it.
// Errors:  start() throws as HttpServer::start().
#pragma once

#include "agent/server/control_api.h"
#include "agent/server/health.h"
#include "agent/server/http_server.h"
#include "agent/server/inspect_api.h"
#include "agent/server/served_parts.h"
#include "agent/server/status_api.h"
#include "agent/server/tail_api.h"
#include "config/config.h"

namespace lokitail::agent {

class ServedAgent {
 public:
  ServedAgent(const config::ServerConfig& config, ServedParts parts);

  // For further paths, before start().
  HttpServer& server() { return server_; }
  Health& health() { return health_; }
  void start();

 private:
  void warn_of_strangers() const;

  const ServedParts parts_;
  const config::ServerConfig config_;
  HttpServer server_;
  Health health_;
  StatusApi status_;
  InspectApi inspect_;
  TailApi tail_;
  ControlApi control_;
};

}  // namespace lokitail::agent
