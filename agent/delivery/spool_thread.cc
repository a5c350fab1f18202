#include "agent/delivery/spool_thread.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace lokitail::agent {

void SpoolThread::post(std::function<void()> call) {
  // Destroyed here and now: whoever posts may own this thread.
  if (stopped_) return;
  boost::asio::post(io_, std::move(call));
  std::call_once(started_, [this] { thread_ = std::thread([this] { io_.run(); }); });
}

void SpoolThread::stop() {
  std::call_once(started_, [] {});
  if (!thread_.joinable()) return;
  boost::asio::post(io_, [this] { io_.stop(); });
  thread_.join();
  // What was posted by what ran last.
  io_.restart();
  io_.poll();
  stopped_ = true;
}

}  // namespace lokitail::agent
