// A client of the Docker Engine API, over a unix socket, TCP or TLS. Each request has a connection of its own.
//
// The version that is spoken is the newest that both sides know; what is asked for here is the same in all of
// them, from 1.24 on.
//
// Threads: belongs to the io_context's thread. Ownership: the configuration outlives it. Whoever awaits a
//          request keeps the client alive.
// Errors:  none is thrown; an answer without status says what went wrong.
// Source:  Docker Engine API, "Versioning"; docs.docker.com/reference/api/engine/version-history.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/http/url.h"
#include "config/config.h"

namespace lokitail::agent {

struct EngineAnswer {
  int status = 0;            // 0: no answer, or it broke off; see error
  std::string body;          // of what was not streamed
  std::string content_type;  // header, empty if absent
  std::string api_version;   // header, empty if absent
  std::string error;         // for people; holds no secrets

  bool ok() const { return status / 100 == 2 && error.empty(); }
  // What went wrong, for people.
  std::string problem() const;
};

// The version to speak with an engine whose newest is `theirs` (empty: it is too old to say).
std::string negotiated_version(std::string_view theirs);
// The version that an engine asks for which refuses the one that was spoken; empty where that was not it.
std::string version_asked_for(std::string_view message);

class EngineClient {
 public:
  // Takes what came. False: no more is wanted.
  using Data = std::function<boost::asio::awaitable<bool>(std::string_view bytes)>;
  // Told of the answer before its data.
  using Begin = std::function<void(const EngineAnswer&)>;

  EngineClient(boost::asio::io_context& io, const config::DockerSdConfig& config);
  ~EngineClient();

  // `path` without the version. The answer is whole, within a minute.
  boost::asio::awaitable<EngineAnswer> get(std::string path);
  // The body of an answer that is a success goes to `data` as it comes, for as long as it does.
  boost::asio::awaitable<EngineAnswer> stream(std::string path, Begin begin, Data data);

  // Drops all connections, also under requests that are waiting, and takes no more.
  void close();

 private:
  class Connection;

  boost::asio::awaitable<EngineAnswer> ask(std::string path, const Begin* begin, const Data* data);
  boost::asio::awaitable<EngineAnswer> exchange(std::string target, const Begin* begin, const Data* data);
  boost::asio::awaitable<std::string> negotiate();

  boost::asio::io_context& io_;
  const config::DockerSdConfig& config_;
  std::string socket_path_;  // empty: url_
  http::Url url_;
  std::string version_;  // empty: not known yet
  std::set<Connection*> open_;
  bool closed_ = false;
};

}  // namespace lokitail::agent
