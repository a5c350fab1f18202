// Addresses of hosts and names of addresses, for coroutines. The system is asked on threads of their own
// (detached_call.h): a name server that does not answer holds up neither a stop nor who asks for other names.
//
// Threads: the context's. Errors: told, not thrown.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include "agent/detached_call.h"

namespace lokitail::agent {

class NameLookup {
 public:
  explicit NameLookup(boost::asio::io_context& io) : call_(io) {}

  struct Found {
    boost::system::error_code error;  // timed_out where there is no answer, also after cancel()
    std::vector<boost::asio::ip::tcp::endpoint> endpoints;
  };
  // `port` may be the name of a service. What is an address and a number already is not asked for.
  // REQUIRES: one at a time.
  boost::asio::awaitable<Found> endpoints_of(std::string host, std::string port,
                                             std::chrono::nanoseconds longest_wait);

  // Empty where it has none.
  // REQUIRES: one at a time.
  boost::asio::awaitable<std::string> name_of(boost::asio::ip::address address,
                                              std::chrono::nanoseconds longest_wait);

  void cancel() { call_.cancel(); }

 private:
  DetachedCall call_;
};

}  // namespace lokitail::agent
