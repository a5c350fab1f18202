#include "agent/http/client.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <optional>

#include "agent/http/credentials.h"
#include "agent/http/proxy.h"
#include "agent/http/tls.h"
#include "agent/version.h"

namespace lokitail::agent::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::size_t kKeptBodyBytes = 64 * 1024;
constexpr int kMostRedirects = 10;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

std::string words(const char* doing, const error_code& error) {
  // Beast's own word for a passed deadline is "The socket was closed due to a timeout".
  return std::string(doing) + ": " +
         (error == beast::error::timeout ? "timed out" : error.message());
}

}  // namespace

bool equal_names(std::string_view a, std::string_view b) {
  return beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

class Client::Connection {
 public:
  Connection(asio::io_context& io, const config::HttpClientConfig& config)
      : config_(config), resolver_(io), stream_(io) {}

  // Until when everything on this connection has to be done.
  void set_deadline(std::chrono::nanoseconds timeout) {
    tcp_stream().expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(timeout));
  }

  bool is_for(const Url& url) const {
    return connected_ && url.scheme == scheme_ && url.host == host_ && url.port == port_;
  }
  bool used() const { return used_; }
  bool is_older_than(std::chrono::nanoseconds age) const {
    return age > age.zero() && std::chrono::steady_clock::now() - made_ > age;
  }

  // An empty text where all went well.
  asio::awaitable<std::string> connect(const Url& url, std::chrono::nanoseconds timeout) {
    scheme_ = url.scheme, host_ = url.host, port_ = url.port;
    const std::optional<Url> proxy = proxy_for(url, config_);
    through_plain_proxy_ = proxy && !url.is_tls();
    if (proxy && proxy->has_user) {
      proxy_authorization_ = basic_authorization(proxy->user, proxy->password);
    }
    error_code error;
    asio::steady_timer look_up_timer(resolver_.get_executor(), timeout);
    look_up_timer.async_wait([this](const error_code& cancelled) {
      if (!cancelled) resolver_.cancel();
    });
    const Url& peer = proxy ? *proxy : url;
    const auto endpoints = co_await resolver_.async_resolve(peer.host, peer.port, into(error));
    look_up_timer.cancel();
    if (error) co_return words(("looking up " + peer.host).c_str(), error);
    set_deadline(timeout);
    co_await tcp_stream().async_connect(endpoints, into(error));
    if (error) co_return words(("connecting to " + peer.host_header()).c_str(), error);
    // Pushes are written whole; waiting for more to send would only delay their end.
    tcp_stream().socket().set_option(tcp::no_delay(true), error);
    if (url.is_tls()) {
      if (proxy) {
        if (std::string refused = co_await open_tunnel(url); !refused.empty()) co_return refused;
      }
      if (std::string refused = co_await shake_hands(url); !refused.empty()) co_return refused;
    }
    connected_ = true;
    co_return std::string();
  }

  asio::awaitable<Response> exchange(const Url& url, const Headers& headers,
                                     const Headers& secret_headers, std::string_view body) {
    bhttp::request<bhttp::span_body<const char>> request(
        bhttp::verb::post, through_plain_proxy_ ? "http://" + url.host_header() + url.target : url.target,
        11, beast::span<const char>(body.data(), body.size()));
    for (const auto& [name, value] : headers) request.insert(name, value);
    request.set(bhttp::field::host, url.host_header());
    request.set(bhttp::field::content_length, std::to_string(body.size()));
    for (const auto& [name, value] : secret_headers) request.insert(name, value);
    if (through_plain_proxy_ && !proxy_authorization_.empty()) {
      request.set(bhttp::field::proxy_authorization, proxy_authorization_);
    }
    used_ = true;
    if (tls_) co_return co_await send_and_receive(*tls_, request);
    co_return co_await send_and_receive(stream_, request);
  }

  bool keeps_alive() const { return keeps_alive_; }
  bool answered() const { return answered_; }

  void cancel() {
    resolver_.cancel();
    tcp_stream().cancel();
    tcp_stream().close();
  }

 private:
  beast::tcp_stream& tcp_stream() { return tls_ ? tls_->next_layer() : stream_; }

  asio::awaitable<std::string> open_tunnel(const Url& url) {
    const std::string target =
        (url.host.find(':') == url.host.npos ? url.host : '[' + url.host + ']') + ':' + url.port;
    bhttp::request<bhttp::empty_body> request(bhttp::verb::connect, target, 11);
    request.set(bhttp::field::host, target);
    request.set(bhttp::field::user_agent, std::string("lokitail/") + kVersion);
    if (!proxy_authorization_.empty()) {
      request.set(bhttp::field::proxy_authorization, proxy_authorization_);
    }
    for (const auto& [name, values] : config_.proxy_connect_header) {
      for (const auto& value : values) request.insert(name, value.reveal());
    }
    error_code error;
    co_await bhttp::async_write(stream_, request, into(error));
    if (error) co_return words("asking the proxy", error);
    // The answer to CONNECT has no body; whatever follows is the tunnel's.
    bhttp::response_parser<bhttp::empty_body> parser;
    parser.skip(true);
    co_await bhttp::async_read_header(stream_, buffer_, parser, into(error));
    if (error) co_return words("asking the proxy", error);
    if (parser.get().result_int() / 100 != 2) {
      co_return "the proxy refused the tunnel: HTTP status " + std::to_string(parser.get().result_int());
    }
    buffer_.clear();
    co_return std::string();
  }

  asio::awaitable<std::string> shake_hands(const Url& url) {
    std::string problem;
    tls_context_.emplace(make_tls_context(config_.tls_config, problem));
    if (!problem.empty()) co_return problem;
    tls_.emplace(std::move(stream_), *tls_context_);
    const std::string& name =
        config_.tls_config.server_name.empty() ? url.host : config_.tls_config.server_name;
    // Server name indication is for names only, not for addresses (RFC 6066, section 3).
    error_code not_an_address;
    asio::ip::make_address(name, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(tls_->native_handle(), name.c_str());
    if (!config_.tls_config.insecure_skip_verify) {
      tls_->set_verify_callback(asio::ssl::host_name_verification(name));
    }
    error_code error;
    co_await tls_->async_handshake(asio::ssl::stream_base::client, into(error));
    if (error) co_return words(("TLS handshake with " + name).c_str(), error) + why_not_trusted();
    co_return std::string();
  }

  // OpenSSL's error says no more than that the certificate was not verified.
  std::string why_not_trusted() {
    const long result = SSL_get_verify_result(tls_->native_handle());
    return result == X509_V_OK ? std::string() : std::string(": ") + X509_verify_cert_error_string(result);
  }

  template <typename Stream, typename Request>
  asio::awaitable<Response> send_and_receive(Stream& stream, Request& request) {
    Response response;
    error_code error;
    answered_ = keeps_alive_ = false;
    co_await bhttp::async_write(stream, request, into(error));
    // A server that refuses a push early answers before it has read all of it.
    const error_code not_written = error;
    bhttp::response_parser<bhttp::string_body> parser;
    parser.body_limit(kKeptBodyBytes);
    co_await bhttp::async_read_header(stream, buffer_, parser, into(error));
    if (error) {
      response.error = not_written ? words("sending", not_written) : words("waiting for the answer", error);
      co_return response;
    }
    answered_ = true;
    co_await bhttp::async_read(stream, buffer_, parser, into(error));
    const auto& message = parser.get();
    response.status = static_cast<int>(message.result_int());
    response.body = message.body();
    response.retry_after = message[bhttp::field::retry_after];
    response.location = message[bhttp::field::location];
    keeps_alive_ = !error && !not_written && parser.keep_alive();
    co_return response;
  }

  const config::HttpClientConfig& config_;
  tcp::resolver resolver_;
  beast::tcp_stream stream_;  // moved into tls_ where there is TLS
  std::optional<asio::ssl::context> tls_context_;
  std::optional<beast::ssl_stream<beast::tcp_stream>> tls_;
  beast::flat_buffer buffer_;
  std::string scheme_, host_, port_;
  std::string proxy_authorization_;
  bool through_plain_proxy_ = false;
  const std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
  bool connected_ = false;
  bool used_ = false;
  bool answered_ = false;
  bool keeps_alive_ = false;
};

Client::Client(asio::io_context& io, Url url, config::HttpClientConfig config,
               std::chrono::nanoseconds timeout, std::chrono::nanoseconds max_age)
    : io_(io), url_(std::move(url)), config_(std::move(config)), timeout_(timeout), max_age_(max_age) {}

Client::~Client() = default;

void Client::close() {
  if (connection_) connection_->cancel();
}

asio::awaitable<Response> Client::post(const Headers& headers, std::string_view body) {
  Url url = url_;
  for (int redirects = 0;; ++redirects) {
    Response response = co_await post_to(url, headers, body);
    const bool repeats_post = response.status == 307 || response.status == 308;
    if (!repeats_post || !config_.follow_redirects || redirects == kMostRedirects) co_return response;
    std::optional<Url> next = resolve_url(url, response.location);
    // What was meant for one host is not sent to another.
    if (!next || next->host != url_.host) co_return response;
    url = std::move(*next);
  }
}

asio::awaitable<Response> Client::post_to(const Url& url, const Headers& headers,
                                          std::string_view body) {
  Response response;
  const Headers secret_headers = read_secret_headers(url_, config_, response.error);
  if (!response.error.empty()) co_return response;
  for (;;) {
    if (!connection_ || !connection_->is_for(url) || connection_->is_older_than(max_age_)) {
      connection_ = std::make_unique<Connection>(io_, config_);
      response.error = co_await connection_->connect(url, timeout_);
      if (!response.error.empty()) {
        connection_.reset();
        co_return response;
      }
    }
    const bool reused = connection_->used();
    connection_->set_deadline(timeout_);
    response = co_await connection_->exchange(url, headers, secret_headers, body);
    const bool closed_while_idle = reused && !connection_->answered();
    // After a server error the next attempt should reach another server behind the same name.
    if (!connection_->keeps_alive() || response.status >= 500) connection_.reset();
    // Sending again is safe: Loki ignores an entry that it has.
    if (!closed_while_idle || response.error.find("timed out") != std::string::npos) co_return response;
  }
}

}  // namespace lokitail::agent::http
