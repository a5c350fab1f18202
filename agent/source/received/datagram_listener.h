// Listens for UDP datagrams, and counts those for which the socket had no room.
//
// Threads: the io_context's. Ownership: what the constructor is given outlives it, and it outlives receive().
// Errors:  open() throws std::runtime_error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/counter.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "agent/source/received/received_source.h"

namespace lokitail::agent {

class DatagramListener {
 public:
  // False where as much has come together as should be handed over: a datagram may be packed, and hold many times its
  // size.
  using Handler = std::function<bool(std::string_view datagram, const boost::asio::ip::address& from)>;
  // After that, or after what was there at once: it is to be handed over.
  using Flush = std::function<void()>;

  DatagramListener(boost::asio::io_context& io, prometheus::Counter& lost)
      : socket_(io), io_(io), lost_(lost) {}

  void open(const std::string& address);
  std::uint16_t port() const { return socket_.local_endpoint().port(); }
  // Until close(). Reads no more while the source has no room.
  boost::asio::awaitable<void> receive(Handler handle, Flush flush, std::shared_ptr<ReceivedSource> source);
  void close();

 private:
  bool receive_one(std::vector<char>& buffer, const Handler& handle);

  boost::asio::ip::udp::socket socket_;
  boost::asio::io_context& io_;
  prometheus::Counter& lost_;
  std::uint32_t lost_so_far_ = 0;  // as the kernel counts them
};

}  // namespace lokitail::agent
