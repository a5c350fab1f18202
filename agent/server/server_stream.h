// A connection of the HTTP server, over TCP or a Unix socket, with TLS or without, as one kind of stream.
//
// Threads: the stream's. Errors: those of the operations.
#pragma once

#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>

#include "agent/into_error.h"
#include "agent/ip_address.h"

namespace lokitail::agent {

class ServerStream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Raw = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;
  using executor_type = Raw::executor_type;

  // `tls` may be null.
  ServerStream(Socket socket, std::shared_ptr<boost::asio::ssl::context> tls)
      : raw_(std::move(socket)), context_(std::move(tls)) {
    if (context_) tls_.emplace(raw_, *context_);
  }
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  executor_type get_executor() { return raw_.get_executor(); }
  // For deadlines, and to end it.
  Raw& raw() { return raw_; }

  // Who is at the other end; none over a Unix socket.
  boost::asio::ip::address client() const {
    boost::system::error_code error;
    const auto remote = raw_.socket().remote_endpoint(error);
    const bool is_network =
        !error && (remote.data()->sa_family == AF_INET || remote.data()->sa_family == AF_INET6);
    if (!is_network) return {};
    boost::asio::ip::tcp::endpoint endpoint;
    endpoint.resize(remote.size());
    std::memcpy(endpoint.data(), remote.data(), remote.size());
    return without_mapping(endpoint.address());
  }

  // What comes before the first byte of HTTP.
  boost::asio::awaitable<boost::system::error_code> begin() {
    boost::system::error_code error;
    if (tls_) co_await tls_->async_handshake(boost::asio::ssl::stream_base::server, into(error));
    co_return error;
  }
  // Says that no more comes.
  boost::asio::awaitable<void> end() {
    boost::system::error_code ignored;
    if (tls_) co_await tls_->async_shutdown(into(ignored));
    raw_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return raw_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return raw_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  Raw raw_;
  const std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<boost::asio::ssl::stream<Raw&>> tls_;
};

}  // namespace lokitail::agent
