// For coroutines: an operation that is awaited with into(error) tells its error there rather than by an exception.
#pragma once

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace lokitail::agent {

// REQUIRES: `error` lives until the operation is done.
inline auto into(boost::system::error_code& error) {
  return boost::asio::redirect_error(boost::asio::use_awaitable, error);
}

}  // namespace lokitail::agent
