// What went wrong, for people.
#pragma once

#include <string>

#include <boost/beast/core/error.hpp>

namespace lokitail::agent::http {

// "connecting to loki:3100: Connection refused"
inline std::string words(const std::string& doing, const boost::system::error_code& error) {
  // Beast's own word for a passed deadline is "The socket was closed due to a timeout".
  return doing + ": " + (error == boost::beast::error::timeout ? "timed out" : error.message());
}

}  // namespace lokitail::agent::http
