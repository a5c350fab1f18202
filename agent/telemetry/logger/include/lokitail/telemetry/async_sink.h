// Writes in a thread of its own, so that the caller does not wait for a disk or a pipe.
//
// Nothing is kept from the caller: what happens when lines come faster than they can be written is
// for him to say (block, or drop and count), how many had to wait or were dropped can be asked for,
// and dropped lines are told of in the log, where they are missing.
//
// What holds when the process ends:
//   - destruction writes all lines, however long that takes;
//   - a line that is at or above `write_through` is written when write() returns, as are all before
//   it;
//   - so is all that came before a flush() that answered true;
//   - with `drain_on_crash` lines are written when a fatal signal (SIGABRT, also of std::terminate;
//   SIGSEGV, SIGBUS,
//     SIGFPE, SIGILL) ends the process: the handler waits for the writing thread, a second at most,
//     and hands the signal on to whoever handled it before. Not if the signal hits a thread while
//     it puts in a line, or the writing thread itself;
//   - SIGKILL and _exit() lose what is neither flushed nor written through: it was in the process's
//   memory alone.
//
// Threads: any. After fork() only the parent has the writing thread: the child neither uses nor
// destroys the sink. Memory:  twice `capacity`, of which what is not used is not touched; a longer
// line makes room for itself. Ownership: shares the sink that it writes to, which needs write()
// only, and gets it from one thread.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <optional>
#include <thread>

#include "lokitail/telemetry/sink.h"

namespace lokitail::telemetry {

enum class WhenFull : std::uint8_t {
  kBlock,  // write() waits for room
  kDrop    // the line is dropped, and counted
};

struct AsyncOptions {
  std::size_t capacity = std::size_t{1} << 20;  // bytes of lines that may wait
  WhenFull when_full = WhenFull::kBlock;
  // Such lines are waited for, and never dropped. Nothing: no line is.
  std::optional<Level> write_through = Level::kError;
  bool drain_on_crash = false;  // puts in signal handlers, which is the program's decision
};

class AsyncSink final : public Sink {
 public:
  // A line, with its newline, that tells in the log that so many are missing. Called by the writing
  // thread.
  using Notice = std::function<std::string(std::uint64_t dropped)>;

  // Throws std::system_error where no thread can be had.
  AsyncSink(std::shared_ptr<Sink> next, const AsyncOptions& options, Notice notice = nullptr);
  ~AsyncSink() override;
  AsyncSink(const AsyncSink&) = delete;
  AsyncSink& operator=(const AsyncSink&) = delete;

  void write(Level level, std::string_view lines) override;
  bool flush(std::chrono::milliseconds timeout) override;

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  // How many calls waited for room. (That lines that are written through are waited for, is no
  // news.)
  std::uint64_t waited() const { return waited_.load(std::memory_order_relaxed); }
  std::uint64_t lost() const override { return dropped() + next_->lost(); }

  // For signal handlers: waits until all is written or the time is up.
  void drain_after_crash(std::chrono::milliseconds timeout) noexcept;

 private:
  // One is filled while the other is written.
  struct Buffer {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
    std::size_t size = 0;
    Level level = Level::kDebug;  // the gravest
  };

  bool has_room(std::size_t size) const;
  void put(Level level, std::string_view lines);
  void run();
  void write_out(std::unique_lock<std::mutex>& lock);
  void hand_on(Level level, std::string_view lines);

  const std::shared_ptr<Sink> next_;
  const AsyncOptions options_;
  const Notice notice_;

  std::mutex mutex_;  // for what follows, up to the counters
  std::condition_variable filled_;
  std::condition_variable emptied_;
  std::array<Buffer, 2> buffers_;
  std::size_t filling_ = 0;
  std::uint64_t told_ = 0;  // dropped lines that a notice has told of
  bool stop_ = false;

  // Changed under the mutex, read without it.
  std::atomic<std::uint64_t> put_{0};      // bytes
  std::atomic<std::uint64_t> written_{0};  // bytes
  std::atomic<std::uint64_t> dropped_{0};  // lines
  std::atomic<std::uint64_t> waited_{0};   // calls
  std::thread thread_;
};

}  // namespace lokitail::telemetry
