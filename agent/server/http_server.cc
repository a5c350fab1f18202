#include "agent/server/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <type_traits>
#include <utility>

#include "agent/into_error.h"
#include "agent/listen_address.h"
#include "agent/pause.h"
#include "agent/server/server_stream.h"
#include "agent/server/server_tls.h"
#include "agent/server/socket_file.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostConnections = 256;
constexpr std::uint32_t kMostHeaderBytes = 16 * 1024;
constexpr std::uint64_t kMostBodyBytes = 64 * 1024;  // of a request that needs none
constexpr std::size_t kBufferedBodyBytes = 64 * 1024;
constexpr std::chrono::seconds kLinger{2};
// How long a request may take where others wait for its connection.
constexpr std::chrono::milliseconds kCrowdedPatience{500};
constexpr std::chrono::milliseconds kCrowdedPause{20};
// What browsers may do with what they are sent: show it by itself, with scripts and styles of ours alone.
constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

using Parser = bhttp::request_parser<bhttp::string_body>;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

auto ticks(std::chrono::nanoseconds time) { return std::chrono::duration_cast<Clock::duration>(time); }

bool has_body(unsigned status) { return status != 204 && status != 304; }

// Writes the pieces of a body as chunks, or as they are for a client that knows none.
class StreamedBody final : public HttpStream {
 public:
  StreamedBody(ServerStream& stream, bool is_chunked, std::chrono::nanoseconds timeout,
               const tcp::acceptor& acceptor)
      : stream_(stream), is_chunked_(is_chunked), timeout_(timeout), acceptor_(acceptor) {}

  asio::awaitable<bool> write(std::string_view text) override {
    if (text.empty() || failed_ || !acceptor_.is_open()) co_return !failed_ && acceptor_.is_open();
    stream_.raw().expires_after(ticks(timeout_));
    error_code error;
    const auto bytes = asio::buffer(text);
    if (is_chunked_) {
      co_await asio::async_write(stream_, bhttp::make_chunk(bytes), into(error));
    } else {
      co_await asio::async_write(stream_, bytes, into(error));
    }
    stream_.raw().expires_never();
    failed_ = static_cast<bool>(error);
    co_return !failed_ && acceptor_.is_open();
  }

  // Whether the connection is of further use.
  asio::awaitable<bool> end() {
    if (failed_ || !is_chunked_) co_return false;
    stream_.raw().expires_after(ticks(timeout_));
    error_code error;
    co_await asio::async_write(stream_, bhttp::make_chunk_last(), into(error));
    co_return !error;
  }

 private:
  ServerStream& stream_;
  const bool is_chunked_;
  const std::chrono::nanoseconds timeout_;
  const tcp::acceptor& acceptor_;
  bool failed_ = false;
};

}  // namespace

HttpServerOptions HttpServerOptions::of(const config::ServerConfig& server) {
  HttpServerOptions options;
  options.address = server.http_listen_address;
  options.network = server.http_listen_network;
  options.port = static_cast<std::uint16_t>(server.http_listen_port);
  options.socket_path = server.http_listen_socket;
  options.socket_mode = static_cast<unsigned>(std::stoul(server.http_listen_socket_mode, nullptr, 8));
  options.path_prefix = server.http_path_prefix;
  options.tls = server.http_tls_config;
  options.basic_auth = server.basic_auth;
  options.admin = server.admin;
  options.allowed_hosts = server.allowed_hosts;
  options.connection_limit = static_cast<std::size_t>(server.http_listen_conn_limit);
  options.read_timeout = server.http_server_read_timeout;
  options.write_timeout = server.http_server_write_timeout;
  options.idle_timeout = server.http_server_idle_timeout;
  return options;
}

// Outlives the server object while connections are being closed.
struct HttpServer::State : std::enable_shared_from_this<State> {
  struct Route {
    std::uint64_t body_limit = kMostBodyBytes;
    Handler handler;
    Gate gate;
    Access access = Access::kKnown;
  };
  // What there is at a path.
  struct Page {
    std::optional<Route> get, post;
  };
  struct Connection {
    Connection(ServerStream::Socket socket, std::shared_ptr<asio::ssl::context> tls, bool over_socket_file)
        : stream(std::move(socket), std::move(tls)), is_local(over_socket_file) {}
    ServerStream stream;
    const bool is_local;
    beast::flat_buffer buffer{kMostHeaderBytes + kBufferedBodyBytes};
    bool is_answering = false;
    Clock::time_point waits_since = Clock::now();  // for a request, where it is not answering
  };

  // What the body of a request takes of the budget.
  class BodyShare {
   public:
    explicit BodyShare(State& state) : state_(state) {}
    ~BodyShare() { state_.body_bytes -= bytes_; }
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;

