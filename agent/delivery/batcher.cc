#include "agent/delivery/batcher.h"

#include <snappy.h>

#include <algorithm>

namespace lokitail::agent {

Batcher::Batcher(BatcherConfig config, pipeline::SymbolTable& symbols, Post post,
                 BatcherEvents& events)
    : config_(std::move(config)),
      symbols_(symbols),
      post_(std::move(post)),
      events_(events),
      tenant_label_(symbols.intern("__tenant_id__")) {
  for (const auto& [name, value] : config_.external_labels) {
    external_labels_.set(symbols.intern(name), value);
  }
  batches_.push_back(std::make_unique<TenantBatch>(config_.tenant, symbols_));
}

void Batcher::add(const pipeline::Entry& entry) {
  const auto [labels, open] = route(entry);

  std::string_view line = entry.line;
  if (config_.max_line_size != 0 && line.size() > config_.max_line_size) {
    const std::size_t over = line.size() - config_.max_line_size;
    if (!config_.max_line_size_truncate) {
      events_.entry_dropped(config_.client, open.tenant, "line_too_long", line.size());
      return;
    }
    events_.entry_mutated(config_.client, open.tenant, "line_too_long", over);
    line = line.substr(0, config_.max_line_size);
  }

  if (!open.batch.empty() && open.batch.bytes() + open.batch.size_of(line, entry) > config_.batch_size) {
    hand_over(open);
  }
  if (config_.max_streams != 0 && open.batch.streams() >= config_.max_streams &&
      !open.batch.contains(labels)) {
    events_.entry_dropped(config_.client, open.tenant, "stream_limited", line.size());
    return;
  }
  if (open.batch.empty()) open.since = Clock::now();
  open.batch.add(labels, line, entry);
  if (entry.origin != nullptr && (open.origins.empty() || open.origins.back() != entry.origin)) {
    entry.origin->retain();
    open.origins.push_back(entry.origin);
  }
}

// The labels that name the stream, and the batch of the tenant they name.
std::pair<const pipeline::Labels&, Batcher::TenantBatch&> Batcher::route(
    const pipeline::Entry& entry) {
  const bool as_they_are =
      external_labels_.empty() && entry.labels.find(tenant_label_) == nullptr;
  if (as_they_are) return {entry.labels, *batches_.front()};

  combined_ = entry.labels;
  for (const pipeline::Label& label : external_labels_) {
    if (combined_.find(label.name) == nullptr) combined_.set(label.name, label.value);
  }
  const pipeline::Label* const tenant = combined_.find(tenant_label_);
  if (tenant == nullptr) return {combined_, *batches_.front()};
  TenantBatch& open = batch_of(tenant->value);
  combined_.erase(tenant_label_);
  return {combined_, open};
}

Batcher::TenantBatch& Batcher::batch_of(std::string_view tenant) {
  for (const auto& open : batches_) {
    if (open->tenant == tenant) return *open;
  }
  return *batches_.emplace_back(std::make_unique<TenantBatch>(std::string(tenant), symbols_));
}

void Batcher::flush_due(Clock::time_point now) {
  for (const auto& open : batches_) {
    if (!open->batch.empty() && now - open->since >= config_.batch_wait) hand_over(*open);
  }
  // Tenants come and go; an empty batch of another than the client's own is not worth keeping.
  std::erase_if(batches_, [this](const auto& open) {
    return open->batch.empty() && open != batches_.front();
  });
}

void Batcher::flush_all() {
  for (const auto& open : batches_) {
    if (!open->batch.empty()) hand_over(*open);
  }
}

bool Batcher::empty() const {
  return std::ranges::all_of(batches_, [](const auto& open) { return open->batch.empty(); });
}

void Batcher::hand_over(TenantBatch& open) {
  auto receipt = std::make_shared<Receipt>(
      0, [post = post_, origins = std::move(open.origins)]() mutable {
        post([origins = std::move(origins)] {
          for (pipeline::Origin* const origin : origins) origin->release();
        });
      });
  open.origins.clear();
  std::vector<std::unique_ptr<Push>> pushes;
  Batch::Request request;
  while (open.batch.next_request(request_, request)) {
    pushes.push_back(compress(open, request));
    pushes.back()->receipt = receipt;
    receipt->add_part();
  }
  open.batch.clear();
  for (auto& push : pushes) events_.push_ready(config_.client, std::move(push));
}

std::unique_ptr<Push> Batcher::compress(const TenantBatch& open, const Batch::Request& request) {
  auto push = std::make_unique<Push>();
  push->tenant = open.tenant;
  push->entries = request.entries;
  push->raw_bytes = request.body.size();
  compressed_.clear();
  char* const out = compressed_.grow(snappy::MaxCompressedLength(request.body.size()));
  std::size_t size = 0;
  snappy::RawCompress(request.body.data(), request.body.size(), out, &size);
  push->body.assign(out, size);
  return push;
}

}  // namespace lokitail::agent
