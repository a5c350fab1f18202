// The agent's own traces: which pushes have one, and the spans that wait to be sent.
//
// A span is made by whoever did what it is about and given to finish() when that is over. From there it goes
// to whoever takes it (trace_exporter.h). What nobody takes in time is dropped and counted: nothing waits for
// traces.
//
// Threads: any. Ownership: shared by all that have a span open. Errors: none.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <prometheus/counter.h>

#include "lokitail/telemetry/trace_context.h"

namespace lokitail::agent {

struct Span {
  using Time = std::chrono::system_clock::time_point;
  using Attribute = std::pair<const char*, std::variant<std::string, std::int64_t, bool>>;
  enum class Kind { kInternal, kClient };

  telemetry::TraceContext context;                  // its own
  std::optional<telemetry::TraceContext> parent{};  // none: the first one of its trace
  const char* name = "";
  Kind kind = Kind::kInternal;
  Time start{};
  Time end{};
  std::vector<Attribute> attributes{};
  std::string error{};  // not empty: it failed

  static Time now() { return std::chrono::system_clock::now(); }
};

class Tracer {
 public:
  // `ratio` of the traces are sampled. No more than `most_waiting` spans wait to be taken.
  Tracer(double ratio, std::size_t most_waiting, prometheus::Counter& dropped);
  ~Tracer();

  // A trace of its own for what begins now; nothing where it is not sampled.
  std::optional<telemetry::TraceContext> begin() const;
  void finish(Span span);

  // Those that wait, the oldest first.
  std::vector<Span> take(std::size_t most);
  std::size_t waiting() const;
  // `something` is called with each span that comes while there is none, on the thread it comes from.
  void on_something(std::function<void()> something);
  // Whatever comes from now on is forgotten; nothing else than the tracer is touched any more.
  void close();

 private:
  const std::uint64_t threshold_;
  const std::size_t most_waiting_;
  prometheus::Counter& dropped_;
  mutable std::mutex mutex_;
  // Guarded by it.
  std::vector<Span> waiting_;
  std::function<void()> something_;
  bool is_closed_ = false;
};

}  // namespace lokitail::agent
