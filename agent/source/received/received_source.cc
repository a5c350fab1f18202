#include "agent/source/received/received_source.h"

#include <iterator>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/into_error.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kHiddenPrefix = "__";
constexpr std::string_view kTenantLabel = "__tenant_id__";  // by which delivery knows whose an entry is

}  // namespace

// A block that was taken in, until all of it is settled.
class ReceivedSource::Origin final : public pipeline::Origin {
 public:
  Origin(ReceivedSource& source, std::function<void()> call)
      : pipeline::Origin(&source), source_(source), call_(std::move(call)) {}

  bool can_be_read_again() const override { return source_.spec_.can_be_read_again; }
  bool is_awaited() const override { return source_.spec_.is_awaited; }

  std::list<Origin>::iterator place;  // in unsettled_

 private:
  void settled() override {
    if (call_) boost::asio::post(source_.control_, std::move(call_));
    source_.settled(place);  // destroys this
  }

  ReceivedSource& source_;
  std::function<void()> call_;
};

ReceivedSource::ReceivedSource(boost::asio::io_context& control, Worker& worker, Spec spec,
                               DroppedHandler dropped)
    : control_(control), worker_(worker), spec_(std::move(spec)), dropped_(std::move(dropped)) {}

ReceivedSource::~ReceivedSource() = default;

void ReceivedSource::offer(std::unique_ptr<ReceivedBlock> block, std::function<void()> settled) {
  waiting_bytes_.fetch_add(block->bytes(), std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    offered_.push_back({std::move(block), std::move(settled)});
  }
  worker_.wake(*this);
}

void ReceivedSource::when_room(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  if (has_room()) {
    boost::asio::post(control_, std::move(call));
  } else {
    waiting_for_room_.push_back(std::move(call));
  }
}

boost::asio::awaitable<void> ReceivedSource::wait_for_room() {
  while (!has_room()) {
    const auto gate =
        std::make_shared<boost::asio::steady_timer>(control_, boost::asio::steady_timer::time_point::max());
    when_room([gate] { gate->cancel(); });
    boost::system::error_code ignored;
    co_await gate->async_wait(into(ignored));
  }
}

void ReceivedSource::finish() {
  const auto self = std::static_pointer_cast<ReceivedSource>(shared_from_this());
  worker_.post([self] {
    while (self->begin_block()) self->push_block(self->worker_, false);
    self->is_finished_ = true;
    self->wake();
  });
}

void ReceivedSource::settled(std::list<Origin>::iterator origin) {
  unsettled_.erase(origin);
  if (is_finished_ && unsettled_.empty()) wake();
}

void ReceivedSource::attach(Worker& worker) {
  pipeline_ = &worker.pipeline(spec_.job);
  relabeler_ = std::make_unique<EntryRelabeler>(spec_.relabel_configs, worker.symbols());
}

Source::Turn ReceivedSource::take_turn(Worker& worker) {
  if (!begin_block()) return is_finished_ && unsettled_.empty() ? Turn::kFinished : Turn::kIdle;
  worker.block_is_read(reading_->origin.get());
  push_block(worker, true);
  return Turn::kMore;
}

// False where there is none.
bool ReceivedSource::begin_block() {
  if (reading_) return true;
  Offered next;
  {
    const std::lock_guard lock(mutex_);
    if (offered_.empty()) return false;
    next = std::move(offered_.front());
    offered_.pop_front();
  }
  Origin& origin = unsettled_.emplace_back(*this, std::move(next.settled));
  origin.place = std::prev(unsettled_.end());
  reading_.emplace(Reading{std::move(next.block), pipeline::OriginReference(&origin)});
  return true;
}

bool ReceivedSource::push_block(Worker& worker, bool pauses) {
  Reading& reading = *reading_;
  const auto& groups = reading.block->groups();
  for (; reading.group < groups.size(); ++reading.group, reading.entry = 0) {
    if (!push_group(groups[reading.group], worker, pauses)) return false;
  }
  make_room(reading.block->bytes());
  const bool is_urgent = reading.block->is_urgent();
  reading_.reset();
  if (is_urgent) worker.hand_over();
  return true;
}

bool ReceivedSource::push_group(const ReceivedBlock::Group& group, Worker& worker, bool pauses) {
  const pipeline::Labels* const labels = labels_of(group, worker);
  if (labels == nullptr) return true;
  const std::size_t first = reading_->entry;
  std::size_t bytes = 0;
  bool wants_pause = false;
  while (reading_->entry < group.entries.size() && !wants_pause) {
    const ReceivedBlock::Entry& entry = group.entries[reading_->entry++];
    metadata_.clear();
    for (const auto& [name, value] : entry.structured_metadata) metadata_.push_back({name, value});
    pipeline_->push(entry.line, entry.time.value_or(worker.now()), *labels, reading_->origin.get(),
                    metadata_);
    bytes += entry.line.size();
    wants_pause = pauses && worker.wants_pause(*pipeline_);
  }
  count(reading_->entry - first, bytes, worker.now());
  if (spec_.pushed && reading_->entry != first) spec_.pushed(reading_->entry - first);
  return !wants_pause;
}

void ReceivedSource::count(std::size_t entries, std::size_t bytes, pipeline::Timestamp now) {
  if (entries == 0) return;
  const std::int64_t time = now.to_unix_nanoseconds();
  traffic_.lines.fetch_add(entries, std::memory_order_relaxed);
  traffic_.last_read.store(time, std::memory_order_relaxed);
  traffic_.rate.add(entries, bytes, time);
}

// nullptr where the entries are dropped.
const pipeline::Labels* ReceivedSource::labels_of(const ReceivedBlock::Group& group, Worker& worker) {
  pipeline::SymbolTable& symbols = worker.symbols();
  labels_.clear();
  for (const auto& [name, value] : group.labels) labels_.set(symbols.intern(name), value);
  for (const auto& [name, value] : spec_.labels) labels_.set(symbols.intern(name), value);
  const std::size_t left = group.entries.size() - reading_->entry;
  const pipeline::Labels* const relabelled = relabeler_->apply(labels_);
  if (relabelled == nullptr) {
    drop(Dropped::kByRule, left);
    return nullptr;
  }
  labels_ = *relabelled;
  labels_.erase_if([&symbols](const pipeline::Label& label) {
    return symbols.name(label.name).starts_with(kHiddenPrefix);
  });
  const bool has_labels = !labels_.empty();
  if (!group.tenant.empty()) labels_.set(symbols.intern(kTenantLabel), group.tenant);
  if (has_labels || spec_.keeps_without_labels) return &labels_;
  drop(Dropped::kWithoutLabels, left);
  return nullptr;
}

void ReceivedSource::drop(Dropped why, std::size_t entries) {
  if (dropped_ && entries != 0) dropped_(why, entries);
}

void ReceivedSource::make_room(std::size_t bytes) {
  waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  std::vector<std::function<void()>> calls;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_for_room_.empty() || !has_room()) return;
    calls.swap(waiting_for_room_);
  }
  for (auto& call : calls) boost::asio::post(control_, std::move(call));
}

}  // namespace lokitail::agent
