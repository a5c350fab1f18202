// For tests that cannot run on this machine.
#pragma once

#include <catch2/catch.hpp>

#include <iostream>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace lokitail::test {

// Says so aloud; ctest looks for this word. The test returns at once afterwards.
inline void skip(const std::string& why) {
  std::cout << "SKIPPED: " << Catch::getResultCapture().getCurrentTestName() << ": " << why << std::endl;
}

// Whether there is an address of IPv6, if only that of this host alone.
inline bool has_ipv6() {
  boost::asio::io_context io;
  boost::system::error_code error;
  boost::asio::ip::tcp::acceptor acceptor(io);
  acceptor.open(boost::asio::ip::tcp::v6(), error);
  if (!error) acceptor.bind({boost::asio::ip::address_v6::loopback(), 0}, error);
  return !error;
}

}  // namespace lokitail::test
