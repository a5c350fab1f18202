#include <catch2/catch.hpp>

#include "lokitail/telemetry/logger.h"
#include "tests/bench/allocations.h"

namespace lokitail::telemetry {
namespace {

using namespace std::chrono_literals;

class CountingSink final : public Sink {
 public:
  void write(Level, std::string_view lines) override { bytes += lines.size(); }
  std::size_t bytes = 0;
};

// Ten fields, a trace, redaction and sampling.
void log_much(const Logger& logger, const std::string& id) {
  for (int i = 0; i < 100; ++i) {
    logger.info("task executed", {task_id(id),
                                  guild_id(id),
                                  peer_id(id),
                                  duration_ms(2500us),
                                  size_bytes(i),
                                  status("ok"),
                                  {"amount", 0.25 * i},
                                  {"last", i == 99},
                                  {"password", "x"},
                                  object("peer", {{"port", 4001}, {"text", "na\xC3\xAFve \xFF \"\n"}})});
  }
}

LoggerOptions all_options() {
  LoggerOptions options{.service = "edge-node-1", .version = "0.1.0", .environment = "production"};
  options.redacted = {"password"};
  options.sampling = Sampling{.first = 10, .thereafter = 2};
  return options;
}

TEST_CASE("a line takes no memory from the heap") {
  const std::string id = "task-with-a-name-that-no-small-string-holds";
  for (const Format format : {Format::kJson, Format::kConsole}) {
    LoggerOptions options = all_options();
    options.format = format;
    const auto sink = std::make_shared<CountingSink>();
    options.sink = sink;
    const Logger logger = Logger(options).with({component("executor")});
    const TraceScope scope(new_trace());
    log_much(logger, id);
    const std::uint64_t before = bench::allocations();
    log_much(logger, id);
    CHECK(bench::allocations() == before);
    CHECK(sink->bytes > 100 * 300);
  }
}

TEST_CASE("nor does one that another thread writes") {
  LoggerOptions options = all_options();
  options.sink = std::make_shared<CountingSink>();
  options.async = AsyncOptions{};
  const Logger logger(options);
  log_much(logger, "warm-up");
  REQUIRE(logger.flush());
  log_much(logger, "both of the buffers");
  REQUIRE(logger.flush());
  const std::uint64_t before = bench::allocations();
  log_much(logger, "id");
  REQUIRE(logger.flush());
  CHECK(bench::allocations() == before);
}

TEST_CASE("the counter counts") {
  const std::uint64_t before = bench::allocations();
  const auto something = std::make_unique<int>(1);
  CHECK(bench::allocations() == before + 1);
}

}  // namespace
}  // namespace lokitail::telemetry