    // False where there is no room for it.
    bool grow_to(std::size_t bytes) {
      state_.body_bytes += bytes - bytes_;
      bytes_ = bytes;
      return state_.body_bytes <= state_.options.body_budget;
    }

   private:
    State& state_;
    std::size_t bytes_ = 0;
  };

  State(asio::io_context& context, HttpServerOptions given)
      : io(context),
        options(std::move(given)),
        rules(options.basic_auth, options.admin, options.allowed_hosts, options.address),
        acceptor(context),
        local_acceptor(context) {
    if (options.connection_limit == 0) options.connection_limit = kMostConnections;
    while (options.path_prefix.ends_with('/')) options.path_prefix.pop_back();
  }

  void listen() { listen_at({options.address, std::to_string(options.port), options.network}, acceptor); }

  void listen_on_socket_file() {
    socket_file.emplace(options.socket_path, options.socket_mode);
    socket_file->open(local_acceptor);
  }

  // Where one is closed the other is, too.
  void close_acceptors() {
    error_code ignored;
    acceptor.close(ignored);
    local_acceptor.close(ignored);
    socket_file.reset();
  }

  // `from` is one of the acceptors.
  template <typename Acceptor>
  asio::awaitable<void> accept(Acceptor& from) {
    constexpr bool kIsLocal = std::is_same_v<Acceptor, local::acceptor>;
    const auto self = shared_from_this();
    asio::steady_timer timer(io);
    while (acceptor.is_open()) {
      error_code error;
      auto socket = co_await from.async_accept(into(error));
      if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
      if (error) co_await pause(timer, kCrowdedPause);  // out of descriptors: those that are open may end
      while (acceptor.is_open() && connections.size() >= options.connection_limit) {
        make_room();
        co_await pause(timer, kCrowdedPause);
      }
      if (error || !acceptor.is_open()) continue;
      connections.emplace_back(std::move(socket), tls && !kIsLocal ? tls->context() : nullptr, kIsLocal);
      asio::co_spawn(io, serve(std::prev(connections.end())), asio::detached);
    }
  }

  // Ends the connection that has been waited for longest, so that nobody is kept out by such as send nothing.
  void make_room() {
    const auto longest = std::ranges::min_element(connections, {}, [](const Connection& connection) {
      return connection.is_answering ? Clock::time_point::max() : connection.waits_since;
    });
    if (longest->is_answering || Clock::now() - longest->waits_since < kCrowdedPatience) return;
    longest->stream.raw().close();
  }

  asio::awaitable<void> serve(std::list<Connection>::iterator connection) {
    const auto self = shared_from_this();
    ServerStream& stream = connection->stream;
    beast::flat_buffer& buffer = connection->buffer;
    stream.raw().expires_after(ticks(options.read_timeout));
    bool alive = !co_await stream.begin();
    for (bool first = true; alive && acceptor.is_open(); first = false) {
      error_code error;
      connection->waits_since = Clock::now();
      stream.raw().expires_after(ticks(first ? options.read_timeout : options.idle_timeout));
      if (buffer.size() == 0) {
        // Waits for the beginning of a request; from there on it has to come within the timeout.
        const auto bytes = co_await stream.async_read_some(buffer.prepare(4096), into(error));
        buffer.commit(bytes);
        if (error) break;
        stream.raw().expires_after(ticks(options.read_timeout));
      }
      alive = co_await serve_one(*connection);
    }
    stream.raw().expires_after(kLinger);
    co_await stream.end();
    connections.erase(connection);
  }

  // One request with its answer. False where the connection is of no more use.
  asio::awaitable<bool> serve_one(Connection& connection) {
    ServerStream& stream = connection.stream;
    beast::flat_buffer& buffer = connection.buffer;
    Parser parser;
    parser.header_limit(kMostHeaderBytes);
    parser.body_limit(boost::none);  // until it is known for whom it is
    error_code error;
    co_await bhttp::async_read_header(stream, buffer, parser, into(error));
    if (error) {
      if (error != bhttp::error::end_of_stream) co_await refuse(stream, error);
      co_return false;
    }
    HttpRequest request = head_of(parser, connection);
    const Page* const page = find(parser.get());
    const Route* const route = route_of(page, parser.get().method());
    HttpAnswer answer;
    std::optional<HttpAnswer> refusal = gate(page, route, request, parser);
    BodyShare share(*this);
    if (!refusal && !parser.is_done()) {
      refusal = co_await read_body(stream, buffer, parser, share, error);
      if (error) co_return false;
    }
    stream.raw().expires_never();
    connection.is_answering = true;
    if (refusal) {
      answer = std::move(*refusal);
    } else {
      request.body = std::move(parser.get().body());
      answer = co_await route->handler(request);
    }
    const bool is_for_browsers = route != nullptr && route->access >= Access::kPage;
    if (is_for_browsers) protect(answer);
    const bool alive = co_await write(stream, parser, std::move(answer));
    connection.is_answering = false;
    if (!parser.is_done()) co_await linger(stream, buffer);
    co_return alive;
  }

