#include "agent/source/received/received_source.h"

#include <iterator>
#include <utility>

#include <boost/asio/post.hpp>

#include "agent/worker.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kHiddenPrefix = "__";

}  // namespace

// A block that was taken in, until all of it is settled.
class ReceivedSource::Origin final : public pipeline::Origin {
 public:
  Origin(ReceivedSource& source, std::function<void()> call)
      : pipeline::Origin(&source), source_(source), call_(std::move(call)) {}

  bool can_be_read_again() const override { return false; }

  std::list<Origin>::iterator place;  // in unsettled_

 private:
  void settled() override {
    if (call_) boost::asio::post(source_.control_, std::move(call_));
    source_.unsettled_.erase(place);
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

void ReceivedSource::finish() {
  const auto self = std::static_pointer_cast<ReceivedSource>(shared_from_this());
  worker_.post([self] {
    while (self->begin_block()) self->push_block(self->worker_, false);
  });
}

void ReceivedSource::attach(Worker& worker) {
  pipeline_ = &worker.pipeline(spec_.job);
  relabeler_ = std::make_unique<EntryRelabeler>(spec_.relabel_configs, worker.symbols());
}

Source::Turn ReceivedSource::take_turn(Worker& worker) {
  if (!begin_block()) return Turn::kIdle;
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
  reading_.reset();
  return true;
}

bool ReceivedSource::push_group(const ReceivedBlock::Group& group, Worker& worker, bool pauses) {
  const pipeline::Labels* const labels = labels_of(group, worker);
  if (labels == nullptr) return true;
  while (reading_->entry < group.entries.size()) {
    const ReceivedBlock::Entry& entry = group.entries[reading_->entry++];
    metadata_.clear();
    for (const auto& [name, value] : entry.structured_metadata) {
      metadata_.push_back({worker.symbols().intern(name), value});
    }
    pipeline_->push(entry.line, entry.time.value_or(worker.now()), *labels, reading_->origin.get(),
                    metadata_);
    if (pauses && worker.wants_pause(*pipeline_)) return false;
  }
  return true;
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
  if (!labels_.empty() || spec_.keeps_without_labels) return &labels_;
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
