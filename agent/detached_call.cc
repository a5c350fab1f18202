#include "agent/detached_call.h"

#include <boost/asio/post.hpp>

#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "agent/pause.h"

namespace lokitail::agent {

// ---- DetachedCalls --------------------------------------------------------------------------------

struct DetachedCalls::State {
  // The calls of one thread.
  void make(std::function<void()> call) {
    for (;;) {
      call();
      call = nullptr;  // what it owned goes now
      const std::lock_guard lock(mutex);
      if (waiting.empty()) {
        --threads;
        return;
      }
      call = std::move(waiting.front());
      waiting.pop_front();
    }
  }

  const std::size_t most;
  std::mutex mutex;  // guards what follows
  std::deque<std::function<void()>> waiting;
  std::size_t threads = 0;
};

DetachedCalls::DetachedCalls(std::size_t most) : state_(new State{most, {}, {}, 0}) {}

bool DetachedCalls::start(std::function<void()> call) {
  const std::lock_guard lock(state_->mutex);
  if (state_->threads < state_->most) {
    try {
      std::thread([state = state_, call]() mutable { state->make(std::move(call)); }).detach();
      ++state_->threads;
      return true;
    } catch (const std::system_error&) {
      if (state_->threads == 0) return false;
    }
  }
  state_->waiting.push_back(std::move(call));
  return true;
}

// ---- DetachedCall ---------------------------------------------------------------------------------

struct DetachedCall::Wait {
  explicit Wait(DetachedCall& of) : waiting(&of) {}

  bool is_over() {
    const std::lock_guard lock(mutex);
    return waiting == nullptr;
  }

  // On the thread of the call. While the lock is held the waiting one exists, and its context with it.
  static void tell(const std::shared_ptr<Wait>& wait) {
    const std::lock_guard lock(wait->mutex);
    if (wait->waiting == nullptr) return;
    boost::asio::post(wait->waiting->timer_.get_executor(), [wait] {
      if (wait->waiting == nullptr) return;
      wait->is_made = true;
      wait->waiting->timer_.cancel();
    });
  }

  std::mutex mutex;
  DetachedCall* waiting;  // nullptr when the wait is over; changed by the context's thread, with the lock
  bool is_made = false;   // the context's thread
};

DetachedCall::DetachedCall(boost::asio::io_context& io) : timer_(io) {}

DetachedCall::~DetachedCall() { give_up(); }

boost::asio::awaitable<bool> DetachedCall::run(DetachedCalls& calls, std::function<void()> call,
                                               std::chrono::nanoseconds longest_wait) {
  const auto wait = std::make_shared<Wait>(*this);
  wait_ = wait;
  const bool started = calls.start([wait, call = std::move(call)]() mutable {
    if (wait->is_over()) return;
    call();
    call = nullptr;  // what it owned is gone when its end is told
    Wait::tell(wait);
  });
  if (started) co_await pause(timer_, longest_wait);
  give_up();
  co_return wait->is_made;
}

void DetachedCall::cancel() { timer_.cancel(); }

void DetachedCall::give_up() {
  const auto wait = std::exchange(wait_, nullptr);
  if (!wait) return;
  const std::lock_guard lock(wait->mutex);
  wait->waiting = nullptr;
}

}  // namespace lokitail::agent
