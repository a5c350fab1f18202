#include "agent/http/client.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <optional>
#include <vector>

#include "agent/http/connector.h"
#include "agent/http/credentials.h"
#include "agent/http/proxy.h"
#include "agent/http/tls.h"
#include "agent/http/tls_handshake.h"
#include "agent/into_error.h"
#include "agent/name_lookup.h"
#include "agent/version.h"

namespace lokitail::agent::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using AnyProtocol = asio::generic::stream_protocol;
using Stream = beast::basic_stream<AnyProtocol>;

constexpr std::size_t kKeptBodyBytes = 64 * 1024;
constexpr std::size_t kToldBodyBytes = 512;
constexpr std::size_t kReadBytes = 32 * 1024;
constexpr int kMostRedirects = 10;

// Whether the same request is to be sent to where the answer points.
bool is_repeated_at(int status, bhttp::verb method) {
  if (status == 307 || status == 308) return true;
  return method == bhttp::verb::get && status >= 301 && status <= 303;
}

}  // namespace

std::string_view Response::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (equal_names(known, name)) return value;
  }
  return {};
}

std::string Response::problem() const {
  if (!error.empty()) return error;
  std::string text = "HTTP status " + std::to_string(status);
  std::string_view said(body);
  said = said.substr(0, std::min(said.find_first_of("\r\n"), kToldBodyBytes));
  if (!said.empty()) text.append(": ").append(said);
  return text;
}

struct Client::Request {
  bhttp::verb method;
  const Headers& headers;
  std::string_view body;
  std::size_t max_body = 0;  // of an answer to a GET
  Streaming streaming{};     // `take` is empty where the answer is to be whole

  bool is_post() const { return method == bhttp::verb::post; }
  bool is_streamed() const { return streaming.take != nullptr; }
  bool may_be_silent() const { return is_streamed() && streaming.silence == streaming.silence.zero(); }
};

class Client::Connection {
 public:
  // `timeout` of connecting, and of each exchange.
  Connection(asio::io_context& io, const config::HttpClientConfig& config, std::chrono::nanoseconds timeout)
      : config_(config), timeout_(timeout), lookup_(io), connector_(io), stream_(io) {}

  bool is_for(const Url& url) const {
    return connected_ && url.scheme == scheme_ && url.host == host_ && url.port == port_ &&
           url.socket == socket_;
  }
  bool used() const { return used_; }
  bool is_older_than(std::chrono::nanoseconds age) const {
    return age > age.zero() && std::chrono::steady_clock::now() - made_ > age;
  }

  // An empty text where all went well.
  asio::awaitable<std::string> connect(const Url& url) {
    scheme_ = url.scheme, host_ = url.host, port_ = url.port, socket_ = url.socket;
    if (!url.socket.empty()) co_return co_await connect_to_socket(url.socket);
    std::string unusable;
    const std::optional<Url> proxy = proxy_for(url, config_, unusable);
    if (!unusable.empty()) co_return unusable;
    through_plain_proxy_ = proxy && !url.is_tls();
    if (proxy && proxy->has_user) {
      proxy_authorization_ = basic_authorization(proxy->user, proxy->password);
    }
    const Url& peer = proxy ? *proxy : url;
    const NameLookup::Found found = co_await lookup_.endpoints_of(peer.host, peer.port, timeout_);
    if (found.error) co_return words(("looking up " + peer.host), found.error);
    const auto start = std::chrono::steady_clock::now();
    Connector::Connected connected = co_await connector_.connect(found.endpoints, timeout_);
    if (connected.error) co_return words(("connecting to " + peer.host_header()), connected.error);
    tcp_stream().socket() = std::move(connected.socket);
    set_deadline(timeout_ - (std::chrono::steady_clock::now() - start));
    error_code error;
    // Pushes are written whole; waiting for more to send would only delay their end.
    tcp_stream().socket().set_option(tcp::no_delay(true), error);
    // Where answers may be silent for days, only this tells that the peer is gone.
    tcp_stream().socket().set_option(asio::socket_base::keep_alive(true), error);
    if (url.is_tls()) {
      if (proxy) {
        if (std::string refused = co_await open_tunnel(url); !refused.empty()) co_return refused;
      }
      if (std::string refused = co_await shake_hands(url); !refused.empty()) co_return refused;
    }
    connected_ = true;
    co_return std::string();
  }

