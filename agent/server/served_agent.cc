#include "agent/server/served_agent.h"

#include <utility>

#include "agent/discovery/file_target_maker.h"
#include "agent/http/url.h"
#include "agent/ip_address.h"
#include "agent/server/page.h"
#include "agent/telemetry/log.h"
#include "agent/telemetry/metrics.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

// The names under which a browser may ask for the page, besides those that any server has.
HttpServerOptions options_of(const config::ServerConfig& config) {
  HttpServerOptions options = HttpServerOptions::of(config);
  options.allowed_hosts.push_back(host_name());
  if (const auto url = http::parse_url(config.external_url)) options.allowed_hosts.push_back(url->host);
  return options;
}

}  // namespace

ServedAgent::ServedAgent(const config::ServerConfig& config, ServedParts parts)
    : parts_(std::move(parts)),
      config_(config),
      server_(parts_.control, options_of(config)),
      health_(parts_),
      status_(parts_, health_),
      inspect_(parts_),
      tail_(parts_),
      control_(parts_) {
  server_.on_get("/metrics", [this](HttpRequest&) -> asio::awaitable<HttpAnswer> {
    co_return HttpAnswer{200, "text/plain; version=0.0.4; charset=utf-8", parts_.metrics.scrape()};
  });
  server_.on_get(
      "/config",
      [this](HttpRequest&) -> asio::awaitable<HttpAnswer> {
        co_return HttpAnswer{200, "text/plain; charset=utf-8", config::to_yaml(parts_.config())};
      },
      Access::kPage);
  health_.serve(server_);
  status_.serve(server_);
  inspect_.serve(server_);
  tail_.serve(server_);
  control_.serve(server_);
  serve_page(server_);
}

void ServedAgent::start() {
  server_.start();
  log::info("server listening on addresses",
            {{"http", fmt::format("{}:{}", config_.http_listen_address, server_.port())}});
  if (!config_.http_listen_socket.empty()) {
    log::info("server listening on a socket",
              {{"path", config_.http_listen_socket}, {"mode", config_.http_listen_socket_mode}});
  }
  warn_of_strangers();
}

void ServedAgent::warn_of_strangers() const {
  if (!config_.admin || is_loopback(config_.http_listen_address)) return;
  const std::string& certificates = config_.http_tls_config.client_auth_type;
  if (config_.basic_auth || certificates == "RequireAndVerifyClientCert") return;
  log::warn("server.admin is on and asks for no password: whoever reaches the port can read all lines");
}

}  // namespace lokitail::agent
