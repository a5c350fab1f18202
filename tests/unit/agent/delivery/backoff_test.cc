#include "agent/delivery/backoff.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

using namespace std::chrono_literals;

TEST_CASE("delays double within their jitter up to the maximum") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Backoff backoff(500ms, 5min, seed);
    std::chrono::nanoseconds low = 500ms;
    for (int attempt = 1; attempt <= 12; ++attempt) {
      const auto high = std::min<std::chrono::nanoseconds>(2 * low, 5min);
      const auto delay = backoff.next();
      INFO("attempt " << attempt);
      CHECK(delay >= low);
      CHECK(delay <= high);
      CHECK(backoff.attempts() == attempt);
      if (high < 5min) low = std::min<std::chrono::nanoseconds>(2 * low, 5min);
    }
  }
}

TEST_CASE("reset starts over") {
  Backoff backoff(100ms, 1s, 7);
  for (int i = 0; i < 10; ++i) backoff.next();
  backoff.reset();
  CHECK(backoff.attempts() == 0);
  CHECK(backoff.next() < 200ms);
}

TEST_CASE("odd settings do not break it") {
  CHECK(Backoff(0ns, 0ns, 1).next() >= 0ns);
  CHECK(Backoff(10s, 1s, 1).next() == 10s);
}

}  // namespace
}  // namespace lokitail::agent