  asio::awaitable<Response> exchange(const Url& url, const Request& wanted, const Headers& secret_headers) {
    bhttp::request<bhttp::span_body<const char>> request(
        wanted.method, through_plain_proxy_ ? "http://" + url.host_header() + url.target : url.target, 11,
        beast::span<const char>(wanted.body.data(), wanted.body.size()));
    for (const auto& [name, value] : wanted.headers) request.insert(name, value);
    request.set(bhttp::field::host, url.host_header());
    if (wanted.is_post()) request.set(bhttp::field::content_length, std::to_string(wanted.body.size()));
    for (const auto& [name, value] : secret_headers) request.insert(name, value);
    if (through_plain_proxy_ && !proxy_authorization_.empty()) {
      request.set(bhttp::field::proxy_authorization, proxy_authorization_);
    }
    used_ = true;
    set_deadline(timeout_);
    if (tls_) co_return co_await send_and_receive(*tls_, request, wanted);
    co_return co_await send_and_receive(stream_, request, wanted);
  }

  bool keeps_alive() const { return keeps_alive_; }
  bool answered() const { return answered_; }

  void cancel() {
    lookup_.cancel();
    connector_.cancel();
    tcp_stream().cancel();
    tcp_stream().close();
  }

 private:
  Stream& tcp_stream() { return tls_ ? tls_->next_layer() : stream_; }

  // Until when everything on this connection has to be done.
  void set_deadline(std::chrono::nanoseconds time) {
    tcp_stream().expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(time));
  }

  asio::awaitable<std::string> connect_to_socket(const std::string& path) {
    constexpr std::size_t kMostPathBytes = 107;  // unix(7), without the NUL at its end
    if (path.size() > kMostPathBytes)
      co_return "connecting to " + path + ": the path is too long for a socket";
    const AnyProtocol::endpoint endpoint{asio::local::stream_protocol::endpoint(path)};
    error_code error;
    set_deadline(timeout_);
    co_await stream_.async_connect(endpoint, into(error));
    if (error) co_return words("connecting to " + path, error);
    connected_ = true;
    co_return std::string();
  }

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
    co_return co_await http::shake_hands(*tls_, config_.tls_config, url.host);
  }

  template <typename Layer, typename Message>
  asio::awaitable<Response> send_and_receive(Layer& stream, Message& request, const Request& wanted) {
    Response response;
    error_code error;
    answered_ = keeps_alive_ = false;
    co_await bhttp::async_write(stream, request, into(error));
    // A server that refuses a push early answers before it has read all of it.
    const error_code not_written = error;
    if (wanted.may_be_silent()) tcp_stream().expires_never();
    bhttp::response_parser<bhttp::buffer_body> parser;
    parser.body_limit(boost::none);
    co_await bhttp::async_read_header(stream, buffer_, parser, into(error));
    if (error) {
      response.error = not_written ? words("sending", not_written) : words("waiting for the answer", error);
      co_return response;
    }
    answered_ = true;
    const auto& message = parser.get();
    response.status = static_cast<int>(message.result_int());
    response.retry_after = message[bhttp::field::retry_after];
    response.location = message[bhttp::field::location];
    if (wanted.method == bhttp::verb::get) {
      for (const auto& field : message) response.headers.emplace_back(field.name_string(), field.value());
    }
    const bool is_whole = co_await receive_body(stream, parser, wanted, response);
    keeps_alive_ = is_whole && !not_written && parser.keep_alive();
    co_return response;
  }

  // Whether it came to its end.
  template <typename Layer, typename Parser>
  asio::awaitable<bool> receive_body(Layer& stream, Parser& parser, const Request& wanted,
                                     Response& response) {
    const bool takes = wanted.is_streamed() && response.status / 100 == 2;
    const bool keeps_beginning = wanted.is_post() || wanted.is_streamed();
    const std::size_t most = keeps_beginning ? kKeptBodyBytes : wanted.max_body;
    if (wanted.may_be_silent() && !takes) set_deadline(timeout_);
    if (takes && wanted.streaming.begin) wanted.streaming.begin(response);
    std::string chunk(parser.is_done() ? 0 : kReadBytes, '\0');
    while (!parser.is_done()) {
      if (takes && !wanted.may_be_silent()) set_deadline(wanted.streaming.silence);
      auto& body = parser.get().body();
      body.data = chunk.data();
      body.size = chunk.size();
      error_code error;
      co_await bhttp::async_read_some(stream, buffer_, parser, into(error));
      if (error == bhttp::error::need_buffer) error = {};
      const std::string_view came(chunk.data(), chunk.size() - body.size);
      if (takes) {
        if (!came.empty() && !co_await wanted.streaming.take(came)) co_return false;
      } else {
        const std::size_t room = most - response.body.size();
        response.body.append(came.substr(0, room));
        const bool too_much = came.size() > room;
        // What a push is answered with is told to people at most.
        if (too_much && keeps_beginning) co_return false;
        if (too_much) {
          response.error = "the answer is longer than " + std::to_string(most) + " bytes";
          co_return false;
        }
      }
      if (error) {
        if (!wanted.is_post()) response.error = words("receiving the answer", error);
        co_return false;
      }
    }
    co_return true;
  }

  const config::HttpClientConfig& config_;
  const std::chrono::nanoseconds timeout_;
  NameLookup lookup_;
  Connector connector_;
  Stream stream_;  // moved into tls_ where there is TLS
  std::optional<asio::ssl::context> tls_context_;
  std::optional<beast::ssl_stream<Stream>> tls_;
  beast::flat_buffer buffer_;
  std::string scheme_, host_, port_, socket_;
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
  is_closed_ = true;
  if (connection_) connection_->cancel();
}

