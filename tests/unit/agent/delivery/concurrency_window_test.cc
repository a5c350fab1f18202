#include "agent/delivery/concurrency_window.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the window opens while pushes wait for answers that take a while", "[delivery]") {
  ConcurrencyWindow window(8);
  CHECK(window.size() == 1);
  window.taken(50ms, true);
  CHECK(window.size() == 2);
  // One more for each round of answers.
  window.taken(50ms, true);
  CHECK(window.size() == 2);
  window.taken(50ms, true);
  window.taken(50ms, true);
  CHECK(window.size() == 3);
  for (int i = 0; i < 1000; ++i) window.taken(50ms, true);
  CHECK(window.size() == 8);
}

TEST_CASE("the window stays as it is where more at a time would gain nothing", "[delivery]") {
  ConcurrencyWindow window(8);
  for (int i = 0; i < 100; ++i) window.taken(50ms, false);
  CHECK(window.size() == 1);
  for (int i = 0; i < 100; ++i) window.taken(1ms, true);
  CHECK(window.size() == 1);
}

TEST_CASE("the window halves under overload, once for what was on its way together", "[delivery]") {
  ConcurrencyWindow window(16);
  for (int i = 0; i < 1000; ++i) window.taken(50ms, true);
  REQUIRE(window.size() == 16);
  for (int i = 0; i < 16; ++i) window.overloaded();
  CHECK(window.size() == 8);
  for (int i = 0; i < 1000; ++i) window.overloaded();
  CHECK(window.size() == 1);
}

TEST_CASE("the window shrinks when answers take much longer than usual", "[delivery]") {
  ConcurrencyWindow window(16);
  for (int i = 0; i < 1000; ++i) window.taken(20ms, true);
  REQUIRE(window.size() == 16);
  window.taken(500ms, true);
  CHECK(window.size() == 12);
  // Where they stay so, that is what is usual.
  for (int i = 0; i < 1000; ++i) window.taken(500ms, true);
  CHECK(window.size() == 16);
}

}  // namespace
}  // namespace lokitail::agent
