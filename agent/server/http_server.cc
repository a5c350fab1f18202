#include "agent/server/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::size_t kMostConnections = 256;
constexpr std::uint32_t kMostHeaderBytes = 16 * 1024;
constexpr std::uint64_t kMostBodyBytes = 64 * 1024;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

auto ticks(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(time);
}

}  // namespace

// Outlives the server object while connections are being closed.
struct HttpServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, HttpServerOptions given)
      : io(context), options(std::move(given)), acceptor(context) {
    if (options.connection_limit == 0) options.connection_limit = kMostConnections;
    while (options.path_prefix.ends_with('/')) options.path_prefix.pop_back();
  }

  void listen() {
    error_code error;
    const auto address = options.address.empty() ? asio::ip::address(asio::ip::address_v6::any())
                                                 : asio::ip::make_address(options.address, error);
    if (error && options.address != "localhost") {
      throw std::runtime_error("http_listen_address: not an address: " + options.address);
    }
    tcp::endpoint endpoint(error ? asio::ip::address(asio::ip::address_v4::loopback()) : address,
                           options.port);
    acceptor.open(endpoint.protocol(), error);
    if (error && options.address.empty()) {  // a host without IPv6
      endpoint = {tcp::v4(), options.port};
      acceptor.open(endpoint.protocol(), error);
    }
    if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      throw std::runtime_error("listen tcp " + endpoint.address().to_string() + ":" +
                               std::to_string(options.port) + ": " + error.message());
    }
  }

  asio::awaitable<void> accept() {
    const auto self = shared_from_this();
    while (acceptor.is_open()) {
      error_code error;
      tcp::socket socket = co_await acceptor.async_accept(into(error));
      if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
      if (error || streams.size() >= options.connection_limit) {
        // Out of descriptors, or too many connections: give those that are open time to end.
        asio::steady_timer pause(io, std::chrono::milliseconds(50));
        co_await pause.async_wait(into(error));
        continue;
      }
      asio::co_spawn(io, serve(beast::tcp_stream(std::move(socket))), asio::detached);
    }
  }

  asio::awaitable<void> serve(beast::tcp_stream stream) {
    const auto self = shared_from_this();
    streams.insert(&stream);
    beast::flat_buffer buffer(kMostHeaderBytes + kMostBodyBytes);
    bool alive = true;
    for (bool first = true; alive && acceptor.is_open(); first = false) {
      bhttp::request_parser<bhttp::string_body> parser;
      parser.header_limit(kMostHeaderBytes);
      parser.body_limit(kMostBodyBytes);
      error_code error;
      stream.expires_after(ticks(first ? options.read_timeout : options.idle_timeout));
      if (buffer.size() == 0) {
        // Waits for the beginning of a request; from there on it has to come within the timeout.
        const auto bytes = co_await stream.async_read_some(buffer.prepare(4096), into(error));
        buffer.commit(bytes);
        if (error) break;
        stream.expires_after(ticks(options.read_timeout));
      }
      co_await bhttp::async_read(stream, buffer, parser, into(error));
      if (error) {
        if (error != bhttp::error::end_of_stream) co_await refuse(stream, error);
        break;
      }
      alive = co_await answer(stream, parser.get());
    }
    error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    streams.erase(&stream);
  }

  asio::awaitable<bool> answer(beast::tcp_stream& stream,
                               const bhttp::request<bhttp::string_body>& request) {
    HttpAnswer answer = co_await dispatch(request);
    bhttp::response<bhttp::string_body> response(
        static_cast<bhttp::status>(answer.status), request.version());
    response.set(bhttp::field::server, std::string("lokitail/") + kVersion);
    response.set(bhttp::field::content_type, answer.content_type);
    response.set("X-Content-Type-Options", "nosniff");
    if (!answer.location.empty()) response.set(bhttp::field::location, answer.location);
    if (answer.status == 405) response.set(bhttp::field::allow, "GET, HEAD");
    response.keep_alive(request.keep_alive());
    const std::size_t size = answer.body.size();
    if (request.method() != bhttp::verb::head) response.body() = std::move(answer.body);
    response.content_length(size);
    error_code error;
    stream.expires_after(ticks(options.write_timeout));
    co_await bhttp::async_write(stream, response, into(error));
    co_return !error && response.keep_alive();
  }

  asio::awaitable<HttpAnswer> dispatch(const bhttp::request<bhttp::string_body>& request) {
    std::string_view path(request.target().data(), request.target().size());
    path = path.substr(0, path.find('?'));
    if (!path.starts_with(options.path_prefix)) co_return HttpAnswer{404, "text/plain", "404 page not found\n", ""};
    path.remove_prefix(options.path_prefix.size());
    const auto handler = handlers.find(path);
    if (handler == handlers.end()) co_return HttpAnswer{404, "text/plain", "404 page not found\n", ""};
    if (request.method() != bhttp::verb::get && request.method() != bhttp::verb::head) {
      co_return HttpAnswer{405, "text/plain", "method not allowed\n", ""};
    }
    co_return co_await handler->second();
  }

  asio::awaitable<void> refuse(beast::tcp_stream& stream, error_code why) {
    if (why == beast::error::timeout || !stream.socket().is_open()) co_return;
    const auto status = why == bhttp::error::header_limit ? bhttp::status::request_header_fields_too_large
                        : why == bhttp::error::body_limit ? bhttp::status::payload_too_large
                                                          : bhttp::status::bad_request;
    bhttp::response<bhttp::string_body> response(status, 11);
    response.keep_alive(false);
    response.body() = "bad request\n";
    response.prepare_payload();
    error_code ignored;
    stream.expires_after(ticks(options.write_timeout));
    co_await bhttp::async_write(stream, response, into(ignored));
  }

  asio::io_context& io;
  HttpServerOptions options;
  tcp::acceptor acceptor;
  std::map<std::string, Handler, std::less<>> handlers;
  std::set<beast::tcp_stream*> streams;
};

HttpServer::HttpServer(asio::io_context& io, HttpServerOptions options)
    : state_(std::make_shared<State>(io, std::move(options))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::on_get(std::string path, Handler handler) {
  state_->handlers[std::move(path)] = std::move(handler);
}

void HttpServer::start() {
  state_->listen();
  asio::co_spawn(state_->io, state_->accept(), asio::detached);
}

std::uint16_t HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }

void HttpServer::stop() {
  error_code ignored;
  state_->acceptor.close(ignored);
  for (beast::tcp_stream* const stream : state_->streams) stream->cancel();
}

}  // namespace lokitail::agent
