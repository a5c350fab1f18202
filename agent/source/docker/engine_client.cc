#include "agent/source/docker/engine_client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "agent/source/docker/container.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kUnix = "unix://";
constexpr std::chrono::seconds kTimeout{60};
constexpr std::size_t kMostBody = std::size_t{64} << 20;

using Version = std::pair<int, int>;
constexpr Version kOldest{1, 24};
constexpr Version kNewest{1, 52};  // that the documents were read of

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc()) return std::nullopt;
  return version;
}

std::string to_text(Version version) { return fmt::format("{}.{}", version.first, version.second); }

http::Url url_of(const config::DockerSdConfig& config) {
  if (config.host.starts_with(kUnix)) {
    http::Url url;
    url.scheme = "http";
    url.host = "docker";  // a socket has no host; any name will do
    url.port = "80";
    url.socket = config.host.substr(kUnix.size());
    return url;
  }
  constexpr std::string_view kTcp = "tcp://";
  std::string text = config.host;
  // With what it takes for TLS, tcp:// means TLS, as it does for the docker command.
  const config::TlsConfig& tls = config.http.tls_config;
  const bool has_tls = !tls.ca.empty() || !tls.ca_file.empty() || !tls.cert.empty() ||
                       !tls.cert_file.empty() || !tls.server_name.empty() || tls.insecure_skip_verify;
  if (text.starts_with(kTcp)) text.replace(0, kTcp.size(), has_tls ? "https://" : "http://");
  return http::parse_url(text).value_or(http::Url());  // checked with the configuration
}

// Counts a client among the open ones for as long as it lives.
class Open {
 public:
  Open(std::set<http::Client*>& all, http::Client& client) : all_(all), client_(client) {
    all_.insert(&client);
  }
  ~Open() { all_.erase(&client_); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

 private:
  std::set<http::Client*>& all_;
  http::Client& client_;
};

}  // namespace

std::string negotiated_version(std::string_view theirs) {
  return to_text(std::min(parse_version(theirs).value_or(kOldest), kNewest));
}

// "client version 1.52 is too new. Maximum supported API version is 1.41", and likewise "too old" and
// "Minimum".
std::string version_asked_for(std::string_view message) {
  constexpr std::string_view kBefore = "supported API version is ";
  const std::size_t found = message.find(kBefore);
  if (found == message.npos) return {};
  const auto version = parse_version(message.substr(found + kBefore.size()));
  return version ? to_text(*version) : std::string();
}

std::string engine_problem(const http::Response& response) {
  if (!response.error.empty()) return response.error;
  return fmt::format("HTTP status {}: {}", response.status, error_message(response.body));
}

// Whoever may open the socket needs no credentials.
EngineClient::EngineClient(asio::io_context& io, const config::DockerSdConfig& config)
    : io_(io), url_(url_of(config)), http_(url_.socket.empty() ? config.http : config::HttpClientConfig()) {}

void EngineClient::close() {
  closed_ = true;
  for (http::Client* const client : open_) client->close();
}

asio::awaitable<http::Response> EngineClient::get(std::string path) {
  co_return co_await ask(std::move(path), {});
}

asio::awaitable<http::Response> EngineClient::stream(std::string path, http::Client::Streaming streaming) {
  co_return co_await ask(std::move(path), std::move(streaming));
}

asio::awaitable<http::Response> EngineClient::ask(std::string path, http::Client::Streaming streaming) {
  http::Response response;
  if (version_.empty()) response.error = co_await negotiate();
  if (!response.error.empty()) co_return response;
  response = co_await exchange("/v" + version_ + path, streaming);
  if (response.status == 400) {
    std::string other = version_asked_for(response.body);
    if (!other.empty() && other != version_) {
      version_ = std::move(other);
      response = co_await exchange("/v" + version_ + path, streaming);
    }
  }
  // It may be another engine that answers next.
  if (response.status == 0) version_.clear();
  co_return response;
}

asio::awaitable<std::string> EngineClient::negotiate() {
  const http::Client::Streaming whole;
  const http::Response response = co_await exchange("/_ping", whole);
  if (!response.error.empty()) co_return response.error;
  // Whoever is there and does not know /_ping may answer the rest.
  if (response.status / 100 == 5) co_return engine_problem(response);
  version_ = negotiated_version(response.header("Api-Version"));
  co_return std::string();
}

asio::awaitable<http::Response> EngineClient::exchange(std::string target,
                                                       const http::Client::Streaming& streaming) {
  http::Response response;
  if (closed_) {
    response.error = "closed";
    co_return response;
  }
  const http::Headers headers{{"User-Agent", std::string("lokitail/") + kVersion}, {"Connection", "close"}};
  const auto client =
      std::make_unique<http::Client>(io_, url_, http_, kTimeout, std::chrono::nanoseconds::zero());
  const Open open(open_, *client);
  if (streaming.take) {
    response = co_await client->stream(std::move(target), headers, streaming);
  } else {
    response = co_await client->get(std::move(target), headers, kMostBody);
  }
  co_return response;
}

}  // namespace lokitail::agent
