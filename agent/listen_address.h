// Where listeners listen, as Go's net.Listen has it, and thereby Promtail: without a host, or at 0.0.0.0 or ::, at all
// addresses of both families; at the first address of a name, of IPv4 if it has one.
//
// Threads: any; to resolve a name may block, so names are for starts and reloads alone.
// Errors:  std::runtime_error, which names the address.
#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

namespace lokitail::agent {

struct ListenAddress {
  std::string host;             // an address or a name; empty: all addresses
  std::string port;             // a number, or the name of a service
  std::string network = "tcp";  // tcp4 and tcp6: this family alone; otherwise as it comes

  // "host:port", as Promtail's `listen_address` has it.
  static ListenAddress from(const std::string& text);

  std::string text() const;
};

void listen_at(const ListenAddress& address, boost::asio::ip::tcp::acceptor& acceptor);
// Takes datagrams in from then on.
void listen_at(const ListenAddress& address, boost::asio::ip::udp::socket& socket);

}  // namespace lokitail::agent
