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

#include <set>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/http/client.h"
#include "agent/http/url.h"
#include "config/config.h"

namespace lokitail::agent {

// The version to speak with an engine whose newest is `theirs` (empty: it is too old to say).
std::string negotiated_version(std::string_view theirs);
// The version that an engine asks for which refuses the one that was spoken; empty where that was not it.
std::string version_asked_for(std::string_view message);
// What the engine says is wrong, for people.
std::string engine_problem(const http::Response& response);

class EngineClient {
 public:
  EngineClient(boost::asio::io_context& io, const config::DockerSdConfig& config);

  // `path` without the version. The answer is whole, within a minute.
  boost::asio::awaitable<http::Response> get(std::string path);
  // An answer that goes on. It may be silent for as long as it likes.
  boost::asio::awaitable<http::Response> stream(std::string path, http::Client::Streaming streaming);

  // Drops all connections, also under requests that are waiting, and takes no more.
  void close();

 private:
  // Whole where `streaming` takes nothing.
  boost::asio::awaitable<http::Response> ask(std::string path, http::Client::Streaming streaming);
  boost::asio::awaitable<http::Response> exchange(std::string target,
                                                  const http::Client::Streaming& streaming);
  boost::asio::awaitable<std::string> negotiate();

  boost::asio::io_context& io_;
  const http::Url url_;
  const config::HttpClientConfig http_;
  std::string version_;  // empty: not known yet
  std::set<http::Client*> open_;
  bool closed_ = false;
};

}  // namespace lokitail::agent