  static const Route* route_of(const Page* page, bhttp::verb method) {
    if (page == nullptr) return nullptr;
    const bool gets = method == bhttp::verb::get || method == bhttp::verb::head;
    const auto& route = gets ? page->get : page->post;
    return route && (gets || method == bhttp::verb::post) ? &*route : nullptr;
  }

  // What is known to be wrong with a request by its head.
  std::optional<HttpAnswer> gate(const Page* page, const Route* route, const HttpRequest& request,
                                 Parser& parser) {
    if (page == nullptr) return text_answer(404, "404 page not found");
    // Where nothing is taken, what is brought is too large before it is wrong.
    const std::uint64_t limit = route != nullptr ? route->body_limit : kMostBodyBytes;
    if (parser.content_length() && *parser.content_length() > limit) {
      return text_answer(413, "the body is larger than " + std::to_string(limit) + " bytes");
    }
    if (route == nullptr) {
      HttpAnswer answer = text_answer(405, "method not allowed");
      answer.headers.emplace_back("Allow", !page->post ? "GET, HEAD"
                                           : page->get ? "GET, HEAD, POST"
                                                       : "POST");
      return answer;
    }
    if (auto refusal = rules.refusal(route->access, request)) return refusal;
    parser.body_limit(route->body_limit);
    return route->gate ? route->gate() : std::nullopt;
  }

  static void protect(HttpAnswer& answer) {
    answer.headers.emplace_back("Content-Security-Policy", kContentPolicy);
    answer.headers.emplace_back("X-Frame-Options", "DENY");  // for browsers that know no frame-ancestors
    answer.headers.emplace_back("Referrer-Policy", "no-referrer");
    answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  }

