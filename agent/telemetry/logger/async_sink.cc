#include "lokitail/telemetry/async_sink.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/telemetry/logger/crash_drain.h"

namespace lokitail::telemetry {
namespace {

// A thread that leaves all signals to the program's own.
template <typename Work>
std::thread start_without_signals(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread(std::move(work));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace

AsyncSink::AsyncSink(std::shared_ptr<Sink> next, const AsyncOptions& options, Notice notice)
    : next_(std::move(next)), options_(options), notice_(std::move(notice)) {
  thread_ = start_without_signals([this] { run(); });
  if (options_.drain_on_crash) drain_on_crash(this);
}

AsyncSink::~AsyncSink() {
  if (options_.drain_on_crash) forget_on_crash(this);
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

bool AsyncSink::has_room(std::size_t size) const {
  const Buffer& buffer = buffers_[filling_];
  return buffer.size == 0 || buffer.size + size <= options_.capacity;
}

void AsyncSink::put(Level level, std::string_view lines) {
  Buffer& buffer = buffers_[filling_];
  const std::size_t wanted = std::max(options_.capacity, buffer.size + lines.size());
  if (buffer.capacity < wanted) {
    buffer.bytes.reset(new char[wanted]);  // it is empty
    buffer.capacity = wanted;
  }
  std::memcpy(buffer.bytes.get() + buffer.size, lines.data(), lines.size());
  buffer.size += lines.size();
  buffer.level = std::max(buffer.level, level);
  put_.store(put_.load() + lines.size());
}

void AsyncSink::write(Level level, std::string_view lines) {
  const bool through = options_.write_through && level >= *options_.write_through;
  std::unique_lock lock(mutex_);
  if (!has_room(lines.size())) {
    if (options_.when_full == WhenFull::kDrop && !through) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    waited_.fetch_add(1, std::memory_order_relaxed);
    emptied_.wait(lock, [&] { return has_room(lines.size()); });
  }
  put(level, lines);
  filled_.notify_one();
  if (!through) return;
  const std::uint64_t position = put_.load();
  emptied_.wait(lock, [&] { return written_.load() >= position; });
}

bool AsyncSink::flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const std::uint64_t position = put_.load();
  const bool done = emptied_.wait_for(lock, timeout, [&] { return written_.load() >= position; });
  return done && next_->flush(timeout);
}

void AsyncSink::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stop_ || buffers_[filling_].size > 0; });
    if (buffers_[filling_].size == 0) return;
    write_out(lock);
  }
}

// What was filled becomes what is written, and there is room again at once. Lines were dropped
// because it was full: they would stand behind it, and so does the notice.
void AsyncSink::write_out(std::unique_lock<std::mutex>& lock) {
  Buffer& buffer = buffers_[filling_];
  filling_ = 1 - filling_;
  const std::uint64_t dropped = dropped_.load(std::memory_order_relaxed);
  const std::uint64_t untold = dropped - std::exchange(told_, dropped);
  emptied_.notify_all();
  lock.unlock();
  hand_on(buffer.level, {buffer.bytes.get(), buffer.size});
  if (untold > 0 && notice_) hand_on(Level::kWarn, notice_(untold));
  lock.lock();
  written_.store(written_.load() + buffer.size);
  buffer.size = 0;
  buffer.level = Level::kDebug;
  if (buffer.capacity > options_.capacity) buffer = {};
  emptied_.notify_all();
}

void AsyncSink::hand_on(Level level, std::string_view lines) {
  try {
    next_->write(level, lines);
  } catch (...) {
    const auto count = static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
    dropped_.fetch_add(count, std::memory_order_relaxed);
  }
}

void AsyncSink::drain_after_crash(std::chrono::milliseconds timeout) noexcept {
  if (pthread_equal(thread_.native_handle(), pthread_self()) != 0) return;
  constexpr timespec kMillisecond{0, 1'000'000};
  for (auto left = timeout.count(); left > 0 && written_.load() != put_.load(); --left) {
    nanosleep(&kMillisecond, nullptr);
  }
}

}  // namespace lokitail::telemetry
