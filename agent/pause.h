// For coroutines: a wait that ends when its time is over, or sooner when somebody cancels the timer.
#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/into_error.h"

namespace lokitail::agent {

// REQUIRES: the timer lives until the wait is over, and nobody else waits for it.
inline boost::asio::awaitable<void> pause(boost::asio::steady_timer& timer, std::chrono::nanoseconds time) {
  timer.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(time));
  boost::system::error_code ignored;
  co_await timer.async_wait(into(ignored));
}

}  // namespace lokitail::agent
