#include "agent/delivery/destination.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

// Connections that are kept while they are not in use: as many pushes are rarely on their way at a time.
constexpr std::size_t kMostIdle = 16;

// What requests to a client depend on.
std::string text_of_requests(const config::ClientConfig& client) {
  config::ClientConfig own;
  own.url = client.url;
  own.timeout = client.timeout;
  own.headers = client.headers;
  own.http = client.http;
  own.connection_max_age = client.connection_max_age;
  config::Config text;
  text.clients = {std::move(own)};
  return config::to_yaml_with_secrets(text);
}

}  // namespace

Destination::Destination(boost::asio::io_context& io, config::ClientConfig config)
    : io_(io), config_(std::move(config)) {
  const auto url = http::parse_url(config_.url.reveal());
  if (!url) throw std::invalid_argument("client URL is not an http or https URL");
  url_ = *url;
  host_ = url_.authority();
}

bool Destination::serves(const config::ClientConfig& config) const {
  return text_of_requests(config) == text_of_requests(config_);
}

std::unique_ptr<http::Client> Destination::take_connection() {
  if (idle_.empty()) {
    return std::make_unique<http::Client>(io_, url_, config_.http, config_.timeout,
                                          config_.connection_max_age);
  }
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void Destination::give_back(std::unique_ptr<http::Client> connection) {
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(connection));
}

http::Headers Destination::headers_for(const std::string& tenant) const {
  http::Headers headers = {{"Content-Type", "application/x-protobuf"},
                           {"User-Agent", std::string("lokitail/") + kVersion}};
  if (!tenant.empty()) headers.emplace_back("X-Scope-OrgID", tenant);
  const std::size_t own = headers.size();
  for (const auto& custom : config_.headers) {
    const auto same_name = [&custom](const auto& header) {
      return http::equal_names(header.first, custom.first);
    };
    if (std::any_of(headers.begin(), headers.begin() + static_cast<std::ptrdiff_t>(own), same_name)) {
      log::warn("custom header is one that lokitail sets itself: skipped",
                {{"host", host_}, {"header", custom.first}});
    } else {
      headers.emplace_back(custom.first, custom.second.reveal());
    }
  }
  return headers;
}

boost::asio::awaitable<http::Response> Requests::post(std::string_view body, std::string traceparent) {
  std::unique_ptr<http::Client> client = destination_->take_connection();
  busy_.push_back(client.get());
  http::Headers traced;
  if (!traceparent.empty()) {
    traced = headers_;
    traced.emplace_back("traceparent", std::move(traceparent));
  }
  http::Response response = co_await client->post(traced.empty() ? headers_ : traced, body);
  std::erase(busy_, client.get());
  destination_->give_back(std::move(client));
  co_return response;
}

void Requests::close() {
  for (http::Client* const client : busy_) client->close();
}

}  // namespace lokitail::agent
