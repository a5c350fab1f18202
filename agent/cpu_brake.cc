#include "agent/cpu_brake.h"

#include <time.h>

#include <algorithm>

namespace lokitail::agent {
namespace {

using std::chrono::nanoseconds;

// What was not used may be used within this time.
constexpr double kCreditSeconds = 0.1;
constexpr std::chrono::seconds kLongest{1};
// A shorter pause costs more than it brings.
constexpr double kShortestSeconds = 0.001;

nanoseconds clock_time(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

double seconds(nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

CpuBrake::CpuBrake(double share)
    : share_(share),
      credit_(share * kCreditSeconds),
      wall_(clock_time(CLOCK_MONOTONIC)),
      used_(clock_time(CLOCK_PROCESS_CPUTIME_ID)) {}

nanoseconds CpuBrake::pause() {
  return pause(clock_time(CLOCK_MONOTONIC), clock_time(CLOCK_PROCESS_CPUTIME_ID));
}

nanoseconds CpuBrake::pause(nanoseconds wall, nanoseconds used) {
  // What is owed is forgotten after the longest pause: a long turn of others shall not stop this one for good.
  const double most_owed = -share_ * seconds(kLongest);
  credit_ = std::clamp(credit_ + share_ * seconds(wall - wall_) - seconds(used - used_), most_owed,
                       share_ * kCreditSeconds);
  wall_ = wall;
  used_ = used;
  if (credit_ > -share_ * kShortestSeconds) return nanoseconds::zero();
  return std::chrono::ceil<nanoseconds>(std::chrono::duration<double>(-credit_ / share_));
}

}  // namespace lokitail::agent
