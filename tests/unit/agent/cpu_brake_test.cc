#include "agent/cpu_brake.h"

#include <time.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

namespace lokitail::agent {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

nanoseconds time_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// The clocks of one who works whenever the brake lets him.
struct Run {
  nanoseconds wall = time_of(CLOCK_MONOTONIC), used = time_of(CLOCK_PROCESS_CPUTIME_ID);
  const nanoseconds began = wall, used_before = used;

  // In turns of `turn`, for so long.
  double share(CpuBrake& brake, nanoseconds turn, nanoseconds length) {
    while (wall - began < length) {
      wall += turn, used += turn;
      wall += brake.pause(wall, used);
    }
    return std::chrono::duration<double>(used - used_before) / (wall - began);
  }
};

TEST_CASE("who works whenever the brake lets him keeps to the share") {
  for (const double share : {0.1, 0.5, 0.9}) {
    CpuBrake brake(share);
    const double used = Run().share(brake, 2ms, 20s);
    INFO(share << " " << used);
    CHECK(used < share * 1.05);
    CHECK(used > share * 0.95);
  }
}

TEST_CASE("who does little is not held up, and has no claim to more afterwards") {
  CpuBrake brake(0.5);
  Run run;
  for (int i = 0; i < 1000; ++i) {
    run.wall += 10ms, run.used += 1ms;
    CHECK(brake.pause(run.wall, run.used) == nanoseconds::zero());
  }
  // What may be used at once is a tenth of a second's share.
  run.used += 200ms, run.wall += 200ms;
  CHECK(brake.pause(run.wall, run.used) > 50ms);
}

TEST_CASE("a pause has an end, whatever others have used") {
  CpuBrake brake(0.01);
  Run run;
  CHECK(brake.pause(run.wall + 1s, run.used + 100s) <= 1s);
  CHECK(brake.pause(run.wall + 3s, run.used + 100s) == nanoseconds::zero());
}

}  // namespace
}  // namespace lokitail::agent
