#include "agent/source/docker/engine_client.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "agent/http/credentials.h"
#include "agent/http/tls.h"
#include "agent/http/tls_handshake.h"
#include "agent/into_error.h"
#include "agent/source/docker/container.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using http::words;
using tcp = asio::ip::tcp;
using Stream = beast::basic_stream<asio::generic::stream_protocol>;

constexpr std::chrono::seconds kTimeout{60};
constexpr std::size_t kMostBody = std::size_t{64} << 20;
constexpr std::size_t kErrorBody = 64 * 1024;
constexpr std::size_t kReadBytes = 64 * 1024;

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

}  // namespace

std::string EngineAnswer::problem() const {
  if (!error.empty()) return error;
  return fmt::format("HTTP status {}: {}", status, error_message(body));
}

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

// One request and its answer.
class EngineClient::Connection {
 public:
  explicit Connection(EngineClient& client) : client_(client), resolver_(client.io_), stream_(client.io_) {
    client_.open_.insert(this);
  }
  ~Connection() { client_.open_.erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // An empty text where all went well.
  asio::awaitable<std::string> connect() {
    error_code error;
    if (!client_.socket_path_.empty()) {
      stream_.expires_after(kTimeout);
      const asio::local::stream_protocol::endpoint path(client_.socket_path_);
      co_await stream_.async_connect(asio::generic::stream_protocol::endpoint(path), into(error));
      if (error) co_return words(("connecting to " + client_.socket_path_), error);
      co_return std::string();
    }
    const http::Url& url = client_.url_;
    const auto found = co_await resolver_.async_resolve(url.host, url.port, into(error));
    if (error) co_return words(("looking up " + url.host), error);
    for (const auto& entry : found) {
      stream_.expires_after(kTimeout);
      co_await stream_.async_connect(asio::generic::stream_protocol::endpoint(entry.endpoint()), into(error));
      if (!error) break;
      stream_.close();
    }
    if (error) co_return words(("connecting to " + url.host_header()), error);
    // Whether the peer is there still is asked for; a log may be silent for days.
    error_code ignored;
    stream_.socket().set_option(asio::socket_base::keep_alive(true), ignored);
    if (url.is_tls()) co_return co_await shake_hands(url);
    co_return std::string();
  }

  asio::awaitable<EngineAnswer> exchange(const std::string& target, const Begin* begin, const Data* data) {
    bhttp::request<bhttp::empty_body> request(bhttp::verb::get, target, 11);
    // A unix socket has no host; any name will do.
    const bool is_local = !client_.socket_path_.empty();
    request.set(bhttp::field::host, is_local ? std::string("docker") : client_.url_.host_header());
    request.set(bhttp::field::user_agent, std::string("lokitail/") + kVersion);
    request.set(bhttp::field::connection, "close");
    if (!is_local) {
      EngineAnswer answer;
      for (const auto& [name, value] :
           http::read_secret_headers(client_.url_, client_.config_.http, answer.error)) {
        request.insert(name, value);
      }
      if (!answer.error.empty()) co_return answer;
    }
    if (tls_) co_return co_await exchange_on(*tls_, request, begin, data);
    co_return co_await exchange_on(stream_, request, begin, data);
  }

  void close() {
    resolver_.cancel();
    raw().cancel();
    raw().close();
  }

 private:
  Stream& raw() { return tls_ ? tls_->next_layer() : stream_; }

  asio::awaitable<std::string> shake_hands(const http::Url& url) {
    const config::TlsConfig& config = client_.config_.http.tls_config;
    std::string problem;
    tls_context_.emplace(http::make_tls_context(config, problem));
    if (!problem.empty()) co_return problem;
    tls_.emplace(std::move(stream_), *tls_context_);
    co_return co_await http::shake_hands(*tls_, config, url.host);
  }

  template <typename Layer, typename Request>
  asio::awaitable<EngineAnswer> exchange_on(Layer& layer, Request& request, const Begin* begin,
                                            const Data* data) {
    EngineAnswer answer;
    error_code error;
    raw().expires_after(kTimeout);
    co_await bhttp::async_write(layer, request, into(error));
    if (error) {
      answer.error = words("asking the engine", error);
      co_return answer;
    }
    bhttp::response_parser<bhttp::buffer_body> parser;
    parser.body_limit(boost::none);
    // The head of a log that has nothing to say comes with its first line, in old engines.
    if (data != nullptr) raw().expires_never();
    co_await bhttp::async_read_header(layer, buffer_, parser, into(error));
    if (error) {
      answer.error = words("waiting for the engine's answer", error);
      co_return answer;
    }
    answer.status = static_cast<int>(parser.get().result_int());
    answer.content_type = parser.get()[bhttp::field::content_type];
    answer.api_version = parser.get()["Api-Version"];
    const bool streams = data != nullptr && answer.ok();
    if (!streams) raw().expires_after(kTimeout);
    if (streams && begin != nullptr) (*begin)(answer);
    co_await read_body(layer, parser, answer, streams ? data : nullptr);
    co_return answer;
  }

  template <typename Layer, typename Parser>
  asio::awaitable<void> read_body(Layer& layer, Parser& parser, EngineAnswer& answer, const Data* data) {
    const auto memory = std::make_unique<char[]>(kReadBytes);
    const std::size_t most = answer.ok() ? kMostBody : kErrorBody;
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = memory.get();
      body.size = kReadBytes;
      error_code error;
      co_await bhttp::async_read_some(layer, buffer_, parser, into(error));
      if (error == bhttp::error::need_buffer) error = {};
      const std::string_view bytes(memory.get(), kReadBytes - body.size);
      if (data == nullptr) {
        answer.body += bytes;
        if (answer.body.size() > most) error = bhttp::error::body_limit;
      } else if (!bytes.empty() && !co_await (*data)(bytes)) {
        co_return;
      }
      if (error) {
        answer.error = words("reading the engine's answer", error);
        co_return;
      }
    }
  }

