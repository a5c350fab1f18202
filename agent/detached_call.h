// A call that may block for long (the system looks up a name, stages are run for somebody), on a thread of its
// own, and a coroutine that waits for it no longer than it likes. What nobody waits for any more goes on to its
// end, so neither a stop nor another call is held up by it: the call must own all that it uses.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace lokitail::agent {

// Threads that make calls, `most` at a time; the calls beyond that wait in line. A thread ends when the line is
// empty, and none is waited for at the end.
//
// Threads: start() on any.
class DetachedCalls {
 public:
  explicit DetachedCalls(std::size_t most);

  // False where no thread is to be had; the call is not made then.
  bool start(std::function<void()> call);

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

// Waits for one call after the other. Threads: the context's.
class DetachedCall {
 public:
  explicit DetachedCall(boost::asio::io_context& io);
  DetachedCall(const DetachedCall&) = delete;
  DetachedCall& operator=(const DetachedCall&) = delete;
  ~DetachedCall();

  // Whether the call has come to its end, before the time was over and before cancel(). A call whose turn comes
  // when nobody waits any more is not made.
  // REQUIRES: no other run is under way, and this lives until it is over.
  boost::asio::awaitable<bool> run(DetachedCalls& calls, std::function<void()> call,
                                   std::chrono::nanoseconds longest_wait);
  // Ends the wait. Nothing happens where nobody waits.
  void cancel();

 private:
  struct Wait;

  boost::asio::posix::stream_descriptor event_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Wait> wait_;  // shared with the thread; nullptr while nobody waits
};

}  // namespace lokitail::agent
