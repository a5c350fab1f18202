// GET /api/v1/tail (docs/api.md): the entries of the running agent as they come, before or behind the
// pipelines, as server-sent events. What the page's live tail and `lokitail tap` show.
//
// Workers are watched (Worker::watch()) for as long as somebody tails; each tail takes so many entries a
// second and no more, and counts the others. Secrets that are known by name are taken out of what is shown.
//
// Threads: the control thread. Ownership: the server and the parts outlive it.
#pragma once

#include <cstddef>
#include <memory>

#include "agent/server/http_server.h"
#include "agent/server/served_parts.h"

namespace lokitail::agent {

class TailApi {
 public:
  static constexpr std::size_t kMostTails = 8;

  explicit TailApi(const ServedParts& parts) : parts_(parts) {}

  // Before the server is started.
  void serve(HttpServer& server);

 private:
  HttpAnswer tail(const HttpRequest& request);

  const ServedParts& parts_;
  const std::shared_ptr<std::size_t> tails_ = std::make_shared<std::size_t>(0);
};

}  // namespace lokitail::agent
