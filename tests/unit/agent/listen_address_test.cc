#include "agent/listen_address.h"

#include <catch2/catch.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/ip_address.h"
#include "tests/support/skip.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::make_address;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

// By which families of addresses of this host a listener is reached: "4", "6", "46" or none.
std::string reached(const ListenAddress& address) {
  asio::io_context io;
  tcp::acceptor acceptor(io);
  listen_at(address, acceptor);
  std::string families;
  for (const auto& [family, host] : {std::pair("4", "127.0.0.1"), std::pair("6", "::1")}) {
    tcp::socket socket(io);
    error_code error;
    socket.connect({make_address(host), acceptor.local_endpoint().port()}, error);
    if (!error) families += family;
  }
  return families;
}

TEST_CASE("without an address, listeners are reached at all of both families", "[listen_address]") {
  if (!test::has_ipv6()) return test::skip("no IPv6");
  for (const char* host : {"", "0.0.0.0", "::"}) {
    INFO(host);
    CHECK(reached({host, "0"}) == "46");
  }
  CHECK(reached({"127.0.0.1", "0"}) == "4");
  CHECK(reached({"::1", "0"}) == "6");
  CHECK(reached({"localhost", "0"}) == "4");
  CHECK(reached({"", "0", "tcp4"}) == "4");
  CHECK(reached({"0.0.0.0", "0", "tcp4"}) == "4");
  CHECK(reached({"", "0", "tcp6"}) == "6");
  CHECK(reached({"localhost", "0", "tcp4"}) == "4");
}

TEST_CASE("datagrams of both families come to one socket", "[listen_address]") {
  if (!test::has_ipv6()) return test::skip("no IPv6");
  asio::io_context io;
  udp::socket socket(io);
  listen_at({"", "0"}, socket);
  for (const char* host : {"127.0.0.1", "::1"}) {
    INFO(host);
    const udp::endpoint to(make_address(host), socket.local_endpoint().port());
    udp::socket sender(io, to.protocol());
    sender.send_to(asio::buffer("x", 1), to);
    char byte = 0;
    udp::endpoint from;
    CHECK(socket.receive_from(asio::buffer(&byte, 1), from) == 1);
    CHECK(without_mapping(from.address()) == make_address(host));
  }
}

TEST_CASE("a listen_address is a host and a port", "[listen_address]") {
  const auto parts = [](const std::string& text) {
    const auto address = ListenAddress::from(text);
    CHECK(address.text() == text);
    return address.host + "|" + address.port;
  };
  CHECK(parts("0.0.0.0:514") == "0.0.0.0|514");
  CHECK(parts(":514") == "|514");
  CHECK(parts("[::1]:514") == "::1|514");
  CHECK(parts("logs.example:syslog") == "logs.example|syslog");
  CHECK_THROWS_WITH(ListenAddress::from("514"), "listen_address has no port: 514");
}

TEST_CASE("where nobody can listen is told", "[listen_address]") {
  asio::io_context io;
  tcp::acceptor taken(io);
  listen_at({"127.0.0.1", "0"}, taken);
  const std::string port = std::to_string(taken.local_endpoint().port());
  tcp::acceptor acceptor(io);
  CHECK_THROWS_WITH(listen_at({"127.0.0.1", port}, acceptor),
                    "cannot listen at 127.0.0.1:" + port + ": Address already in use");
  CHECK_FALSE(acceptor.is_open());
  CHECK_THROWS_WITH(listen_at({"not a host", "0"}, acceptor),
                    Catch::StartsWith("cannot listen at not a host:0: "));
  CHECK_THROWS_WITH(listen_at({"127.0.0.1", "0", "tcp6"}, acceptor),
                    Catch::StartsWith("cannot listen at 127.0.0.1:0: "));
  udp::socket socket(io);
  CHECK_THROWS_WITH(listen_at({"203.0.113.1", "0"}, socket),
                    Catch::StartsWith("cannot listen at 203.0.113.1:0: "));
}

TEST_CASE("addresses of this host alone", "[listen_address]") {
  for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) CHECK(is_loopback(host));
  for (const char* host : {"", "0.0.0.0", "::", "10.0.0.1", "example.org"}) CHECK_FALSE(is_loopback(host));
}

}  // namespace
}  // namespace lokitail::agent
