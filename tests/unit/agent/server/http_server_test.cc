#include "agent/server/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <thread>

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

// A server on a thread of its own, with two pages.
class Served {
 public:
  explicit Served(HttpServerOptions options = {}) : server_(io_, std::move(options)) {
    server_.on_get("/hello", []() -> asio::awaitable<HttpAnswer> {
      co_return HttpAnswer{200, "text/plain", "hello\n", ""};
    });
    server_.on_get("/broken", []() -> asio::awaitable<HttpAnswer> {
      co_return HttpAnswer{500, "text/plain", "no\n", ""};
    });
    server_.start();
    port_ = server_.port();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Served() {
    asio::post(io_, [this] {
      server_.stop();
      io_.stop();
    });
    thread_.join();
  }

  // Sends this and returns all that comes until the server closes the connection.
  std::string talk(const std::string& request, bool close_after = true) const {
    asio::io_context io;
    tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port_});
    boost::system::error_code error;
    asio::write(socket, asio::buffer(request), error);
    if (close_after) socket.shutdown(tcp::socket::shutdown_send, error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }

 private:
  asio::io_context io_;
  HttpServer server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpServerOptions loopback() {
  HttpServerOptions options;
  options.address = "127.0.0.1";
  return options;
}

TEST_CASE("pages are served, others are not found") {
  const Served served(loopback());
  const std::string hello = served.talk("GET /hello?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(hello, Catch::StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(hello, Catch::EndsWith("\r\n\r\nhello\n"));
  CHECK_THAT(served.talk("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n"), Catch::StartsWith("HTTP/1.1 500 "));
  CHECK_THAT(served.talk("GET /other HTTP/1.1\r\nHost: a\r\n\r\n"), Catch::StartsWith("HTTP/1.1 404 "));
  CHECK_THAT(served.talk("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 405 "));
}

TEST_CASE("HEAD has the size and no body") {
  const std::string head = Served(loopback()).talk("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(head, Catch::Contains("Content-Length: 6\r\n"));
  CHECK_THAT(head, Catch::EndsWith("\r\n\r\n"));
}

TEST_CASE("the path prefix is taken off") {
  HttpServerOptions options = loopback();
  options.path_prefix = "/agent/";
  const Served served(options);
  CHECK_THAT(served.talk("GET /agent/hello HTTP/1.1\r\nHost: a\r\n\r\n"), Catch::StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(served.talk("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), Catch::StartsWith("HTTP/1.1 404 "));
}

TEST_CASE("requests that come at once are answered one after the other") {
  const std::string both = Served(loopback()).talk(
      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /broken HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      false);
  CHECK_THAT(both, Catch::StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(both, Catch::Contains("HTTP/1.1 500 "));
}

TEST_CASE("garbage and requests that are too large are refused") {
  const Served served(loopback());
  CHECK_THAT(served.talk("\x16\x03\x01 what\r\n\r\n"), Catch::StartsWith("HTTP/1.1 400 "));
  const std::string header(20'000, 'x');
  CHECK_THAT(served.talk("GET /hello HTTP/1.1\r\nA: " + header + "\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 431 "));
  CHECK_THAT(served.talk("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(served.talk("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), Catch::StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("a request that comes too slowly is not waited for") {
  HttpServerOptions options = loopback();
  options.read_timeout = 50ms;
  options.idle_timeout = 50ms;
  const Served served(options);
  CHECK(served.talk("GET /hello HT", false).empty());
  CHECK(served.talk("", false).empty());
}

TEST_CASE("an address that cannot be listened on is told") {
  asio::io_context io;
  HttpServerOptions options;
  options.address = "not an address";
  HttpServer server(io, options);
  CHECK_THROWS_WITH(server.start(), Catch::Contains("not an address"));

  const Served served(loopback());
  tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0});
  options.address = "127.0.0.1";
  options.port = taken.local_endpoint().port();
  HttpServer second(io, options);
  CHECK_THROWS_WITH(second.start(), Catch::Contains("in use"));
}

}  // namespace
}  // namespace lokitail::agent
