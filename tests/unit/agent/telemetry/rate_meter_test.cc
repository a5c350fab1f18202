#include "agent/telemetry/rate_meter.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("a steady rate is what is shown, in blocks or line by line") {
  for (const int per_turn : {1, 10, 100}) {
    RateMeter meter;
    std::int64_t now = 1000 * kSecond;
    for (int line = 0; line < 100 * 60; line += per_turn) {
      now += kSecond * per_turn / 100;
      meter.add(static_cast<std::uint64_t>(per_turn), static_cast<std::uint64_t>(per_turn) * 50, now);
    }
    INFO(per_turn);
    CHECK(meter.lines_per_second(now) == Approx(100).epsilon(0.06));
    CHECK(meter.bytes_per_second(now) == Approx(5000).epsilon(0.06));
  }
}

TEST_CASE("a rate goes down where nothing comes, to nothing in the end") {
  RateMeter meter;
  CHECK(meter.lines_per_second(kSecond) == 0);
  meter.add(1000, 1000, kSecond);
  CHECK(meter.lines_per_second(kSecond) == Approx(100));
  CHECK(meter.lines_per_second(8 * kSecond) == Approx(50).epsilon(0.02));
  CHECK(meter.lines_per_second(200 * kSecond) == 0);
  CHECK(meter.lines_per_second(0) == Approx(100));  // the clock was set back
}

}  // namespace
}  // namespace lokitail::agent
