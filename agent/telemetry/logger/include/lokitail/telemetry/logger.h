// A structured logger whose lines carry the trace they belong to.
//
//   telemetry::Logger logger({.service = "edge-node-1", .version = "0.1.0", .environment =
//   "production"}); logger.info("task executed", {telemetry::task_id(id),
//   telemetry::duration_ms(2500)});
//
//   {"level":"info","timestamp":"2025-11-07T10:30:15.123Z","service":"edge-node-1","version":"0.1.0",
//    "environment":"production","caller":"node/executor.cc:42","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",
//    "span_id":"00f067aa0ba902b7","trace_sampled":true,"message":"task
//    executed","task_id":"task-abc123", "duration_ms":2500}
//
// on one line; always JSON, whatever bytes the texts have: what is no UTF-8 becomes U+FFFD.
//
// Which trace: that of the call, otherwise that of with_trace(), otherwise current_trace()
// (trace_scope.h). Without a valid one the three keys are left out, as are service, version and
// environment where they are empty.
//
// Threads: any may log, and call set_level(). A Logger is a value; copies and what with() makes
// share sink and level. Ownership: what is passed to a call is looked at within it. Errors: logging
// does not fail: what a sink cannot write is lost and counted (lost()). Out of memory throws
//          std::bad_alloc; lines of less than 2 KiB take no memory from the heap.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lokitail/telemetry/async_sink.h"
#include "lokitail/telemetry/common_fields.h"
#include "lokitail/telemetry/field.h"
#include "lokitail/telemetry/level.h"
#include "lokitail/telemetry/sink.h"
#include "lokitail/telemetry/trace_context.h"
#include "lokitail/telemetry/trace_scope.h"

namespace lokitail::telemetry {

enum class Format : std::uint8_t {
  kJson,
  kConsole  // for people: time, level, service, caller and message, then key=value
};

// Of lines of one level with one message: the first so many within an interval are written, then
// one of so many. The next that is written says in `suppressed` how many were left out before it.
// Messages that fall together in a table of 1024 are counted as one, as in zap.
struct Sampling {
  std::chrono::nanoseconds interval = std::chrono::seconds(1);
  std::uint32_t first = 100;
  std::uint32_t thereafter = 100;  // 0: none until the interval is over
  Level up_to = Level::kWarn;      // graver lines are always written
};

struct LoggerOptions {
  std::string service{};
  std::string version{};
  std::string environment{};
  Level level = Level::kInfo;
  Format format = Format::kJson;
  bool caller = true;
  bool stack_trace = false;  // errors say from where they were logged, as `stacktrace`
  // Fields of these names, of objects too, are written as "<redacted>", whatever they hold.
  std::vector<std::string> redacted{};
  std::optional<Sampling> sampling{};
  std::shared_ptr<Sink> sink{};         // standard error where none is given
  std::optional<AsyncOptions> async{};  // lines go to the sink from a thread
  // What time it is; the system's where none is given.
  std::function<std::chrono::system_clock::time_point()> clock{};
};

// Where a call was written. (std::source_location would say the same, but Clang 14 does not have
// it.)
struct Caller {
  const char* file = nullptr;
  unsigned line = 0;

  static constexpr Caller here(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    return {file, line};
  }
};

class Logger {
 public:
  explicit Logger(LoggerOptions options);

  // One whose lines have these fields, too, before those of a call.
  Logger with(Fields fields) const { return with(std::span(fields.begin(), fields.size())); }
  Logger with(std::span<const Field> fields) const;
  // One whose lines belong to this trace.
  Logger with_trace(const TraceContext& context) const;

  void set_level(Level level) { level_->store(level, std::memory_order_relaxed); }
  Level level() const { return level_->load(std::memory_order_relaxed); }
  bool enabled(Level level) const { return level >= this->level(); }

  // False where lines still wait to be written when the time is up.
  bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;
  // How many lines the sink has lost.
  std::uint64_t lost() const;

  void debug(std::string_view message, Fields fields = {}, Caller caller = Caller::here()) const {
    log(Level::kDebug, nullptr, message, {fields.begin(), fields.size()}, caller);
  }
  void info(std::string_view message, Fields fields = {}, Caller caller = Caller::here()) const {
    log(Level::kInfo, nullptr, message, {fields.begin(), fields.size()}, caller);
  }
  void warn(std::string_view message, Fields fields = {}, Caller caller = Caller::here()) const {
    log(Level::kWarn, nullptr, message, {fields.begin(), fields.size()}, caller);
  }
  void error(std::string_view message, Fields fields = {}, Caller caller = Caller::here()) const {
    log(Level::kError, nullptr, message, {fields.begin(), fields.size()}, caller);
  }

  // With the ids of a context that the caller names.
  void debug(const TraceContext& context, std::string_view message, Fields fields = {},
             Caller caller = Caller::here()) const {
    log(Level::kDebug, &context, message, {fields.begin(), fields.size()}, caller);
  }
  void info(const TraceContext& context, std::string_view message, Fields fields = {},
            Caller caller = Caller::here()) const {
    log(Level::kInfo, &context, message, {fields.begin(), fields.size()}, caller);
  }
  void warn(const TraceContext& context, std::string_view message, Fields fields = {},
            Caller caller = Caller::here()) const {
    log(Level::kWarn, &context, message, {fields.begin(), fields.size()}, caller);
  }
  void error(const TraceContext& context, std::string_view message, Fields fields = {},
             Caller caller = Caller::here()) const {
    log(Level::kError, &context, message, {fields.begin(), fields.size()}, caller);
  }

  // What the calls above come to: for a level or for fields that are known at run time only.
  // `context` may be null.
  void log(Level level, const TraceContext* context, std::string_view message, std::span<const Field> fields,
           Caller caller = Caller::here()) const {
    if (enabled(level)) write(level, context, message, fields, caller);
  }

 private:
  class Core;

  // Stays a call of its own: a stack trace begins where it was called.
  [[gnu::noinline]] void write(Level level, const TraceContext* context, std::string_view message,
                               std::span<const Field> fields, Caller caller) const;

  std::shared_ptr<Core> core_;
  std::atomic<Level>* level_;  // the core's
  std::string fields_;         // as they stand in a line
  std::optional<TraceContext> trace_;
};

}  // namespace lokitail::telemetry
