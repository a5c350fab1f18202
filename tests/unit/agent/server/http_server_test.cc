#include "agent/server/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
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
    server_.on_get("/hello", [](HttpRequest&) -> asio::awaitable<HttpAnswer> {
      co_return HttpAnswer{200, "text/plain", "hello\n", ""};
    });
    server_.on_get("/broken", [](HttpRequest&) -> asio::awaitable<HttpAnswer> {
      co_return HttpAnswer{500, "text/plain", "no\n", ""};
    });
    server_.on_post(
        "/echo", 1000,
        [](HttpRequest& request) -> asio::awaitable<HttpAnswer> {
          co_return HttpAnswer{200, "text/plain",
                               request.path.data() == nullptr
                                   ? ""
                                   : std::string(request.query) + " " +
                                         std::string(request.header("x-name").value_or("none")) + " " +
                                         request.body};
        },
        [this]() -> std::optional<HttpAnswer> {
          if (open_) return std::nullopt;
          return HttpAnswer{429, "text/plain", "later", "", std::chrono::seconds(7)};
        });
    server_.on_get(
        "/page", [](HttpRequest&) -> asio::awaitable<HttpAnswer> { co_return text_answer(200, "page"); },
        Access::kPage);
    server_.on_get("/both",
                   [](HttpRequest&) -> asio::awaitable<HttpAnswer> { co_return text_answer(200, "got"); });
    server_.on_post(
        "/both", 10,
        [](HttpRequest&) -> asio::awaitable<HttpAnswer> { co_return text_answer(200, "posted"); }, {},
        Access::kAdmin);
    server_.on_get("/stream", [](HttpRequest&) -> asio::awaitable<HttpAnswer> {
      HttpAnswer answer;
      answer.stream = [](HttpStream& body) -> asio::awaitable<void> {
        for (const char* const piece : {"one\n", "two\n", "three\n"}) co_await body.write(piece);
      };
      co_return answer;
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

  std::uint16_t port() const { return port_; }

  void stop_accepting() {
    asio::post(io_, [this] { server_.stop_accepting(); });
  }

  std::atomic<bool> open_{true};

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

TEST_CASE("what is posted reaches its handler") {
  HttpServerOptions options = loopback();
  options.body_budget = 600;
  Served served(options);
  CHECK_THAT(served.talk("POST /echo?a=b HTTP/1.1\r\nHost: a\r\nX-Name: n\r\nContent-Length: 4\r\n\r\nbody"),
             Catch::StartsWith("HTTP/1.1 200 ") && Catch::EndsWith("\r\n\r\na=b n body"));
  CHECK_THAT(served.talk("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                         "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
             Catch::EndsWith("\r\n\r\n none abcde"));
  CHECK_THAT(served.talk("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 405 ") && Catch::Contains("Allow: POST\r\n"));
  CHECK_THAT(
      served.talk("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"),
      Catch::StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ") && Catch::EndsWith(" none hi"));
}

TEST_CASE("a body is refused that is too large, too much at a time, or comes while the gate is shut") {
  HttpServerOptions options = loopback();
  options.body_budget = 600;
  Served served(options);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  CHECK_THAT(served.talk(head + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x')),
             Catch::StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(served.talk(head + "Transfer-Encoding: chunked\r\n\r\n4e9\r\n" + std::string(0x4e9, 'x') +
                         "\r\n0\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(served.talk(head + "Content-Length: 700\r\n\r\n" + std::string(700, 'x')),
             Catch::StartsWith("HTTP/1.1 429 "));
  CHECK_THAT(served.talk(head + "Content-Length: 500\r\n\r\n" + std::string(500, 'x')),
             Catch::StartsWith("HTTP/1.1 200 "));
  served.open_ = false;
  CHECK_THAT(served.talk(head + "Content-Length: 5\r\n\r\nhello"),
             Catch::StartsWith("HTTP/1.1 429 ") && Catch::Contains("Retry-After: 7\r\n"));
  served.open_ = true;
  CHECK_THAT(served.talk(head + "Content-Length: 5\r\n\r\nhello"), Catch::StartsWith("HTTP/1.1 200 "));
}

// Whoever sent it would not send it again.
TEST_CASE("a request that a stop cuts off is not answered as a bad one") {
  for (const std::string part :
       {"POST /ec", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"}) {
    Served served(loopback());
    auto answer = std::async(std::launch::async, [&] { return served.talk(part, false); });
    std::this_thread::sleep_for(100ms);
    served.stop_accepting();
    CHECK(answer.get().empty());
  }
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
  const std::string both = Served(loopback())
                               .talk(
                                   "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /broken HTTP/1.1\r\nHost: "
                                   "a\r\nConnection: close\r\n\r\n",
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

TEST_CASE("a path may take two methods, each with rules of its own") {
  HttpServerOptions options = loopback();
  options.admin = true;
  const Served served(options);
  CHECK_THAT(served.talk("GET /both HTTP/1.1\r\nHost: a\r\n\r\n"), Catch::EndsWith("\r\n\r\ngot\n"));
  CHECK_THAT(served.talk("POST /both HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"),
             Catch::EndsWith("\r\n\r\nposted\n"));
  CHECK_THAT(served.talk("POST /both HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
                         "Content-Length: 1\r\n\r\nx"),
             Catch::StartsWith("HTTP/1.1 403 "));
  CHECK_THAT(served.talk("DELETE /both HTTP/1.1\r\nHost: a\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 405 ") && Catch::Contains("Allow: GET, HEAD, POST\r\n"));
}

TEST_CASE("what browsers show may run no script of others and stand in no frame") {
  const Served served(loopback());
  const std::string page = served.talk("GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  CHECK_THAT(page, Catch::StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(page, Catch::Contains("script-src 'self';") && Catch::Contains("frame-ancestors 'none'") &&
                       !Catch::Contains("unsafe-inline") &&
                       Catch::Contains("X-Content-Type-Options: nosniff\r\n"));
  const std::string rebound = served.talk("GET /page HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK_THAT(rebound, Catch::StartsWith("HTTP/1.1 403 ") && Catch::Contains("frame-ancestors 'none'"));
}

TEST_CASE("a body without an end comes in chunks") {
  const Served served(loopback());
  CHECK_THAT(
      served.talk("GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
      Catch::Contains("Transfer-Encoding: chunked\r\n") &&
          Catch::Contains("\r\n\r\n4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n0\r\n\r\nHTTP/1.1 200 OK") &&
          Catch::EndsWith("hello\n"));
  CHECK_THAT(served.talk("GET /stream HTTP/1.0\r\n\r\n"), Catch::EndsWith("\r\n\r\none\ntwo\nthree\n"));
  CHECK_THAT(served.talk("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"), Catch::EndsWith("\r\n\r\n"));
}

TEST_CASE("connections that send nothing keep nobody out") {
  HttpServerOptions options = loopback();
  options.connection_limit = 3;
  options.read_timeout = 60s;
  const Served served(options);
  asio::io_context io;
  std::vector<tcp::socket> silent;
  for (int i = 0; i < 10; ++i) {
    tcp::socket& socket = silent.emplace_back(io);
    socket.connect({asio::ip::address_v4::loopback(), served.port()});
    asio::write(socket, asio::buffer(std::string("GET /hello HTTP/1.1\r\nX: ")));
  }
  CHECK_THAT(served.talk("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), Catch::StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("an address that cannot be listened on is told") {
  asio::io_context io;
  HttpServerOptions options;
  options.address = "not an address";
  HttpServer server(io, options);
  CHECK_THROWS_WITH(server.start(), Catch::Contains("cannot listen at not an address:0: "));

  const Served served(loopback());
  tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0});
  options.address = "127.0.0.1";
  options.port = taken.local_endpoint().port();
  HttpServer second(io, options);
  CHECK_THROWS_WITH(second.start(), Catch::Contains("in use"));
}

}  // namespace
}  // namespace lokitail::agent
