// One Loki as a client of the configuration names it: where requests go, and what they carry besides
// the push.
//
// Threads: delivery's io_context thread only.
// Errors:  the constructor throws std::invalid_argument where the URL cannot be used.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/http/client.h"
#include "config/config.h"

namespace lokitail::agent {

class Destination {
 public:
  // `config` outlives it.
  Destination(boost::asio::io_context& io, const config::ClientConfig& config);

  // `host` label of metrics.
  const std::string& host() const { return host_; }
  const std::string& name() const { return config_.name; }
  http::Headers headers_for(const std::string& tenant) const;
  std::unique_ptr<http::Client> connect() const;

 private:
  boost::asio::io_context& io_;
  const config::ClientConfig& config_;
  http::Url url_;
  std::string host_;
};

// The connections of one lane to one destination: as many as pushes are on their way.
class Connections {
 public:
  Connections(const Destination& destination, const std::string& tenant)
      : destination_(destination), headers_(destination.headers_for(tenant)) {}

  const Destination& destination() const { return destination_; }

  // `body` outlives it. `traceparent`: the header, where the push is traced.
  boost::asio::awaitable<http::Response> post(std::string_view body, std::string traceparent = {});
  // Drops all connections, also under requests that wait.
  void close();

 private:
  const Destination& destination_;
  const http::Headers headers_;
  std::vector<std::unique_ptr<http::Client>> idle_;
  std::vector<http::Client*> busy_;
};

}  // namespace lokitail::agent
