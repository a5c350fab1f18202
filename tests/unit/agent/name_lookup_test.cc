#include "agent/name_lookup.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/support/wait.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::make_address;

NameLookup::Found endpoints_of(const std::string& host, const std::string& port) {
  asio::io_context io;
  NameLookup lookup(io);
  NameLookup::Found found;
  const auto body = [&]() -> asio::awaitable<void> {
    found = co_await lookup.endpoints_of(host, port, test::kPatience);
  };
  asio::co_spawn(io, body, asio::detached);
  io.run();
  return found;
}

std::string name_of(const std::string& address) {
  asio::io_context io;
  NameLookup lookup(io);
  std::string name;
  const auto body = [&]() -> asio::awaitable<void> {
    name = co_await lookup.name_of(make_address(address), test::kPatience);
  };
  asio::co_spawn(io, body, asio::detached);
  io.run();
  return name;
}

TEST_CASE("addresses of a host", "[name_lookup]") {
  const auto known = endpoints_of("127.0.0.3", "3100");
  CHECK_FALSE(known.error);
  REQUIRE(known.endpoints.size() == 1);
  CHECK(known.endpoints[0] == asio::ip::tcp::endpoint(make_address("127.0.0.3"), 3100));
  CHECK(endpoints_of("::1", "80").endpoints.at(0).address() == make_address("::1"));

  const auto found = endpoints_of("localhost", "80");
  CHECK_FALSE(found.error);
  CHECK(std::any_of(found.endpoints.begin(), found.endpoints.end(), [](const auto& endpoint) {
    return endpoint.address().is_loopback() && endpoint.port() == 80;
  }));

  CHECK(endpoints_of("127.0.0.3", "no service").error);
  CHECK(endpoints_of("not a host", "80").error);
}

TEST_CASE("the name of an address", "[name_lookup]") {
  CHECK(name_of("127.0.0.1") == "localhost");
  CHECK(name_of("::ffff:127.0.0.1") == "localhost");
}

}  // namespace
}  // namespace lokitail::agent
