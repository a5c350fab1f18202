// Waiting in tests: always for something, always with a deadline, never for a fixed time.
//
// Threads: any; the condition runs on the caller's thread.
#pragma once

#include <chrono>
#include <thread>

namespace lokitail::test {

using namespace std::chrono_literals;

// Long enough for a slow machine that builds something else beside: only a failing test waits so
// long.
inline constexpr std::chrono::seconds kPatience{30};

// Asks `condition` until it holds or `deadline` has passed. Returns whether it held.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds deadline = kPatience,
                std::chrono::milliseconds pause = 10ms) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= end) return condition();
    std::this_thread::sleep_for(pause);
  }
}

// The opposite: whether `condition` stays true for the whole time. For things that must *not*
// happen.
template <class Condition>
bool stays(Condition&& condition, std::chrono::milliseconds time, std::chrono::milliseconds pause = 10ms) {
  return !eventually([&] { return !condition(); }, time, pause);
}

// Seconds since its construction.
class Stopwatch {
 public:
  std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace lokitail::test
