#include "agent/detached_call.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "agent/into_error.h"

namespace lokitail::agent {

using boost::system::error_code;

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

// The thread tells the end of its call by a descriptor of their own: the context may be about to go.
struct DetachedCall::Wait {
  Wait() : event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() {
    if (event >= 0) ::close(event);
  }

  // Any thread.
  void tell() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event, &one, sizeof one);
  }
  // After that, what the call has done is seen.
  bool was_told() const {
    std::uint64_t count = 0;
    return ::read(event, &count, sizeof count) == sizeof count;
  }

  const int event;  // -1: no more descriptors to be had
  std::atomic<bool> is_over = false;
};

DetachedCall::DetachedCall(boost::asio::io_context& io) : event_(io), timer_(io) {}

DetachedCall::~DetachedCall() {
  if (wait_) wait_->is_over = true;
}

boost::asio::awaitable<bool> DetachedCall::run(DetachedCalls& calls, std::function<void()> call,
                                               std::chrono::nanoseconds longest_wait) {
  const auto wait = std::make_shared<Wait>();
  error_code error;
  const int event = ::fcntl(wait->event, F_DUPFD_CLOEXEC, 0);
  if (event < 0) co_return false;
  event_.assign(event);
  wait_ = wait;
  const bool started = calls.start([wait, call = std::move(call)]() mutable {
    if (wait->is_over) return;
    call();
    call = nullptr;  // what it owned is gone when its end is told
    wait->tell();
  });
  if (started) {
    timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(longest_wait));
    timer_.async_wait([this, wait](const error_code& cancelled) {
      if (!cancelled && !wait->is_over) cancel();
    });
    co_await event_.async_wait(boost::asio::posix::descriptor_base::wait_read, into(error));
  }
  wait->is_over = true;
  wait_ = nullptr;
  timer_.cancel();
  event_.close(error);
  co_return wait->was_told();
}

void DetachedCall::cancel() {
  error_code ignored;
  event_.cancel(ignored);
}

}  // namespace lokitail::agent
