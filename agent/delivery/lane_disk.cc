// What a lane has on disk: when pushes go there, and how they come back.
#include <algorithm>
#include <utility>

#include "agent/delivery/lane.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

// An answer that takes longer than this is a sign of trouble.
constexpr std::chrono::seconds kLongAnswer{2};
constexpr std::chrono::seconds kWatchInterval{1};
// How long until a disk that did not take a push is tried again.
constexpr std::chrono::seconds kStoreInterval{1};
// After a refusal of the disk, what need not go there does not for so long.
constexpr std::chrono::seconds kLongRefusal{10};

}  // namespace

void Lane::resume() {
  if (!context_.spool || spool_) return;
  loading_ = true;
  spool().load();
}

LaneSpool& Lane::spool() {
  if (spool_) return *spool_;
  const auto with_lane = [self = weak_from_this()](auto call) {
    return [self, call](auto argument) {
      if (const auto lane = self.lock()) call(*lane, std::move(argument));
    };
  };
  spool_ = std::make_shared<LaneSpool>(
      context_.spool, tenant_,
      LaneSpool::Listener{
          .stored = with_lane([](Lane& lane, std::unique_ptr<Push> push) { lane.stored(*push); }),
          .not_stored =
              with_lane([](Lane& lane, LaneSpool::Pushes pushes) { lane.not_stored(std::move(pushes)); }),
          .loaded = with_lane([](Lane& lane, std::unique_ptr<Push> push) { lane.loaded(std::move(push)); })});
  return *spool_;
}

bool Lane::belongs_on_disk(const Push& push) const {
  if (!context_.spool) return false;
  if (context_.spool->always) return true;
  if (!push.can_be_read_again && (!push.is_awaited || is_in_trouble())) return true;
  return something_on_disk() || holds_back_others();
}

bool Lane::something_on_disk() const {
  return spool_ && (storing_ > 0 || !unstored_.empty() || loading_ || spool_->has_more());
}

// A lane in trouble has half of what the client may have in memory, and not more where that would
// stop the reading of lines that others could have.
bool Lane::holds_back_others() const {
  if (disk_refused_ && Clock::now() - *disk_refused_ < kLongRefusal) return false;
  if (2 * context_.budget.in_flight(context_.client) < context_.budget.share()) return false;
  return context_.may_hold_back_others() && is_in_trouble();
}

bool Lane::is_in_trouble() const {
  const bool waits_long = std::ranges::any_of(queue_, [now = Clock::now()](const Waiting& waiting) {
    return waiting.in_flight && now - waiting.sent > kLongAnswer;
  });
  return waits_long || pausing_ || !throttles_.empty();
}

void Lane::store(std::unique_ptr<Push> push) {
  if (!unstored_.empty()) {
    unstored_.push_back(std::move(push));
    return;
  }
  ++storing_;
  spool().store(std::move(push));
}

void Lane::stored(const Push& push) {
  --storing_;
  if (push.trace) push.trace->stored();
  context_.metrics.entries_done(context_.config.name, "spooled", "", push.entries);
  if (push.in_budget) context_.budget.give_back(context_.client, push.cost());
  push.receipt->part_settled();
  load();
}

// They are sent from memory where nothing older is on disk. Otherwise they wait for the disk.
void Lane::not_stored(LaneSpool::Pushes pushes) {
  storing_ -= pushes.size();
  std::ranges::move(pushes, std::back_inserter(unstored_));
  if (storing_ > 0 || stopping_) return;
  if (!loading_ && !spool_->has_more()) {
    disk_refused_ = Clock::now();
    for (auto& push : std::exchange(unstored_, {})) queue_.push_back({std::move(push)});
    spool_->store_again({});
    return pump();
  }
  store_timer_.expires_after(kStoreInterval);
  store_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (!cancelled) self->store_again();
  });
}

void Lane::store_again() {
  storing_ += unstored_.size();
  spool_->store_again(std::exchange(unstored_, {}));
}

// Keeps as many pushes in memory as may be on their way, besides those of throttled streams.
void Lane::load() {
  if (!spool_ || loading_ || stopping_ || !spool_->has_more()) return;
  const auto throttled = std::ranges::count_if(queue_, [this](const Waiting& waiting) {
    return std::ranges::any_of(
        throttles_, [&](const auto& throttle) { return waiting.push->streams.contains(throttle.first); });
  });
  constexpr std::size_t kMostThrottled = 64;
  if (static_cast<std::size_t>(throttled) > kMostThrottled) return;
  if (queue_.size() - static_cast<std::size_t>(throttled) >= window_.size()) return;
  loading_ = true;
  spool_->load();
}

void Lane::loaded(std::unique_ptr<Push> push) {
  loading_ = false;
  if (stopping_) return;
  if (push) {
    context_.metrics.entries_taken(context_.config.name, "spool", push->entries);
    if (context_.tracer) trace_loaded(*push);
    queue_.push_back({std::move(push)});
    pump();
  }
  load();
}

void Lane::trace_loaded(Push& push) const {
  push.trace = PushTrace::begin(context_.tracer, nullptr);
  if (!push.trace) return;
  push.trace->describe(context_.config.name, tenant_);
  push.trace->loaded(push);
}

// What is in memory goes to disk, in front of what comes then. Of what is on its way a copy does: an answer
// may never come.
void Lane::make_way() {
  if (!context_.spool || queue_.empty() || something_on_disk()) return;
  const bool is_awaited =
      std::ranges::any_of(queue_, [](const Waiting& waiting) { return waiting.push->is_awaited; });
  if (!holds_back_others() && !(is_awaited && is_in_trouble())) return;
  log::warn(
      "does not deliver, and would hold back others or who waits for an answer: what waits goes to disk",
      {{"client", context_.config.name}, {"tenant", tenant_}});
  for (auto item = queue_.begin(); item != queue_.end();) {
    if (!item->in_flight) {
      store(std::move(item->push));
      item = queue_.erase(item);
      continue;
    }
    auto copy = std::make_unique<Push>(*item->push);
    item->push->receipt = std::make_shared<Receipt>(1, [] {});
    item->push->in_budget = false;
    item->is_on_disk = true;
    store(std::move(copy));
    ++item;
  }
}

// Reading may have stopped because of this lane, and then nothing else would remind it.
void Lane::watch() {
  if (watching_ || !context_.spool) return;
  watching_ = true;
  watch_timer_.expires_after(kWatchInterval);
  watch_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    self->watching_ = false;
    if (cancelled || self->stopping_) return;
    self->make_way();
    if (!self->queue_.empty()) self->watch();
  });
}

}  // namespace lokitail::agent
