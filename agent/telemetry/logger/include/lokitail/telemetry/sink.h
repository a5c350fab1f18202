// Where lines go.
//
// Threads: any may call a sink, at the same time.
// Errors:  a log has nowhere to complain: what cannot be written is lost, and counted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "lokitail/telemetry/level.h"

namespace lokitail::telemetry {

class Sink {
 public:
  virtual ~Sink() = default;
  // Whole lines, each with its newline at the end; `level` is the gravest of them.
  virtual void write(Level level, std::string_view lines) = 0;
  // False where lines still wait to be written when the time is up.
  virtual bool flush(std::chrono::milliseconds) { return true; }
  // How many lines were lost so far.
  virtual std::uint64_t lost() const { return 0; }
};

// A descriptor: a file, a pipe, a terminal. A line is with the kernel when write() returns, so that
// it outlives the process, though not the machine. Lines of threads never mix; those of processes
// that append to one file do not either, since every line is one write(2). write() blocks as the
// descriptor does, on one that does not block for a second at most.
class DescriptorSink final : public Sink {
 public:
  // Of a descriptor that stays the caller's.
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}
  // Appends to a file. Throws std::system_error where it cannot be opened.
  explicit DescriptorSink(const std::string& path);
  ~DescriptorSink() override;

  void write(Level level, std::string_view lines) override;
  std::uint64_t lost() const override { return lost_.load(std::memory_order_relaxed); }

 private:
  const int descriptor_;
  const bool owned_ = false;
  std::mutex mutex_;
  std::atomic<std::uint64_t> lost_{0};
};

std::shared_ptr<Sink> standard_error();
std::shared_ptr<Sink> standard_output();

}  // namespace lokitail::telemetry
