// Keeps the process below a share of one CPU, about (limits_config.cpu_share): whoever asks before each piece of work
// is told how long to wait. It is a hint, not a bound: what is begun is finished, and what the other threads use is
// made up for by those who ask.
//
// Threads: each has one of its own; what they measure is the whole process, so all of them slow down alike.
#pragma once

#include <chrono>

namespace lokitail::agent {

class CpuBrake {
 public:
  // Of one CPU: 0.5 is half of one, 2 are two. REQUIRES: more than 0.
  explicit CpuBrake(double share);

  // How long to wait before the next piece of work; zero while there is no need to.
  std::chrono::nanoseconds pause();
  // The same with the clocks given: `wall` and the CPU time that was used up to then.
  std::chrono::nanoseconds pause(std::chrono::nanoseconds wall, std::chrono::nanoseconds used);

 private:
  const double share_;
  double credit_;  // seconds of CPU time that may be used at once
  std::chrono::nanoseconds wall_;
  std::chrono::nanoseconds used_;
};

}  // namespace lokitail::agent
