// A sink that keeps what it gets, for tests. It can be held up, as a slow disk is.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lokitail/telemetry/sink.h"

namespace lokitail::telemetry::test {

class CollectingSink final : public Sink {
 public:
  void write(Level level, std::string_view lines) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    free_.wait(lock, [this] { return !held_; });
    --waiting_;
    text_ += lines;
    levels_.push_back(level);
  }

  // From now on write() does not return until release().
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    free_.notify_all();
  }
  // Whether a call is held up.
  bool holds() const {
    const std::lock_guard lock(mutex_);
    return waiting_ > 0;
  }

  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  // Without their newlines.
  std::vector<std::string> lines() const {
    const std::string all = text();
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end; (end = all.find('\n', begin)) != std::string::npos; begin = end + 1) {
      lines.push_back(all.substr(begin, end - begin));
    }
    return lines;
  }
  std::vector<Level> levels() const {
    const std::lock_guard lock(mutex_);
    return levels_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable free_;
  std::string text_;
  std::vector<Level> levels_;
  bool held_ = false;
  int waiting_ = 0;
};

}  // namespace lokitail::telemetry::test
