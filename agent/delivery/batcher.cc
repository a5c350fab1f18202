#include "agent/delivery/batcher.h"

#include <snappy.h>

#include <algorithm>
#include <stdexcept>

#include "agent/http/headers.h"

namespace lokitail::agent {

pipeline::lang::Selector client_selector(const std::string& match, const config::Place& place,
                                         pipeline::SymbolTable& symbols) {
  try {
    return pipeline::lang::Selector(match, symbols);
  } catch (const std::invalid_argument& problem) {
    throw config::Error(place, std::string("the client's match: ") + problem.what());
  }
}

Batcher::Batcher(BatcherConfig config, pipeline::SymbolTable& symbols, Post post, BatcherEvents& events)
    : config_(std::move(config)),
      symbols_(symbols),
      post_(std::move(post)),
      events_(events),
      tenant_label_(symbols.intern("__tenant_id__")) {
  for (const auto& [name, value] : config_.external_labels) {
    external_labels_.set(symbols.intern(name), value);
  }
  batches_.push_back(std::make_unique<TenantBatch>(config_.tenant, symbols_));
  if (!config_.relabel_configs.empty()) relabeler_.emplace(config_.relabel_configs, symbols_);
  if (!config_.match.empty()) match_ = client_selector(config_.match, config_.match_place, symbols_);
}

void Batcher::add(const pipeline::Entry& entry) {
  ++taken_;
  const pipeline::Labels* const wanted = labels_for_client(entry);
  if (wanted == nullptr) {
    ++unmatched_;
    return;
  }
  if (!has_tenant_to_send(*wanted, entry.line)) return;
  const auto [labels, open] = route(*wanted);
  const auto fits = fitted(entry.line, open);
  if (!fits) return;
  const std::string_view line = *fits;

  std::size_t most = config_.batch_size;
  if (config_.shape != nullptr) most = std::min(most, config_.shape->most_bytes());
  if (!open.batch.empty() && open.batch.bytes() + open.batch.size_of(line, entry) > most) {
    hand_over(open);
  }
  if (config_.max_streams != 0 && open.batch.streams() >= config_.max_streams &&
      !open.batch.contains(labels)) {
    events_.entry_dropped(config_.client, open.tenant, "stream_limited", line.size());
    return;
  }
  if (open.batch.empty()) {
    open.since = Clock::now();
    if (config_.tracer) [[unlikely]]
      open_trace(open, entry);
  }
  open.batch.add(labels, line, entry);
  if (entry.origin != nullptr && (open.origins.empty() || open.origins.back() != entry.origin)) {
    entry.origin->retain();
    open.origins.push_back(entry.origin);
    open.can_be_read_again &= entry.origin->can_be_read_again();
    open.is_awaited |= entry.origin->is_awaited();
    open.must_be_stored |= !entry.origin->can_be_read_again() && !entry.origin->is_awaited();
  }
}

// An entry that a stage has kept, or that is of another block, says nothing of the worker's.
void Batcher::open_trace(TenantBatch& open, const pipeline::Entry& entry) const {
  const BlockTimes* block = config_.block_times;
  if (block != nullptr && (entry.origin == nullptr || entry.origin != block->origin)) block = nullptr;
  open.trace = PushTrace::begin(config_.tracer, block);
  if (open.trace) open.trace->describe(config_.name, open.tenant);
}

// The line within the limit on its length; nothing where it is dropped.
std::optional<std::string_view> Batcher::fitted(std::string_view line, const TenantBatch& open) {
  std::size_t most = config_.max_line_size != 0 ? config_.max_line_size : PushShape::kNoLimit;
  // Who wants lines cut, but does not say where, gets them cut where Loki would refuse them.
  if (config_.max_line_size == 0 && config_.max_line_size_truncate && config_.shape != nullptr) {
    most = config_.shape->longest_line();
  }
  if (line.size() <= most) return line;
  if (!config_.max_line_size_truncate) {
    events_.entry_dropped(config_.client, open.tenant, "line_too_long", line.size());
    return std::nullopt;
  }
  events_.entry_mutated(config_.client, open.tenant, "line_too_long", line.size() - most);
  return line.substr(0, most);
}

// nullptr where the client does not want the entry.
const pipeline::Labels* Batcher::labels_for_client(const pipeline::Entry& entry) {
  const pipeline::Labels* labels = &entry.labels;
  if (!external_labels_.empty()) {
    combined_ = entry.labels;
    for (const pipeline::Label& label : external_labels_) {
      if (combined_.find(label.name) == nullptr) combined_.set(label.name, label.value);
    }
    labels = &combined_;
  }
  if (match_ && !match_->matches(*labels, entry.line)) return nullptr;
  return relabeler_ ? relabeler_->apply(*labels) : labels;
}

// No request can name a tenant with a line break in it, and what lines say is not to write headers.
bool Batcher::has_tenant_to_send(const pipeline::Labels& labels, std::string_view line) {
  const pipeline::Label* const tenant = labels.find(tenant_label_);
  if (tenant == nullptr || http::is_header_value(tenant->value)) return true;
  events_.entry_dropped(config_.client, config_.tenant, "invalid_tenant", line.size());
  return false;
}

// The labels that name the stream, and the batch of the tenant they name.
std::pair<const pipeline::Labels&, Batcher::TenantBatch&> Batcher::route(const pipeline::Labels& labels) {
  const pipeline::Label* const tenant = labels.find(tenant_label_);
  if (tenant == nullptr) return {labels, *batches_.front()};
  TenantBatch& open = batch_of(tenant->value);
  without_tenant_ = labels;
  without_tenant_.erase(tenant_label_);
  return {without_tenant_, open};
}

Batcher::TenantBatch& Batcher::batch_of(std::string_view tenant) {
  for (const auto& open : batches_) {
    if (open->tenant == tenant) return *open;
  }
  return *batches_.emplace_back(std::make_unique<TenantBatch>(std::string(tenant), symbols_));
}

void Batcher::flush_due(Clock::time_point now) {
  report_taken();
  for (const auto& open : batches_) {
    const std::chrono::nanoseconds wait =
        open->is_awaited ? std::min<std::chrono::nanoseconds>(config_.batch_wait, kAwaitedWait)
                         : config_.batch_wait;
    if (!open->batch.empty() && now - open->since >= wait) hand_over(*open);
  }
  // Tenants come and go; an empty batch of another than the client's own is not worth keeping.
  std::erase_if(batches_,
                [this](const auto& open) { return open->batch.empty() && open != batches_.front(); });
}

void Batcher::flush_all() {
  report_taken();
  for (const auto& open : batches_) {
    if (!open->batch.empty()) hand_over(*open);
  }
}

void Batcher::report_taken() {
  if (taken_ == 0) return;
  events_.entries_taken(config_.client, std::exchange(taken_, 0), std::exchange(unmatched_, 0));
}

bool Batcher::empty() const {
  return taken_ == 0 && std::ranges::all_of(batches_, [](const auto& open) { return open->batch.empty(); });
}

void Batcher::release_memory() {
  request_.release();
  compressed_.release();
  for (const auto& open : batches_) open->batch.release_memory();
}

void Batcher::hand_over(TenantBatch& open) {
  auto receipt = std::make_shared<Receipt>(
      0, [post = post_, origins = std::move(open.origins), trace = open.trace]() mutable {
        if (trace) trace->settling();
        post([origins = std::move(origins), trace = std::move(trace)] {
          for (pipeline::Origin* const origin : origins) origin->release();
          if (trace) trace->settled();
        });
      });
  open.origins.clear();
  std::vector<std::unique_ptr<Push>> pushes;
  Batch::Request request;
  const std::size_t parts = config_.shape != nullptr ? config_.shape->parts() : 1;
  while (open.batch.next_request(request_, request, parts)) {
    pushes.push_back(compress(open, request));
    pushes.back()->receipt = receipt;
    pushes.back()->trace = open.trace;
    receipt->add_part();
  }
  if (open.trace) {
    std::size_t raw_bytes = 0;
    for (const auto& push : pushes) raw_bytes += push->raw_bytes;
    open.trace->handed_over(open.batch.entries(), open.batch.streams(), raw_bytes);
    open.trace.reset();
  }
  open.batch.clear();
  open.can_be_read_again = true;
  open.is_awaited = false;
  open.must_be_stored = false;
  report_taken();
  for (auto& push : pushes) events_.push_ready(config_.client, std::move(push));
}

std::unique_ptr<Push> Batcher::compress(const TenantBatch& open, const Batch::Request& request) {
  auto push = std::make_unique<Push>();
  push->tenant = open.tenant;
  push->entries = request.entries;
  push->can_be_read_again = open.can_be_read_again;
  push->is_awaited = !open.can_be_read_again && !open.must_be_stored;
  push->raw_bytes = request.body.size();
  push->streams = StreamIds(request.streams);
  compressed_.clear();
  char* const out = compressed_.grow(snappy::MaxCompressedLength(request.body.size()));
  std::size_t size = 0;
  snappy::RawCompress(request.body.data(), request.body.size(), out, &size);
  push->body.assign(out, size);
  return push;
}

}  // namespace lokitail::agent
