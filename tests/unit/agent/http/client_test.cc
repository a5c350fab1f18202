#include "agent/http/client.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <catch2/catch.hpp>

#include "agent/http/credentials.h"
#include "tests/support/stub_server.h"
#include "tests/support/temp_dir.h"

namespace lokitail::agent::http {
namespace {

namespace asio = boost::asio;
namespace test = lokitail::test;
using namespace std::chrono_literals;
using test::StubAnswer;
using test::StubRequest;
using test::StubServer;

struct ClientScene {
  explicit ClientScene(StubServer::Handler handler) : server(std::move(handler)) {}

  Response wait_for(asio::awaitable<Response> request) {
    std::optional<Response> response;
    asio::co_spawn(io, std::move(request), [&](std::exception_ptr failed, Response came) {
      CHECK_FALSE(failed);
      response = std::move(came);
    });
    io.restart();
    io.run();
    return std::move(*response);
  }
  Response stream(std::string target, std::chrono::nanoseconds silence,
                  const std::function<bool(std::string_view)>& take) {
    Client::Streaming streaming{
        .take = [&take](std::string_view bytes) -> asio::awaitable<bool> { co_return take(bytes); },
        .silence = silence};
    return wait_for(client.stream(std::move(target), headers, std::move(streaming)));
  }