  EngineClient& client_;
  tcp::resolver resolver_;
  Stream stream_;  // moved into tls_ where there is TLS
  std::optional<asio::ssl::context> tls_context_;
  std::optional<beast::ssl_stream<Stream>> tls_;
  beast::flat_buffer buffer_;
};

EngineClient::EngineClient(asio::io_context& io, const config::DockerSdConfig& config)
    : io_(io), config_(config) {
  constexpr std::string_view kUnix = "unix://";
  constexpr std::string_view kTcp = "tcp://";
  if (config.host.starts_with(kUnix)) {
    socket_path_ = config.host.substr(kUnix.size());
    return;
  }
  std::string url = config.host;
  // With what it takes for TLS, tcp:// means TLS, as it does for the docker command.
  const config::TlsConfig& tls = config.http.tls_config;
  const bool has_tls = !tls.ca.empty() || !tls.ca_file.empty() || !tls.cert.empty() ||
                       !tls.cert_file.empty() || !tls.server_name.empty() || tls.insecure_skip_verify;
  if (url.starts_with(kTcp)) url.replace(0, kTcp.size(), has_tls ? "https://" : "http://");
  url_ = http::parse_url(url).value_or(http::Url());  // checked with the configuration
}

EngineClient::~EngineClient() = default;

void EngineClient::close() {
  closed_ = true;
  for (Connection* const connection : open_) connection->close();
}

asio::awaitable<EngineAnswer> EngineClient::get(std::string path) {
  co_return co_await ask(std::move(path), nullptr, nullptr);
}

asio::awaitable<EngineAnswer> EngineClient::stream(std::string path, Begin begin, Data data) {
  co_return co_await ask(std::move(path), &begin, &data);
}

asio::awaitable<EngineAnswer> EngineClient::ask(std::string path, const Begin* begin, const Data* data) {
  EngineAnswer answer;
  if (version_.empty()) answer.error = co_await negotiate();
  if (!answer.error.empty()) co_return answer;
  answer = co_await exchange("/v" + version_ + path, begin, data);
  if (answer.status == 400) {
    std::string other = version_asked_for(answer.body);
    if (!other.empty() && other != version_) {
      version_ = std::move(other);
      answer = co_await exchange("/v" + version_ + path, begin, data);
    }
  }
  // It may be another engine that answers next.
  if (answer.status == 0) version_.clear();
  co_return answer;
}

asio::awaitable<std::string> EngineClient::negotiate() {
  const EngineAnswer answer = co_await exchange("/_ping", nullptr, nullptr);
  if (!answer.error.empty()) co_return answer.error;
  // Whoever is there and does not know /_ping may answer the rest.
  if (answer.status / 100 == 5) co_return answer.problem();
  version_ = negotiated_version(answer.api_version);
  co_return std::string();
}

asio::awaitable<EngineAnswer> EngineClient::exchange(std::string target, const Begin* begin,
                                                     const Data* data) {
  EngineAnswer answer;
  if (closed_) {
    answer.error = "closed";
    co_return answer;
  }
  const auto connection = std::make_unique<Connection>(*this);
  answer.error = co_await connection->connect();
  if (answer.error.empty()) answer = co_await connection->exchange(target, begin, data);
  co_return answer;
}

}  // namespace lokitail::agent
