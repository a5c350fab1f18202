// POST /api/v1/inspect (docs/api.md): lines through stages, step by step, away from the pipelines of the
// agent.
//
// Stages are programs of their user's, and may take long: they run on a thread of their own, one request at a
// time, and an answer is not waited for longer than kPatience. A run that takes longer is left to end by
// itself; until it has, further requests are refused.
//
// Threads: the control thread. Ownership: the server and the parts outlive it.
#pragma once

#include <chrono>
#include <memory>

#include "agent/detached_call.h"
#include "agent/server/http_server.h"
#include "agent/server/served_parts.h"

namespace lokitail::agent {

class InspectApi {
 public:
  static constexpr std::chrono::seconds kPatience{10};
  static constexpr std::size_t kMostBodyBytes = 256 << 10;
  static constexpr std::size_t kMostLines = 100;

  explicit InspectApi(const ServedParts& parts);

  // Before the server is started.
  void serve(HttpServer& server);

 private:
  boost::asio::awaitable<HttpAnswer> inspect(HttpRequest& request);

  const ServedParts& parts_;
  DetachedCalls run_thread_{1};
  std::weak_ptr<const void> running_;  // what the run on its way is about
};

}  // namespace lokitail::agent