  StubServer server;
  asio::io_context io;
  Client client{io, *parse_url(server.url() + "/base"), {}, 10s, 0s};
  Headers headers{{"Accept", "application/json"}};
};

TEST_CASE("a GET is answered with body and headers, on one connection") {
  std::atomic<int> asked{0};
  ClientScene scene([&](const StubRequest& request, StubAnswer& answer) {
    CHECK(request.method == "GET");
    CHECK(request.header("accept") == "application/json");
    answer.send(200, request.target + " " + std::to_string(++asked), {{"X-Consul-Index", "7"}});
  });
  Response response = scene.wait_for(scene.client.get("/v1/things?a=b", scene.headers));
  CHECK(response.ok());
  CHECK(response.body == "/v1/things?a=b 1");
  CHECK(response.header("x-consul-index") == "7");
  CHECK(response.header("x-other").empty());
  response = scene.wait_for(scene.client.get("/again", scene.headers));
  CHECK(response.body == "/again 2");
}

TEST_CASE("an answer to a GET that is too long or breaks off is an error") {
  ClientScene scene([](const StubRequest& request, StubAnswer& answer) {
    if (request.path() == "/long") return answer.send(200, std::string(1001, 'x'));
    if (request.path() == "/fits") return answer.send(200, std::string(1000, 'x'));
    answer.begin(200);
    answer.chunk("half of ");
  });
  CHECK_THAT(scene.wait_for(scene.client.get("/long", scene.headers, 1000)).problem(),
             Catch::Contains("longer than 1000 bytes"));
  CHECK(scene.wait_for(scene.client.get("/fits", scene.headers, 1000)).body == std::string(1000, 'x'));
  const Response broken = scene.wait_for(scene.client.get("/half", scene.headers, 1000));
  CHECK_FALSE(broken.ok());
  CHECK_FALSE(broken.error.empty());
}

TEST_CASE("a refusal is told with the first line of what the server said") {
  ClientScene scene([](const StubRequest&, StubAnswer& answer) { answer.send(403, "not you\nmore"); });
  const Response response = scene.wait_for(scene.client.get("/", scene.headers));
  CHECK_FALSE(response.ok());
  CHECK(response.problem() == "HTTP status 403: not you");
}

TEST_CASE("a GET follows redirects, to the same host only") {
  ClientScene scene([](const StubRequest& request, StubAnswer& answer) {
    if (request.path() == "/there") return answer.send(200, "arrived");
    if (request.path() == "/away") return answer.send(302, "", {{"Location", "http://localhost:1/there"}});
    answer.send(302, "", {{"Location", "/there"}});
  });
  CHECK(scene.wait_for(scene.client.get("/here", scene.headers)).body == "arrived");
  CHECK(scene.wait_for(scene.client.get("/away", scene.headers)).status == 302);
}

TEST_CASE("an answer that goes on is taken as it comes, until no more is wanted or the server ends it") {
  std::atomic<bool> was_left{false};
  ClientScene scene([&](const StubRequest& request, StubAnswer& answer) {
    answer.begin(200);
    for (int i = 0; answer.chunk("event " + std::to_string(i) + "\n"); ++i) {
      if (request.path() == "/three" && i == 2) return answer.end();
      std::this_thread::sleep_for(1ms);
    }
    was_left = true;
  });
  std::string text;
  const auto until_ten = [&text](std::string_view bytes) {
    text += bytes;
    return text.find("event 10\n") == text.npos;
  };
  Response response = scene.stream("/always", 10s, until_ten);
  CHECK(response.ok());
  CHECK_THAT(text, Catch::StartsWith("event 0\nevent 1\n") && Catch::Contains("event 10\n"));
  text.clear();
  response = scene.stream("/three", 10s, until_ten);
  CHECK(response.ok());
  CHECK(text == "event 0\nevent 1\nevent 2\n");
  while (!was_left) std::this_thread::sleep_for(1ms);
}

TEST_CASE("an answer that goes on and is silent too long is an error, and so is one that breaks off") {
  ClientScene scene([](const StubRequest& request, StubAnswer& answer) {
    answer.begin(200);
    answer.chunk("once");
    while (request.path() == "/silent" && answer.is_wanted()) std::this_thread::sleep_for(1ms);
  });
  std::string text;
  const auto take = [&text](std::string_view bytes) {
    text += bytes;
    return true;
  };
  Response response = scene.stream("/silent", 50ms, take);
  CHECK_THAT(response.error, Catch::Contains("timed out"));
  CHECK(text == "once");
  response = scene.stream("/broken", 10s, take);
  CHECK_FALSE(response.error.empty());
}

TEST_CASE("an answer that may be silent begins and goes on as late as it likes, but a refusal does not") {
  constexpr auto kLate = 150ms;
  ClientScene scene([kLate](const StubRequest& request, StubAnswer& answer) {
    if (request.path() == "/refused") {
      answer.begin(500);
      while (answer.is_wanted()) std::this_thread::sleep_for(1ms);
      return;
    }
    std::this_thread::sleep_for(kLate);
    answer.begin(200, {{"X-Kind", "log"}});
    std::this_thread::sleep_for(kLate);
    answer.chunk("late");
    answer.end();
  });
  Client client(scene.io, *parse_url(scene.server.url()), {}, 50ms, 0s);
  std::string text;
  std::string kind;
  const Client::Streaming streaming{.take = [&](std::string_view bytes) -> asio::awaitable<bool> {
                                      CHECK(kind == "log");
                                      text += bytes;
                                      co_return true;
                                    },
                                    .begin = [&](const Response& head) { kind = head.header("x-kind"); }};
  CHECK(scene.wait_for(client.stream("/", scene.headers, streaming)).ok());
  CHECK(text == "late");
  kind.clear();
  const Response refused = scene.wait_for(client.stream("/refused", scene.headers, streaming));
  CHECK(refused.status == 500);
  CHECK_THAT(refused.error, Catch::Contains("timed out"));
  CHECK(kind.empty());
}

TEST_CASE("a refusal of an answer that would go on is whole and nothing is taken") {
  ClientScene scene([](const StubRequest&, StubAnswer& answer) { answer.send(410, "gone"); });
  const Response response = scene.stream("/", 10s, [](std::string_view) {
    FAIL("nothing is to be taken");
    return false;
  });
  CHECK(response.status == 410);
  CHECK(response.body == "gone");
}

TEST_CASE("a request that waits when the client is closed is not sent again") {
  std::atomic<int> waiting{0};
  ClientScene scene([&](const StubRequest& request, StubAnswer& answer) {
    if (request.path() == "/quick") return answer.send(200, "quick");
    ++waiting;
    while (answer.is_wanted()) std::this_thread::sleep_for(1ms);
  });
  // On a connection that was used before, whose end could be one while it was idle.
  CHECK(scene.wait_for(scene.client.get("/quick", scene.headers)).ok());
  asio::steady_timer timer(scene.io);
  std::function<void()> close_when_waiting = [&] {
    timer.expires_after(1ms);
    timer.async_wait([&](const boost::system::error_code&) {
      if (waiting > 0) return scene.client.close();
      close_when_waiting();
    });
  };
  close_when_waiting();
  const Response response = scene.wait_for(scene.client.get("/waits", scene.headers));
  CHECK_FALSE(response.error.empty());
  CHECK(waiting == 1);
  // It can be asked again.
  CHECK(scene.wait_for(scene.client.get("/quick", scene.headers)).ok());
}

TEST_CASE("a secret's file that cannot be read is an error, and the next request looks again") {
  const test::TempDir directory;
  const auto path = directory / "password";
  std::filesystem::create_directory(path);
  std::atomic<int> asked{0};
  StubServer server([&](const StubRequest& request, StubAnswer& answer) {
    ++asked;
    answer.send(200, request.header("authorization"));
  });
  config::HttpClientConfig config;
  config.basic_auth.emplace();
  config.basic_auth->username = "me";
  config.basic_auth->password_file = path.string();
  ClientScene scene(nullptr);
  Client client(scene.io, *parse_url(server.url()), config, 10s, 0s);
  CHECK_THAT(scene.wait_for(client.get("/", {})).error, Catch::Contains(path.string()));
  std::filesystem::remove(path);
  CHECK_THAT(scene.wait_for(client.get("/", {})).error, Catch::Contains(path.string()));
  CHECK(asked == 0);
  test::write_file(path, "\t\n secret words \t\r\n");
  CHECK(scene.wait_for(client.get("/", {})).body == basic_authorization("me", "secret words"));
}

TEST_CASE("a header that would write others is not sent") {
  std::atomic<int> asked{0};
  ClientScene scene([&](const StubRequest&, StubAnswer& answer) {
    ++asked;
    answer.send(200, "");
  });
  const auto problem_with = [&](const Headers& headers) {
    return scene.wait_for(scene.client.post(headers, "body")).error;
  };
  CHECK(problem_with({{"X-Scope-OrgID", "a\r\nX-Other: b"}}) ==
        "the header X-Scope-OrgID holds a line break or another control character");
  CHECK_FALSE(problem_with({{"X-A", std::string("a\0", 2)}}).empty());
  CHECK_FALSE(problem_with({{"X-A: b\r\nX-B", "c"}}).empty());
  CHECK_FALSE(problem_with({{"", "c"}}).empty());
  CHECK(asked == 0);
  CHECK(problem_with({{"X-A", "\u00e4 \t b"}}).empty());
  CHECK(asked == 1);
}

// Until its coroutine goes on, a look-up that is done waits as any other call does.
class LookUp {
 public:
  // A port that is no service is known to be none without asking anybody.
  LookUp(const std::string& port, std::chrono::nanoseconds timeout)
      : server_([this](const StubRequest&, StubAnswer& answer) {
          ++asked;
          answer.send(200, "");
        }),
        client(
            std::make_unique<Client>(io_, url_of(port, server_), config::HttpClientConfig(), timeout, 0s)) {
    asio::co_spawn(io_, client->get("/", headers_),
                   [this](std::exception_ptr, Response came) { response = std::move(came); });
    io_.poll_one();  // as far as the look-up
    std::this_thread::sleep_for(300ms);
  }
  void go_on() { io_.run(); }

  std::atomic<int> asked{0};
  std::optional<Response> response;

 private:
  static Url url_of(const std::string& port, const StubServer& server) {
    Url url = *parse_url(server.url());
    if (!port.empty()) url.port = port;
    return url;
  }
  StubServer server_;
  asio::io_context io_;
  const Headers headers_;

 public:
  std::unique_ptr<Client> client;
};

TEST_CASE("a client that is closed while it looks up a name connects to nobody") {
  LookUp scene("", 10s);
  scene.client->close();
  scene.go_on();
  REQUIRE(scene.response);
  CHECK_FALSE(scene.response->error.empty());
  CHECK(scene.asked == 0);
}

TEST_CASE("a name that is not there, when the time for it is over, too") {
  LookUp scene("no-such-service", 100ms);
  scene.go_on();
  REQUIRE(scene.response);
  CHECK_FALSE(scene.response->error.empty());
}

}  // namespace
}  // namespace lokitail::agent::http
