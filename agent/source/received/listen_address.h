// Where a listener listens: "host:port" as Promtail's `listen_address` has it. Without a host, all addresses.
//
// Threads: any; resolving a name may block, so names are for the start alone.
// Errors:  std::runtime_error, which names the address.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>

namespace lokitail::agent {

inline std::pair<std::string, std::string> split_listen_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == address.npos) throw std::runtime_error("listen_address has no port: " + address);
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

template <typename Protocol>
typename Protocol::endpoint listen_endpoint(boost::asio::io_context& io, const std::string& address) {
  const auto [host, port] = split_listen_address(address);
  typename Protocol::resolver resolver(io);
  boost::system::error_code error;
  const auto found = resolver.resolve(host.empty() ? "0.0.0.0" : host, port, error);
  if (error) throw std::runtime_error("cannot listen at " + address + ": " + error.message());
  return found.begin()->endpoint();
}

}  // namespace lokitail::agent
