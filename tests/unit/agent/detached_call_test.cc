#include "agent/detached_call.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <optional>

#include "tests/support/wait.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// What a call waits at until somebody opens it.
struct Gate {
  std::promise<void> open;
  std::shared_future<void> opened{open.get_future()};
};

// Runs a call in a context to its end, or until `wait` is over.
bool run(DetachedCalls& calls, std::function<void()> call, std::chrono::nanoseconds wait) {
  asio::io_context io;
  DetachedCall waiting(io);
  bool is_made = false;
  const auto body = [&]() -> asio::awaitable<void> { is_made = co_await waiting.run(calls, call, wait); };
  asio::co_spawn(io, body, asio::detached);
  io.run();
  return is_made;
}

TEST_CASE("a call is made on a thread of its own, one after the other", "[detached_call]") {
  DetachedCalls calls(1);
  const auto here = std::this_thread::get_id();
  for (int i = 0; i < 3; ++i) {
    const auto there = std::make_shared<std::thread::id>(here);
    CHECK(run(
        calls, [there] { *there = std::this_thread::get_id(); }, test::kPatience));
    CHECK(*there != here);
  }
}

TEST_CASE("a call that takes too long goes on alone, and what waits behind it is not made in vain",
          "[detached_call]") {
  DetachedCalls calls(1);
  const auto gate = std::make_shared<Gate>();
  const auto made = std::make_shared<std::atomic<int>>(0);
  CHECK_FALSE(run(
      calls, [gate, made] { gate->opened.wait(), ++*made; }, 20ms));
  CHECK_FALSE(run(
      calls, [made] { *made += 10; }, 20ms));  // its turn comes when nobody waits
  gate->open.set_value();
  CHECK(run(
      calls, [made] { *made += 100; }, test::kPatience));
  CHECK(*made == 101);
}

TEST_CASE("as many calls at a time as are allowed", "[detached_call]") {
  DetachedCalls calls(3);
  const auto gate = std::make_shared<Gate>();
  const auto begun = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(calls.start([gate, begun] { ++*begun, gate->opened.wait(); }));
  }
  CHECK(test::eventually([&] { return *begun == 3; }));
  CHECK(test::stays([&] { return *begun == 3; }, 50ms));
  gate->open.set_value();
  CHECK(test::eventually([&] { return *begun == 10; }));
}

TEST_CASE("a wait for a call can be given up, and the next one begins anew", "[detached_call]") {
  DetachedCalls calls(2);
  asio::io_context io;
  DetachedCall waiting(io);
  const auto gate = std::make_shared<Gate>();
  std::optional<bool> first, second;
  const auto body = [&]() -> asio::awaitable<void> {
    std::function<void()> slow = [gate] { gate->opened.wait(); };
    first = co_await waiting.run(calls, std::move(slow), test::kPatience);
    std::function<void()> quick = [] {};
    second = co_await waiting.run(calls, std::move(quick), test::kPatience);
  };
  asio::co_spawn(io, body, asio::detached);
  asio::post(io, [&] { waiting.cancel(); });
  io.run();
  CHECK(first == false);
  CHECK(second == true);
  gate->open.set_value();
}

TEST_CASE("who waits may go with its context while the call is made", "[detached_call]") {
  DetachedCalls calls(4);
  for (int i = 0; i < 100; ++i) {
    const auto gate = std::make_shared<Gate>();
    const auto begun = std::make_shared<std::atomic<bool>>(false);
    const auto ended = std::make_shared<std::atomic<bool>>(false);
    {
      asio::io_context io;
      const auto body = [&]() -> asio::awaitable<void> {
        DetachedCall waiting(io);
        std::function<void()> call = [=] { *begun = true, gate->opened.wait(), *ended = true; };
        co_await waiting.run(calls, std::move(call), test::kPatience);
      };
      asio::co_spawn(io, body, asio::detached);
      io.poll();
      REQUIRE(test::eventually([&] { return begun->load(); }));
      gate->open.set_value();
    }
    REQUIRE(test::eventually([&] { return ended->load(); }));
  }
}

}  // namespace
}  // namespace lokitail::agent
