// Small questions about addresses of hosts.
#pragma once

#include <string>

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

namespace lokitail::agent {

// An IPv4 peer of a socket for both families has an address of IPv6 (::ffff:10.0.0.1): the one of IPv4 in it.
inline boost::asio::ip::address without_mapping(const boost::asio::ip::address& address) {
  namespace ip = boost::asio::ip;
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

// Whether a host, by address or name, is this one alone.
inline bool is_loopback(const std::string& host) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return error ? host == "localhost" : address.is_loopback();
}

}  // namespace lokitail::agent
