#include "lokitail/telemetry/logger.h"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <simdjson.h>

#include "tests/unit/telemetry/collecting_sink.h"

namespace lokitail::telemetry {
namespace {

using namespace std::chrono_literals;
using test::CollectingSink;
using Time = std::chrono::system_clock::time_point;

const Time kNow = Time(1'762'511'415'123ms);
const std::string kTraceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// A logger whose lines stay here.
struct Scene {
  explicit Scene(LoggerOptions options = {}) : logger(with_sink(std::move(options))) {}

  LoggerOptions with_sink(LoggerOptions options) {
    options.sink = sink;
    options.clock = [this] { return now; };
    return options;
  }
  std::string line() const {
    REQUIRE_FALSE(sink->lines().empty());
    return sink->lines().back();
  }

  Time now = kNow;
  std::shared_ptr<CollectingSink> sink = std::make_shared<CollectingSink>();
  Logger logger;
};

LoggerOptions without_caller() { return {.caller = false}; }

TEST_CASE("a line has the document's keys in its order") {
  Scene scene({.service = "edge-node-1", .version = "0.1.0", .environment = "production"});
  const TraceContext context = *parse_traceparent(kTraceparent);
  scene.logger.info(context, "task executed", {task_id("task-abc123"), duration_ms(2500)},
                    {"/src/node/executor.cc", 42});
  CHECK(scene.line() ==
        R"({"level":"info","timestamp":"2025-11-07T10:30:15.123Z","service":"edge-node-1",)"
        R"("version":"0.1.0","environment":"production","caller":"node/executor.cc:42",)"
        R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",)"
        R"("trace_sampled":true,"message":"task executed","task_id":"task-abc123","duration_ms":2500})");
}

TEST_CASE("what is not known is left out") {
  Scene scene(without_caller());
  scene.logger.warn("alone");
  CHECK(scene.line() == R"({"level":"warn","timestamp":"2025-11-07T10:30:15.123Z","message":"alone"})");
}

TEST_CASE("the caller is who calls") {
  Scene scene;
  const int line = __LINE__ + 1;
  scene.logger.info("here");
  CHECK(scene.line().find("\"caller\":\"telemetry/logger_test.cc:" + std::to_string(line) + "\"") !=
        std::string::npos);
}

TEST_CASE("each type of field has its form") {
  Scene scene(without_caller());
  const std::string text = "two \"words\"";
  const std::byte bytes[] = {std::byte{0xFB}, std::byte{0xFF}};
  const char* const nothing = nullptr;
  scene.logger.info("m", {{"text", text},
                          {"literal", "x"},
                          {"nothing", nothing},
                          {"integer", -5},
                          {"unsigned", std::uint64_t{18'446'744'073'709'551'615U}},
                          {"float", 0.1F},
                          {"double", 0.5},
                          {"bool", true},
                          {"duration", 1500us},
                          {"bytes", std::span<const std::byte>(bytes)},
                          {"code", std::make_error_code(std::errc::connection_refused)},
                          object("peer", {peer_id("12D3Koo"), object("at", {{"port", 4001}})}),
                          object("empty", {})});
  CHECK(scene.line() ==
        R"({"level":"info","timestamp":"2025-11-07T10:30:15.123Z","message":"m",)"
        R"("text":"two \"words\"","literal":"x","nothing":null,"integer":-5,)"
        R"("unsigned":18446744073709551615,"float":0.1,"double":0.5,"bool":true,"duration":1.5,)"
        R"("bytes":"+/8=","code":"Connection refused",)"
        R"("peer":{"peer_id":"12D3Koo","at":{"port":4001}},"empty":{}})");
}

TEST_CASE("an error says what it was nested in") {
  Scene scene(without_caller());
  try {
    try {
      throw std::runtime_error("connection refused");
    } catch (...) {
      std::throw_with_nested(std::runtime_error("cannot send"));
    }
  } catch (const std::exception& thrown) {
    scene.logger.error("failed", {error(thrown)});
  }
  CHECK(scene.line().ends_with(R"("error":"cannot send: connection refused"})"));
}

TEST_CASE("the helpers have the document's names") {
  Scene scene(without_caller());
  scene.logger.info("m", {peer_id("p"), guild_id("g"), task_id("t"), channel_id("c"), component("x"),
                          operation("o"), status("ok"), size_bytes(1024U), duration_ms(1500us)});
  CHECK(scene.line().ends_with(
      R"("message":"m","peer_id":"p","guild_id":"g","task_id":"t","channel_id":"c",)"
      R"("component":"x","operation":"o","status":"ok","size_bytes":1024,"duration_ms":1.5})"));
}

TEST_CASE("persistent fields come before those of the call") {
  Scene scene(without_caller());
  const Logger executor = scene.logger.with({{"executor_id", "exec-001"}, component("executor")});
  const Logger task = executor.with({task_id("task-1")}).with_trace(*parse_traceparent(kTraceparent));
  task.info("executing task", {{"n", 1}});
  CHECK(
      scene.line().ends_with(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",)"
                             R"("trace_sampled":true,"message":"executing task","executor_id":"exec-001",)"
                             R"("component":"executor","task_id":"task-1","n":1})"));
  executor.info("idle");
  CHECK(scene.line().ends_with(R"("message":"idle","executor_id":"exec-001","component":"executor"})"));
}

TEST_CASE("the trace is the call's, the logger's or the scope's, in this order") {
  Scene scene(without_caller());
  const TraceContext call = new_trace();
  const TraceContext own = new_trace();
  const TraceScope scope(new_trace());
  const auto has = [&](const TraceContext& context) {
    return scene.line().find(trace_id_text(context)) != std::string::npos;
  };
  scene.logger.info("m");
  CHECK(has(scope.context()));
  scene.logger.with_trace(own).info("m");
  CHECK(has(own));
  scene.logger.with_trace(own).info(call, "m");
  CHECK(has(call));
  scene.logger.info(TraceContext{}, "m");
  CHECK(scene.line().find("trace_id") == std::string::npos);
}

TEST_CASE("the level is changed for all who share it") {
  Scene scene(without_caller());
  const Logger child = scene.logger.with({{"a", 1}});
  child.debug("not yet");
  CHECK(scene.sink->lines().empty());
  scene.logger.set_level(Level::kDebug);
  CHECK(child.enabled(Level::kDebug));
  child.debug("now");
  CHECK(scene.sink->lines().size() == 1);
  scene.logger.set_level(Level::kError);
  child.warn("no more");
  CHECK(scene.sink->lines().size() == 1);
  CHECK(parse_level("warn") == Level::kWarn);
  CHECK_FALSE(parse_level("warning"));
}

TEST_CASE("redacted fields are never written, wherever they are") {
  LoggerOptions options = without_caller();
  options.redacted = {"password", "token"};
  Scene scene(std::move(options));
  scene.logger.with({{"token", "secret-1"}})
      .info("m",
            {{"password", "secret-2"}, {"passwords", 2}, object("login", {{"user", "u"}, {"password", 3}})});
  CHECK(scene.line().ends_with(R"("token":"<redacted>","password":"<redacted>","passwords":2,)"
                               R"("login":{"user":"u","password":"<redacted>"}})"));
  CHECK(scene.line().find("secret") == std::string::npos);
}

TEST_CASE("any bytes in any place give a line of valid JSON") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  Scene scene({.service = all, .version = all, .environment = all});
  scene.logger.with({{all, all}})
      .error(new_trace(), all, {{all, all}, object(all, {{all, all}})}, {"f\n\xFF\".cc", 1});
  REQUIRE(scene.sink->lines().size() == 1);
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  CHECK(parser.parse(scene.line()).get(value) == simdjson::SUCCESS);
}

