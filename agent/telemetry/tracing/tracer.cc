#include "agent/telemetry/tracing/tracer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace lokitail::agent {
namespace {

// Of a trace's id 56 bits are random whoever made it: OpenTelemetry's samplers by ratio decide by them, too.
constexpr unsigned kRandomBits = 56;

std::uint64_t threshold_of(double ratio) {
  return static_cast<std::uint64_t>(std::ldexp(std::clamp(ratio, 0.0, 1.0), kRandomBits));
}

std::uint64_t random_part(const telemetry::TraceContext& context) {
  std::uint64_t value = 0;
  for (std::size_t i = context.trace_id.size() - kRandomBits / 8; i < context.trace_id.size(); ++i) {
    value = value << 8 | context.trace_id[i];
  }
  return value;
}

}  // namespace

Tracer::Tracer(double ratio, std::size_t most_waiting, prometheus::Counter& dropped)
    : threshold_(threshold_of(ratio)), most_waiting_(most_waiting), dropped_(dropped) {}

Tracer::~Tracer() = default;

std::optional<telemetry::TraceContext> Tracer::begin() const {
  const telemetry::TraceContext made = telemetry::new_trace();
  if (random_part(made) >= threshold_) return std::nullopt;
  return made;
}

void Tracer::finish(Span span) {
  std::function<void()> something;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    if (waiting_.size() >= most_waiting_) {
      dropped_.Increment();
      return;
    }
    waiting_.push_back(std::move(span));
    if (waiting_.size() == 1) something = something_;
  }
  if (something) something();
}

std::vector<Span> Tracer::take(std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() <= most) return std::exchange(waiting_, {});
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(most);
  std::vector<Span> taken(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return taken;
}

std::size_t Tracer::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void Tracer::on_something(std::function<void()> something) {
  const std::lock_guard lock(mutex_);
  something_ = std::move(something);
}

void Tracer::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  something_ = nullptr;
  waiting_.clear();
}

}  // namespace lokitail::agent