  // Reads it piece by piece, so that memory is taken for what has come alone. An answer where it is refused;
  // an error where the client is gone.
  asio::awaitable<std::optional<HttpAnswer>> read_body(ServerStream& stream, beast::flat_buffer& buffer,
                                                       Parser& parser, BodyShare& share, error_code& error) {
    if (parser.get()[bhttp::field::expect] == "100-continue") {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream, asio::buffer(kContinue), into(error));
      if (error) co_return std::nullopt;
    }
    while (!parser.is_done()) {
      co_await bhttp::async_read_some(stream, buffer, parser, into(error));
      if (error == bhttp::error::body_limit) {
        error = {};
        co_return text_answer(413, "the body is too large");
      }
      if (error) {
        co_await refuse(stream, error);
        co_return std::nullopt;
      }
      if (!share.grow_to(parser.get().body().size())) {
        HttpAnswer answer = text_answer(429, "too many requests at a time");
        answer.retry_after = std::chrono::seconds(1);
        co_return answer;
      }
    }
    co_return std::nullopt;
  }

  // Views into the parser.
  HttpRequest head_of(const Parser& parser, Connection& connection) const {
    HttpRequest request;
    const auto& message = parser.get();
    const std::string_view target = view(message.target());
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.target = request.path = target.substr(0, mark);
    if (request.path.starts_with(options.path_prefix)) request.path.remove_prefix(options.path_prefix.size());
    if (mark < target.size()) request.query = target.substr(mark + 1);
    for (const auto& field : message)
      request.headers.emplace_back(view(field.name_string()), view(field.value()));
    request.is_local = connection.is_local;
    request.client = connection.stream.client();
    return request;
  }

  template <typename Body>
  static void set_head(bhttp::response<Body>& response, const HttpAnswer& answer) {
    response.result(answer.status);
    response.set(bhttp::field::server, std::string("lokitail/") + kVersion);
    response.set("X-Content-Type-Options", "nosniff");
    if (!answer.location.empty()) response.set(bhttp::field::location, answer.location);
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    if (answer.retry_after.count() > 0) {
      response.set(bhttp::field::retry_after, std::to_string(answer.retry_after.count()));
    }
    if (has_body(answer.status)) response.set(bhttp::field::content_type, answer.content_type);
  }

  // Whether the connection is of further use.
  asio::awaitable<bool> write(ServerStream& stream, const Parser& parser, HttpAnswer answer) {
    const auto& request = parser.get();
    const bool is_head = request.method() == bhttp::verb::head;
    if (answer.stream && !is_head) co_return co_await write_stream(stream, request, answer);
    bhttp::response<bhttp::string_body> response;
    response.version(request.version());
    set_head(response, answer);
    // An answer of before the end of the body is the last of its connection.
    response.keep_alive(request.keep_alive() && parser.is_done() && acceptor.is_open());
    if (has_body(answer.status) && !answer.stream) {
      response.content_length(answer.body.size());
      if (!is_head) response.body() = std::move(answer.body);
    }
    error_code error;
    stream.raw().expires_after(ticks(options.write_timeout));
    co_await bhttp::async_write(stream, response, into(error));
    co_return !error && response.keep_alive();
  }

  template <typename Request>
  asio::awaitable<bool> write_stream(ServerStream& stream, const Request& request, const HttpAnswer& answer) {
    const bool is_chunked = request.version() >= 11;
    bhttp::response<bhttp::empty_body> response;
    response.version(request.version());
    set_head(response, answer);
    response.keep_alive(is_chunked && request.keep_alive());
    if (is_chunked) response.chunked(true);
    bhttp::response_serializer<bhttp::empty_body> serializer(response);
    error_code error;
    stream.raw().expires_after(ticks(options.write_timeout));
    co_await bhttp::async_write_header(stream, serializer, into(error));
    if (error) co_return false;
    stream.raw().expires_never();
    StreamedBody body(stream, is_chunked, options.write_timeout, acceptor);
    co_await answer.stream(body);
    co_return co_await body.end() && response.keep_alive() && acceptor.is_open();
  }

  // nullptr where there is no such page.
  const Page* find(const bhttp::request<bhttp::string_body>& request) const {
    std::string_view path = view(request.target());
    path = path.substr(0, path.find('?'));
    if (!path.starts_with(options.path_prefix)) return nullptr;
    const auto found = pages.find(path.substr(options.path_prefix.size()));
    return found == pages.end() ? nullptr : &found->second;
  }

  // Says what is wrong with a request. Where it is the connection nobody would hear it; and whoever is cut off by a
  // stop in the middle of a request is to send it again, which nobody does that was told it is a bad one.
  asio::awaitable<void> refuse(ServerStream& stream, error_code why) {
    const bool is_about_request = why.category() == make_error_code(bhttp::error::bad_method).category();
    if (!is_about_request || why == bhttp::error::partial_message) co_return;
    if (!stream.raw().socket().is_open()) co_return;
    const auto status = why == bhttp::error::header_limit ? bhttp::status::request_header_fields_too_large
                                                          : bhttp::status::bad_request;
    bhttp::response<bhttp::string_body> response(status, 11);
    response.keep_alive(false);
    response.body() = "bad request\n";
    response.prepare_payload();
    error_code ignored;
    stream.raw().expires_after(ticks(options.write_timeout));
    co_await bhttp::async_write(stream, response, into(ignored));
  }

  // Takes in for a while what a client still sends that was refused: a connection that is closed with bytes
  // unread is reset, and the client would not see its answer.
  asio::awaitable<void> linger(ServerStream& stream, beast::flat_buffer& buffer) {
    ServerStream::Raw& raw = stream.raw();
    error_code error;
    raw.socket().shutdown(tcp::socket::shutdown_send, error);
    raw.expires_after(kLinger);
    error = {};
    while (!error) {
      buffer.clear();
      co_await raw.async_read_some(buffer.prepare(kBufferedBodyBytes), into(error));
    }
  }

  asio::io_context& io;
  HttpServerOptions options;
  const AccessRules rules;
  std::optional<ServerTls> tls;
  tcp::acceptor acceptor;
  local::acceptor local_acceptor;
  std::optional<SocketFile> socket_file;
  std::map<std::string, Page, std::less<>> pages;
  std::size_t body_bytes = 0;  // of the requests that are there
  std::list<Connection> connections;
};

HttpServer::HttpServer(asio::io_context& io, HttpServerOptions options)
    : state_(std::make_shared<State>(io, std::move(options))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::on_get(std::string path, Handler handler, Access access) {
  state_->pages[std::move(path)].get = {kMostBodyBytes, std::move(handler), {}, access};
}

void HttpServer::on_post(std::string path, std::size_t body_limit, Handler handler, Gate gate,
                         Access access) {
  state_->pages[std::move(path)].post = {body_limit, std::move(handler), std::move(gate), access};
}

void HttpServer::start() {
  if (state_->options.tls.is_on()) state_->tls.emplace(state_->options.tls);
  state_->listen();
  asio::co_spawn(state_->io, state_->accept(state_->acceptor), asio::detached);
  if (state_->options.socket_path.empty()) return;
  state_->listen_on_socket_file();
  asio::co_spawn(state_->io, state_->accept(state_->local_acceptor), asio::detached);
}

std::uint16_t HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }

void HttpServer::stop_accepting() {
  state_->close_acceptors();
  for (State::Connection& connection : state_->connections) {
    if (!connection.is_answering) connection.stream.raw().cancel();
  }
}

void HttpServer::stop() {
  state_->close_acceptors();
  for (State::Connection& connection : state_->connections) connection.stream.raw().cancel();
}

bool HttpServer::is_over() const { return state_->connections.empty(); }

}  // namespace lokitail::agent
