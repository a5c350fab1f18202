#include "lokitail/telemetry/async_sink.h"

#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

#include "lokitail/telemetry/logger.h"
#include "tests/support/wait.h"
#include "tests/unit/telemetry/collecting_sink.h"

namespace lokitail::telemetry {
namespace {

using namespace std::chrono_literals;
using lokitail::test::eventually;
using lokitail::test::stays;
using test::CollectingSink;

constexpr AsyncOptions kSmall{.capacity = 64};
constexpr AsyncOptions kDropping{.capacity = 64, .when_full = WhenFull::kDrop};

// Makes the sink busy with one line, so that what follows waits.
void make_busy(AsyncSink& sink, CollectingSink& slow) {
  slow.hold();
  sink.write(Level::kInfo, "busy\n");
  REQUIRE(eventually([&] { return slow.holds(); }));
}

TEST_CASE("lines arrive in order, and all of them at the end") {
  const auto collected = std::make_shared<CollectingSink>();
  std::string expected;
  {
    AsyncSink sink(collected, AsyncOptions{.capacity = 1000});
    for (int i = 0; i < 5000; ++i) {
      const std::string line = "line " + std::to_string(i) + '\n';
      sink.write(Level::kInfo, line);
      expected += line;
    }
  }
  CHECK(collected->text() == expected);
}

TEST_CASE("threads lose nothing while they wait for room") {
  const auto collected = std::make_shared<CollectingSink>();
  constexpr int kThreads = 4;
  constexpr int kLines = 1000;
  {
    AsyncSink sink(collected, kSmall);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&sink, thread] {
        for (int i = 0; i < kLines; ++i) {
          const auto level = i % 100 == 0 ? Level::kError : Level::kInfo;
          sink.write(level, std::to_string(thread) + ' ' + std::to_string(i) + '\n');
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(sink.dropped() == 0);
  }
  std::vector<int> next(kThreads, 0);
  for (const std::string& line : collected->lines()) {
    const auto thread = static_cast<std::size_t>(line[0] - '0');
    if (std::stoi(line.substr(2)) != next.at(thread)++) FAIL(line);
  }
  CHECK(next == std::vector<int>(kThreads, kLines));
}

TEST_CASE("a full sink blocks, and says so") {
  const auto slow = std::make_shared<CollectingSink>();
  AsyncSink sink(slow, kSmall);
  make_busy(sink, *slow);
  sink.write(Level::kInfo, std::string(60, 'a') + '\n');
  CHECK(sink.waited() == 0);
  std::atomic<bool> returned{false};
  std::thread waiting([&] {
    sink.write(Level::kInfo, "waits\n");
    returned = true;
  });
  REQUIRE(eventually([&] { return sink.waited() == 1; }));
  CHECK(stays([&] { return !returned.load(); }, 50ms));
  slow->release();
  waiting.join();
  REQUIRE(sink.flush(10s));
  CHECK(slow->lines().back() == "waits");
}

TEST_CASE("a full sink drops, counts, and tells where lines are missing") {
  const auto slow = std::make_shared<CollectingSink>();
  {
    AsyncSink sink(slow, kDropping,
                   [](std::uint64_t dropped) { return std::to_string(dropped) + " missing\n"; });
    make_busy(sink, *slow);
    sink.write(Level::kInfo, std::string(60, 'a') + '\n');
    for (int i = 0; i < 7; ++i) sink.write(Level::kWarn, "dropped\n");
    CHECK(sink.dropped() == 7);
    CHECK(sink.lost() == 7);
    CHECK(sink.waited() == 0);
    slow->release();
    REQUIRE(sink.flush(10s));
    sink.write(Level::kInfo, "after\n");
  }
  CHECK(slow->lines() == std::vector<std::string>{"busy", std::string(60, 'a'), "7 missing", "after"});
}

TEST_CASE("a logger's notice of dropped lines has its form") {
  const auto slow = std::make_shared<CollectingSink>();
  const Logger logger({.service = "edge-node-1",
                       .caller = false,
                       .sink = slow,
                       .async = AsyncOptions{.capacity = 200, .when_full = WhenFull::kDrop}});
  slow->hold();
  logger.info("busy");
  REQUIRE(eventually([&] { return slow->holds(); }));
  for (int i = 0; i < 50; ++i) logger.info("many");
  const std::uint64_t lost = logger.lost();
  CHECK(lost > 40);
  slow->release();
  REQUIRE(logger.flush());
  const std::string notice = slow->lines().back();
  CHECK(notice.starts_with(R"({"level":"warn","timestamp":")"));
  CHECK(notice.ends_with(R"("service":"edge-node-1","message":"lines of this log were dropped","dropped":)" +
                         std::to_string(lost) + "}"));
}

TEST_CASE("what is written through is written when the call returns, and is never dropped") {
  const auto slow = std::make_shared<CollectingSink>();
  AsyncSink sink(slow, kDropping);
  make_busy(sink, *slow);
  sink.write(Level::kInfo, std::string(60, 'a') + '\n');
  std::thread failing([&] { sink.write(Level::kError, "grave\n"); });
  REQUIRE(eventually([&] { return sink.waited() == 1; }));
  slow->release();
  failing.join();
  CHECK(slow->lines().back() == "grave");
  CHECK(sink.dropped() == 0);
}

TEST_CASE("a flush gives up when its time is up") {
  const auto slow = std::make_shared<CollectingSink>();
  AsyncSink sink(slow, kSmall);
  make_busy(sink, *slow);
  CHECK_FALSE(sink.flush(1ms));
  slow->release();
  CHECK(sink.flush(10s));
}

TEST_CASE("a line that is longer than the room makes room for itself") {
  const auto collected = std::make_shared<CollectingSink>();
  AsyncSink sink(collected, kSmall);
  const std::string line(1000, 'x');
  sink.write(Level::kInfo, "before\n");
  sink.write(Level::kInfo, line + '\n');
  sink.write(Level::kInfo, "after\n");
  REQUIRE(sink.flush(10s));
  CHECK(collected->lines() == std::vector<std::string>{"before", line, "after"});
}

class ThrowingSink final : public Sink {
 public:
  void write(Level, std::string_view) override { throw std::runtime_error("disk full"); }
};

TEST_CASE("lines that the sink throws at are counted as dropped") {
  AsyncSink sink(std::make_shared<ThrowingSink>(), kSmall);
  sink.write(Level::kError, "one\n");
  sink.write(Level::kError, "two\n");
  CHECK(sink.dropped() == 2);
}

}  // namespace
}  // namespace lokitail::telemetry
