// One Loki as a client of the configuration names it: where requests go, what they carry besides the push, and the
// connections that are kept for them. All lanes of the client share them, and so do those of the next configuration
// where it has the same client.
//
// Threads: delivery's io_context thread only.
// Errors:  the constructor throws std::invalid_argument where the URL cannot be used.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/http/client.h"
#include "config/config.h"

namespace lokitail::agent {

class Destination {
 public:
  Destination(boost::asio::io_context& io, config::ClientConfig config);

  // Whether the requests of this client would be no other.
  bool serves(const config::ClientConfig& config) const;

  // `host` label of metrics.
  const std::string& host() const { return host_; }
  http::Headers headers_for(const std::string& tenant) const;
  // For one request. Another one is made where all are in use.
  std::unique_ptr<http::Client> take_connection();
  void give_back(std::unique_ptr<http::Client> connection);

 private:
  boost::asio::io_context& io_;
  const config::ClientConfig config_;
  http::Url url_;
  std::string host_;
  std::vector<std::unique_ptr<http::Client>> idle_;
};

// The requests of one lane to one destination.
class Requests {
 public:
  Requests(std::shared_ptr<Destination> destination, const std::string& tenant)
      : destination_(std::move(destination)), headers_(destination_->headers_for(tenant)) {}

  const Destination& destination() const { return *destination_; }

  // `body` outlives it. `traceparent`: the header, where the push is traced.
  boost::asio::awaitable<http::Response> post(std::string_view body, std::string traceparent = {});
  // Drops the connections under those that wait.
  void close();

 private:
  const std::shared_ptr<Destination> destination_;
  const http::Headers headers_;
  std::vector<http::Client*> busy_;
};

}  // namespace lokitail::agent
