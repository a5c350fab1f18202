// What went wrong, for people.
#pragma once

#include <string>

#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>

namespace lokitail::agent::http {

// "connecting to loki:3100: Connection refused"
inline std::string words(const std::string& doing, const boost::system::error_code& error) {
  // Beast's own word for a passed deadline is "The socket was closed due to a timeout".
  const bool is_late = error == boost::beast::error::timeout || error == boost::asio::error::timed_out;
  return doing + ": " + (is_late ? "timed out" : error.message());
}

}  // namespace lokitail::agent::http
