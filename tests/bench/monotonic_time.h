// Times of CLOCK_MONOTONIC, in seconds: those of other programs on the machine compare with them.
#pragma once

#include <time.h>

namespace lokitail::bench {

inline double monotonic_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace lokitail::bench
