#include "agent/delivery/destination.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent {

Destination::Destination(boost::asio::io_context& io, const config::ClientConfig& config)
    : io_(io), config_(config) {
  const auto url = http::parse_url(config.url.reveal());
  if (!url) throw std::invalid_argument("client URL is not an http or https URL");
  url_ = *url;
  host_ = url_.authority();
}

std::unique_ptr<http::Client> Destination::connect() const {
  return std::make_unique<http::Client>(io_, url_, config_.http, config_.timeout, config_.connection_max_age);
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

boost::asio::awaitable<http::Response> Connections::post(std::string_view body, std::string traceparent) {
  std::unique_ptr<http::Client> client;
  if (idle_.empty()) {
    client = destination_.connect();
  } else {
    client = std::move(idle_.back());
    idle_.pop_back();
  }
  busy_.push_back(client.get());
  http::Headers traced;
  if (!traceparent.empty()) {
    traced = headers_;
    traced.emplace_back("traceparent", std::move(traceparent));
  }
  http::Response response = co_await client->post(traced.empty() ? headers_ : traced, body);
  std::erase(busy_, client.get());
  idle_.push_back(std::move(client));
  co_return response;
}

void Connections::close() {
  for (http::Client* const client : busy_) client->close();
  idle_.clear();
}

}  // namespace lokitail::agent
