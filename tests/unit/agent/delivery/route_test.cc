#include "agent/delivery/route.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

using namespace std::chrono_literals;

constexpr Route::Clock::time_point at(Route::Clock::duration since_start) {
  return Route::Clock::time_point(1h) + since_start;
}

TEST_CASE("a destination is left when it has failed for a while", "[delivery]") {
  Route route(2, 10s);
  CHECK_FALSE(route.failed(0, at(0s)));
  CHECK_FALSE(route.failed(0, at(9s)));
  SECTION("and not before") {
    CHECK_FALSE(route.succeeded(0));
    CHECK_FALSE(route.failed(0, at(11s)));
    CHECK(route.choose(at(12s)) == 0);
  }
  SECTION("for the next one") {
    CHECK(route.failed(0, at(10s)));
    CHECK(route.choose(at(11s)) == 1);
  }
}

TEST_CASE("away from the first, a push in a while tries whether it is back", "[delivery]") {
  Route route(3, 0s);
  CHECK(route.failed(0, at(0s)));
  CHECK(route.choose(at(29s)) == 1);
  CHECK(route.choose(at(30s)) == 0);
  CHECK(route.choose(at(31s)) == 1);
  SECTION("it is not") {
    CHECK(route.failed(0, at(32s)));
    CHECK(route.current() == 1);
    CHECK(route.choose(at(59s)) == 1);
    CHECK(route.choose(at(60s)) == 0);
  }
  SECTION("it is") {
    CHECK(route.succeeded(0));
    CHECK(route.choose(at(32s)) == 0);
  }
}

TEST_CASE("after the last destination the first has its turn again", "[delivery]") {
  Route route(3, 0s);
  CHECK(route.failed(0, at(0s)));
  CHECK(route.failed(1, at(1s)));
  CHECK(route.choose(at(2s)) == 2);
  CHECK(route.failed(2, at(2s)));
  CHECK(route.choose(at(3s)) == 0);
}

TEST_CASE("a single destination is never left", "[delivery]") {
  Route route(1, 0s);
  CHECK_FALSE(route.failed(0, at(0s)));
  CHECK_FALSE(route.failed(0, at(1h)));
  CHECK(route.choose(at(2h)) == 0);
}

}  // namespace
}  // namespace lokitail::agent