TEST_CASE("the console form is for people") {
  Scene scene({.service = "edge-node-1", .format = Format::kConsole});
  scene.logger.with({component("executor")})
      .info(*parse_traceparent(kTraceparent), "task executed",
            {status("all good"), {"n", 3}, object("peer", {{"id", "a b"}})}, {"node/executor.cc", 42});
  CHECK(scene.line() ==
        "2025-11-07T10:30:15.123Z INFO  edge-node-1 node/executor.cc:42 task executed "
        "component=executor status=\"all good\" n=3 peer={\"id\":\"a b\"} "
        "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7");
  scene.logger.info("two\nlines", {}, {"a.cc", 1});
  CHECK(scene.line() == "2025-11-07T10:30:15.123Z INFO  edge-node-1 a.cc:1 \"two\\nlines\"");
}

TEST_CASE("errors have a stack trace where it is asked for") {
  Scene scene({.caller = false, .stack_trace = true});
  scene.logger.info("no");
  CHECK(scene.line().find("stacktrace") == std::string::npos);
  scene.logger.error("yes", {{"n", 1}});
  simdjson::dom::parser parser;
  const std::string stack(std::string_view(parser.parse(scene.line())["stacktrace"]));
  // It ends in the start of the program, and does not begin in the logger.
  CHECK(stack.find("__libc_start_main") != std::string::npos);
  CHECK(stack.find("Logger::write") == std::string::npos);
  CHECK(scene.line().ends_with("\"}"));
}

TEST_CASE("of many equal lines some are written, and say how many were not") {
  LoggerOptions options = without_caller();
  options.sampling = Sampling{.interval = 1s, .first = 3, .thereafter = 5};
  Scene scene(std::move(options));
  for (int i = 0; i < 10; ++i) scene.logger.info("again");
  // Three at first, and the eighth.
  REQUIRE(scene.sink->lines().size() == 4);
  CHECK(scene.line().ends_with(R"("message":"again","suppressed":4})"));
  scene.logger.info("another");
  scene.logger.warn("again");
  CHECK(scene.sink->lines().size() == 6);
  for (int i = 0; i < 10; ++i) scene.logger.error("errors always");
  CHECK(scene.sink->lines().size() == 16);
  scene.now += 1s;
  scene.logger.info("again");
  CHECK(scene.line().ends_with(R"("message":"again","suppressed":2})"));
  // A clock that is put back does not silence a message for ever.
  scene.now -= 1h;
  for (int i = 0; i < 3; ++i) scene.logger.info("again");
  CHECK(scene.sink->lines().size() == 20);
}

TEST_CASE("threads log at once, and no line is torn or lost") {
  Scene scene({.service = "s", .sampling = Sampling{.first = 1'000'000}});
  constexpr int kThreads = 4;
  constexpr int kLinesEach = 500;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&scene, thread] {
      const Logger logger = scene.logger.with({{"thread", thread}});
      for (int i = 0; i < kLinesEach; ++i) {
        const TraceScope scope(new_trace());
        logger.info("line", {{"i", i}});
        if (i % 100 == 0) scene.logger.set_level(i % 200 == 0 ? Level::kDebug : Level::kInfo);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<int> next(kThreads, 0);
  simdjson::dom::parser parser;
  for (const std::string& line : scene.sink->lines()) {
    const simdjson::dom::element value = parser.parse(line);
    const auto thread = static_cast<std::size_t>(std::int64_t(value["thread"]));
    if (std::int64_t(value["i"]) != next[thread]++) FAIL(line);
  }
  CHECK(next == std::vector<int>(kThreads, kLinesEach));
}

}  // namespace
}  // namespace lokitail::telemetry
