// Gathers the entries of one worker for one client into batches, a batch for each tenant, and hands
// full or old enough ones over as pushes.
//
// Threads: belongs to one worker. Ownership: everything given to the constructor outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/delivery/batch.h"
#include "agent/delivery/push.h"
#include "agent/delivery/push_shape.h"
#include "agent/discovery/entry_relabeler.h"
#include "config/config.h"
#include "pipeline/entry.h"
#include "pipeline/lang/selector.h"

namespace lokitail::agent {

struct BatcherConfig {
  std::size_t client = 0;  // index of the client in the configuration
  std::chrono::nanoseconds batch_wait{std::chrono::seconds(1)};
  std::size_t batch_size = 1048576;  // bytes, as Batch::bytes() counts them
  std::map<std::string, std::string> external_labels;
  std::string tenant;             // where an entry names none
  std::size_t max_line_size = 0;  // bytes; 0 for no limit
  bool max_line_size_truncate = false;
  std::size_t max_streams = 0;  // in one batch; 0 for no limit
  std::string match{};          // a selector of the entries to take; empty: all
  config::Place match_place{};
  std::vector<config::RelabelConfig> relabel_configs{};
  const PushShape* shape = nullptr;         // what was learned of how pushes should be; may be null
  std::string name{};                       // of the client
  std::shared_ptr<Tracer> tracer{};         // null: there are no traces
  const BlockTimes* block_times = nullptr;  // of the worker, where it traces
};

// What a batcher reports. Called on the worker's thread; implementations are safe for several
// workers.
class BatcherEvents {
 public:
  virtual ~BatcherEvents() = default;
  // A push is ready. It is in the budget from now on.
  virtual void push_ready(std::size_t client, std::unique_ptr<Push> push) = 0;
  // `reason` as in promtail_dropped_entries_total and promtail_mutated_entries_total.
  virtual void entry_dropped(std::size_t client, const std::string& tenant, const char* reason,
                             std::size_t bytes) = 0;
  virtual void entry_mutated(std::size_t client, const std::string& tenant, const char* reason,
                             std::size_t bytes) = 0;
  // So many entries were offered to the client, of which its selector or its relabelling has no use for
  // some.
  virtual void entries_taken(std::size_t client, std::size_t entries, std::size_t unmatched) = 0;
};

// The selector of a client (`match`). Throws config::Error where it is none.
pipeline::lang::Selector client_selector(const std::string& match, const config::Place& place,
                                         pipeline::SymbolTable& symbols);

class Batcher {
 public:
  using Clock = std::chrono::steady_clock;
  // How long a batch lies that someone waits for: others that come at the same time travel along.
  static constexpr std::chrono::milliseconds kAwaitedWait{50};
  // Runs a call on the worker's thread; any thread may call it.
  using Post = std::function<void(std::function<void()>)>;

  // Throws config::Error for a selector or a regular expression that is none.
  Batcher(BatcherConfig config, pipeline::SymbolTable& symbols, Post post, BatcherEvents& events);

  // The entry's origin stays retained until the push that carries the entry is settled.
  void add(const pipeline::Entry& entry);
  // Hands over the batches that are older than batch_wait, and those that someone waits for after a shorter
  // time, so that a sender that waits for its answer can go on.
  void flush_due(Clock::time_point now);
  void flush_all();
  // Whether there is something to hand over.
  bool empty() const;
  // Lets go of the memory that is kept for later batches. REQUIRES: empty.
  void release_memory();

 private:
  struct TenantBatch {
    TenantBatch(std::string name, const pipeline::SymbolTable& symbols)
        : tenant(std::move(name)), batch(symbols) {}
    std::string tenant;
    Batch batch;
    Clock::time_point since;
    bool can_be_read_again = true;
    bool is_awaited = false;
    bool must_be_stored = false;             // who sent it neither waits nor has it still
    std::vector<pipeline::Origin*> origins;  // retained, each at least once
    std::shared_ptr<PushTrace> trace;        // of the entries that are in it
  };

  const pipeline::Labels* labels_for_client(const pipeline::Entry& entry);
  bool has_tenant_to_send(const pipeline::Labels& labels, std::string_view line);
  std::pair<const pipeline::Labels&, TenantBatch&> route(const pipeline::Labels& labels);
  std::optional<std::string_view> fitted(std::string_view line, const TenantBatch& open);
  void report_taken();
  TenantBatch& batch_of(std::string_view tenant);
  void open_trace(TenantBatch& open, const pipeline::Entry& entry) const;
  void hand_over(TenantBatch& open);
  std::unique_ptr<Push> compress(const TenantBatch& open, const Batch::Request& request);

  const BatcherConfig config_;
  pipeline::SymbolTable& symbols_;
  const Post post_;
  BatcherEvents& events_;
  const pipeline::Symbol tenant_label_;
  pipeline::Labels external_labels_;  // views into config_
  pipeline::Labels combined_;         // of the present entry
  pipeline::Labels without_tenant_;   // of the present entry
  std::optional<pipeline::lang::Selector> match_;
  std::optional<EntryRelabeler> relabeler_;
  std::size_t taken_ = 0;                              // not reported yet
  std::size_t unmatched_ = 0;                          // of them
  std::vector<std::unique_ptr<TenantBatch>> batches_;  // the client's own tenant first
  ByteBuffer request_;
  ByteBuffer compressed_;
};

}  // namespace lokitail::agent
