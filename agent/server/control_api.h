// What changes a running agent over HTTP: /log_level, as Loki and Promtail's relatives have it, and /flush.
//
// Threads: the control thread. Ownership: the server and the parts outlive it.
#pragma once

#include "agent/server/http_server.h"
#include "agent/server/served_parts.h"

namespace lokitail::agent {

class ControlApi {
 public:
  explicit ControlApi(const ServedParts& parts) : parts_(parts) {}

  // Before the server is started.
  void serve(HttpServer& server);

 private:
  const ServedParts& parts_;
};

}  // namespace lokitail::agent
