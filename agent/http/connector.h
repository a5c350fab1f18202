// Connects to a host of several addresses. They are tried one after the other, those of one family beside those of the
// other if the first family has no answer within a moment: an address that packets only vanish at costs that moment, and
// not the whole time that there is.
//
// Threads: the context's. Errors: told, not thrown.
// Source:  RFC 8305; Go's net.Dialer, whose times these are (net/dial.go).
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace lokitail::agent::http {

class Connector {
 public:
  static constexpr std::chrono::milliseconds kFallbackDelay{300};
  // Each address gets its share of the time, but not less than this.
  static constexpr std::chrono::seconds kLeastOfAddress{2};

  explicit Connector(boost::asio::io_context& io) : io_(io) {}
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  ~Connector() { cancel(); }

  struct Connected {
    boost::system::error_code
        error;  // the first one, where no address answers; timed_out also after cancel()
    boost::asio::ip::tcp::socket socket;
  };
  // REQUIRES: at least one endpoint; one at a time.
  boost::asio::awaitable<Connected> connect(std::vector<boost::asio::ip::tcp::endpoint> endpoints,
                                            std::chrono::nanoseconds timeout);
  void cancel();

 private:
  struct Race;

  boost::asio::io_context& io_;
  std::shared_ptr<Race> race_;  // nullptr where nothing is tried
};

}  // namespace lokitail::agent::http
