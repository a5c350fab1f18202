#include "lokitail/telemetry/trace_scope.h"

#include <atomic>

namespace lokitail::telemetry {
namespace {

thread_local const TraceScope* innermost = nullptr;
std::atomic<TraceSource> source{nullptr};

}  // namespace

TraceScope::TraceScope(const TraceContext& context) : context_(context), outer_(innermost) {
  innermost = this;
}

TraceScope::~TraceScope() { innermost = outer_; }

TraceContext current_trace() {
  if (innermost != nullptr) return innermost->context_;
  const TraceSource asked = source.load(std::memory_order_acquire);
  return asked == nullptr ? TraceContext{} : asked();
}

void set_trace_source(TraceSource asked) { source.store(asked, std::memory_order_release); }

}  // namespace lokitail::telemetry
