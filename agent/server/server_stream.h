// A connection of the HTTP server, with TLS or without, as one kind of stream.
//
// Threads: the stream's. Errors: those of the operations.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "agent/into_error.h"

namespace lokitail::agent {

class ServerStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;

  // `tls` may be null.
  ServerStream(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls)
      : tcp_(std::move(socket)), context_(std::move(tls)) {
    if (context_) tls_.emplace(tcp_, *context_);
  }
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  executor_type get_executor() { return tcp_.get_executor(); }
  // For deadlines, and to end it.
  boost::beast::tcp_stream& tcp() { return tcp_; }

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
    tcp_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return tcp_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return tcp_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  boost::beast::tcp_stream tcp_;
  const std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace lokitail::agent