asio::awaitable<Response> Client::post(const Headers& headers, std::string_view body) {
  return follow(url_, Request{bhttp::verb::post, headers, body});
}

asio::awaitable<Response> Client::get(std::string target, const Headers& headers, std::size_t max_body) {
  Url url = url_;
  url.target = std::move(target);
  return follow(std::move(url), Request{bhttp::verb::get, headers, {}, max_body});
}

asio::awaitable<Response> Client::stream(std::string target, const Headers& headers, Streaming streaming) {
  Url url = url_;
  url.target = std::move(target);
  return follow(std::move(url), Request{bhttp::verb::get, headers, {}, 0, std::move(streaming)});
}

asio::awaitable<Response> Client::follow(Url url, Request request) {
  is_closed_ = false;
  for (int redirects = 0;; ++redirects) {
    Response response = co_await send_to(url, request);
    const bool repeats = is_repeated_at(response.status, request.method);
    if (!repeats || !config_.follow_redirects || redirects == kMostRedirects) co_return response;
    std::optional<Url> next = resolve_url(url, response.location);
    // What was meant for one host is not sent to another.
    if (!next || next->host != url_.host || next->socket != url_.socket) co_return response;
    url = std::move(*next);
  }
}

asio::awaitable<Response> Client::send_to(const Url& url, const Request& request) {
  Response response;
  const Headers secret_headers = read_secret_headers(url_, config_, response.error);
  if (response.error.empty()) response.error = header_problem(request.headers);
  if (response.error.empty()) response.error = header_problem(secret_headers);
  if (!response.error.empty()) co_return response;
  for (;;) {
    if (!connection_ || !connection_->is_for(url) || connection_->is_older_than(max_age_)) {
      connection_ = std::make_unique<Connection>(io_, config_, timeout_);
      response.error = co_await connection_->connect(url);
      // What was closed before it was open is open now.
      if (is_closed_ && response.error.empty()) response.error = "closed";
      if (!response.error.empty()) {
        connection_.reset();
        co_return response;
      }
    }
    const bool reused = connection_->used();
    response = co_await connection_->exchange(url, request, secret_headers);
    const bool closed_while_idle = reused && !connection_->answered();
    // After a server error the next attempt should reach another server behind the same name.
    if (!connection_->keeps_alive() || response.status >= 500) connection_.reset();
    // Sending again is safe: Loki ignores an entry that it has.
    if (!closed_while_idle || is_closed_ || response.error.find("timed out") != std::string::npos)
      co_return response;
  }
}

}  // namespace lokitail::agent::http
