#include "agent/http/connector.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <catch2/catch.hpp>

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <vector>

#include "tests/support/skip.h"
#include "tests/support/wait.h"

namespace lokitail::agent::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::make_address;
using asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

// Where connections are taken by the kernel alone.
tcp::acceptor listen_at(asio::io_context& io, const char* address) {
  return tcp::acceptor(io, tcp::endpoint(make_address(address), 0));
}

// Where nobody answers: a queue of connections that is full.
class Silent {
 public:
  Silent(asio::io_context& io, const char* address) : acceptor_(io) {
    const tcp::endpoint endpoint(make_address(address), 0);
    acceptor_.open(endpoint.protocol());
    acceptor_.bind(endpoint);
    acceptor_.listen(0);
    for (int i = 0; i < 4; ++i) {
      auto& socket = waiting_.emplace_back(io);
      socket.open(endpoint.protocol());
      socket.non_blocking(true);
      const tcp::endpoint to = acceptor_.local_endpoint();
      ::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size()));  // Asio's own waits
    }
  }
  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

 private:
  tcp::acceptor acceptor_;
  std::vector<tcp::socket> waiting_;
};

struct Outcome {
  boost::system::error_code error;
  tcp::endpoint peer;  // where there is no error
  std::chrono::milliseconds took;
};

Outcome connect(asio::io_context& io, Endpoints endpoints, std::chrono::nanoseconds timeout,
                std::optional<std::chrono::milliseconds> cancelled_after = std::nullopt) {
  Connector connector(io);
  asio::steady_timer cancels(io);
  Outcome outcome;
  const test::Stopwatch clock;
  const auto body = [&]() -> asio::awaitable<void> {
    auto connected = co_await connector.connect(endpoints, timeout);
    outcome.error = connected.error;
    if (!connected.error) outcome.peer = connected.socket.remote_endpoint();
    outcome.took = clock.elapsed();
    cancels.cancel();
  };
  asio::co_spawn(io, body, asio::detached);
  if (cancelled_after) {
    cancels.expires_after(*cancelled_after);
    cancels.async_wait([&](const auto& error) {
      if (!error) connector.cancel();
    });
  }
  io.restart();
  io.run();
  return outcome;
}

TEST_CASE("the first address that answers is taken", "[connector]") {
  if (!test::has_ipv6()) return test::skip("no IPv6");
  asio::io_context io;
  const auto first = listen_at(io, "127.0.0.1"), second = listen_at(io, "127.0.0.2"),
             v6 = listen_at(io, "::1");
  const tcp::endpoint refused(make_address("127.0.0.3"), first.local_endpoint().port());
  const tcp::endpoint a = first.local_endpoint(), b = second.local_endpoint(), c = v6.local_endpoint();
  CHECK(connect(io, {a, b}, test::kPatience).peer == a);
  CHECK(connect(io, {refused, b, a}, test::kPatience).peer == b);
  CHECK(connect(io, {c, a}, test::kPatience).peer == c);
  CHECK(connect(io, {refused, c}, test::kPatience).peer == c);  // at once
  CHECK(connect(io, {refused}, test::kPatience).error == asio::error::connection_refused);
  CHECK(connect(io, {refused, refused}, test::kPatience).error == asio::error::connection_refused);
}

TEST_CASE("an address that does not answer costs a moment", "[connector]") {
  if (!test::has_ipv6()) return test::skip("no IPv6");
  asio::io_context io;
  const Silent silent(io, "127.0.0.1"), silent_v6(io, "::1");
  const auto answers = listen_at(io, "127.0.0.2"), answers_v6 = listen_at(io, "::1");
  const tcp::endpoint a = answers.local_endpoint(), b = answers_v6.local_endpoint();
  // The other family.
  auto outcome = connect(io, {silent.endpoint(), b}, test::kPatience);
  CHECK(outcome.peer == b);
  CHECK(outcome.took >= Connector::kFallbackDelay);
  CHECK(outcome.took < 10s);
  outcome = connect(io, {silent_v6.endpoint(), silent_v6.endpoint(), a}, test::kPatience);
  CHECK(outcome.peer == a);
  CHECK(outcome.took < 10s);
  // The same family: a share of the time.
  outcome = connect(io, {silent.endpoint(), a}, 5s);
  CHECK(outcome.peer == a);
  CHECK(outcome.took >= 2s);
  CHECK(outcome.took < 5s);
  // None.
  outcome = connect(io, {silent.endpoint(), silent_v6.endpoint()}, 500ms);
  CHECK(outcome.error == asio::error::timed_out);
  CHECK(outcome.took >= 500ms);
}

TEST_CASE("connecting is given up", "[connector]") {
  if (!test::has_ipv6()) return test::skip("no IPv6");
  asio::io_context io;
  const Silent silent(io, "127.0.0.1"), silent_v6(io, "::1");
  for (const auto after : {0ms, 50ms, 400ms}) {
    const auto outcome = connect(io, {silent.endpoint(), silent_v6.endpoint()}, test::kPatience, after);
    CHECK(outcome.error == asio::error::timed_out);
    CHECK(outcome.took < 10s);
  }
}

TEST_CASE("a context goes while somebody connects in it", "[connector]") {
  if (!test::has_ipv6()) return test::skip("no IPv6");
  std::optional<asio::io_context> io(std::in_place);
  asio::io_context other;
  const Silent silent(other, "127.0.0.1"), silent_v6(other, "::1");
  auto connector = std::make_unique<Connector>(*io);
  const auto body = [&]() -> asio::awaitable<void> {
    co_await connector->connect({silent.endpoint(), silent_v6.endpoint()}, test::kPatience);
    FAIL("never connected");
  };
  asio::co_spawn(*io, body, asio::detached);
  io->poll();
  connector = nullptr;
  io.reset();
}

}  // namespace
}  // namespace lokitail::agent::http
