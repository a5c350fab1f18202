#include "agent/listen_address.h"

#include <algorithm>
#include <stdexcept>

#include <boost/asio/ip/v6_only.hpp>

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

// REQUIRES: a host.
template <typename Protocol>
typename Protocol::endpoint first_endpoint(const ListenAddress& address, error_code& error) {
  using Endpoint = typename Protocol::endpoint;
  asio::io_context io;
  const auto found = typename Protocol::resolver(io).resolve(address.host, address.port, error);
  if (error) return {};
  const bool wants_v6 = address.network == "tcp6";
  const auto is_wanted = [&](const auto& entry) { return entry.endpoint().address().is_v6() == wants_v6; };
  const auto wanted = std::find_if(found.begin(), found.end(), is_wanted);
  if (wanted != found.end()) return wanted->endpoint();
  if (address.network == "tcp") return found.begin()->endpoint();
  error = asio::error::host_not_found;
  return Endpoint();
}

void prepare(tcp::acceptor& acceptor) { acceptor.set_option(tcp::acceptor::reuse_address(true)); }
void prepare(udp::socket& /*socket*/) {}

void begin(tcp::acceptor& acceptor, error_code& error) {
  acceptor.listen(tcp::acceptor::max_listen_connections, error);
}
void begin(udp::socket& /*socket*/, error_code& /*error*/) {}

template <typename Protocol, typename Socket>
error_code try_to_listen(const ListenAddress& address, Socket& socket) {
  using asio::ip::address_v4;
  using asio::ip::address_v6;
  error_code error;
  ListenAddress named = address;
  if (named.host.empty()) named.host = named.network == "tcp4" ? "0.0.0.0" : "::";
  auto endpoint = first_endpoint<Protocol>(named, error);
  if (error) return error;
  const bool is_everywhere = endpoint.address().is_unspecified() && address.network == "tcp";
  if (is_everywhere) endpoint.address(address_v6::any());
  socket.open(endpoint.protocol(), error);
  if (error && is_everywhere) {  // a host without IPv6
    endpoint.address(address_v4::any());
    socket.open(endpoint.protocol(), error);
  }
  if (error) return error;
  if (endpoint.address().is_v6()) socket.set_option(asio::ip::v6_only(!is_everywhere), error);
  prepare(socket);
  socket.bind(endpoint, error);
  if (!error) begin(socket, error);
  return error;
}

template <typename Protocol, typename Socket>
void listen(const ListenAddress& address, Socket& socket) {
  const error_code error = try_to_listen<Protocol>(address, socket);
  if (!error) return;
  error_code ignored;
  socket.close(ignored);
  throw std::runtime_error("cannot listen at " + address.text() + ": " + error.message());
}

}  // namespace

ListenAddress ListenAddress::from(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) throw std::runtime_error("listen_address has no port: " + text);
  ListenAddress address{text.substr(0, colon), text.substr(colon + 1)};
  std::string& host = address.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return address;
}

std::string ListenAddress::text() const {
  return (host.find(':') == host.npos ? host : '[' + host + ']') + ':' + port;
}

void listen_at(const ListenAddress& address, tcp::acceptor& acceptor) { listen<tcp>(address, acceptor); }

void listen_at(const ListenAddress& address, udp::socket& socket) { listen<udp>(address, socket); }

}  // namespace lokitail::agent
