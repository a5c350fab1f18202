#include "agent/target_rate.h"

#include <utility>

#include "agent/source/source.h"
#include "agent/telemetry/limit_hits.h"

namespace lokitail::agent {

TargetRate::TargetRate(boost::asio::io_context& io, pipeline::LineRate rate, bool drops,
                       pipeline::Counter& dropped, LimitHits* hits,
                       std::function<void(std::shared_ptr<Source>)> go_on)
    : rate_(rate), drops_(drops), dropped_(dropped), hits_(hits), go_on_(std::move(go_on)), timer_(io) {}

bool TargetRate::begin_turn(const std::shared_ptr<Source>& source, Bucket& bucket, pipeline::Timestamp now) {
  if (bucket == nullptr) {
    bucket = std::make_unique<pipeline::TokenBucket>(rate_, now);
  } else {
    bucket->refill(rate_, now);
  }
  const auto length =
      drops_ || !source->may_bring_lines() ? std::chrono::nanoseconds() : bucket->pause(rate_);
  if (length.count() <= 0) {
    turn_ = bucket.get();
    return true;
  }
  if (hits_ != nullptr) hits_->count(Limit::kTargetRate);
  const auto until = Clock::now() + std::chrono::ceil<Clock::duration>(length);
  const bool is_first = waiting_.empty() || until < waiting_.begin()->first;
  waiting_.emplace(until, source);
  if (is_first) wait_for_next();
  return false;
}

void TargetRate::let_go() {
  timer_.cancel();
  for (auto& [until, source] : std::exchange(waiting_, {})) go_on_(source);
}

bool TargetRate::admits() {
  if (turn_ == nullptr) return true;
  if (!drops_) {
    turn_->take();
    return true;
  }
  if (turn_->try_take()) return true;
  dropped_.increment();
  if (hits_ != nullptr) hits_->count(Limit::kTargetRate);
  return false;
}

void TargetRate::wait_for_next() {
  timer_.expires_at(waiting_.begin()->first);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    const auto due = waiting_.upper_bound(Clock::now());
    for (auto it = waiting_.begin(); it != due; ++it) go_on_(std::move(it->second));
    waiting_.erase(waiting_.begin(), due);
    if (!waiting_.empty()) wait_for_next();
  });
}

}  // namespace lokitail::agent
