// One live tail: what somebody wants to see of the entries of all workers, and what of them has not been
// written yet.
//
// Threads: the watchers belong to their workers; take() is for the control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "agent/entry_watcher.h"
#include "pipeline/token_bucket.h"

namespace lokitail::agent {

struct TailWish {
  EntryWatcher::Point point = EntryWatcher::Point::kAfter;
  std::string job;       // empty: all
  std::string selector;  // LogQL's, as the stage `match` has it; empty: all
  double rate = 100;     // entries a second
};

class LiveTail {
 public:
  // More than this is not kept for a reader that is slow.
  static constexpr std::size_t kMostBytes = 512 << 10;

  // Throws std::invalid_argument for a selector that is none.
  explicit LiveTail(TailWish wish);
  ~LiveTail();

  // One for each worker. Lives no longer than the tail.
  static std::shared_ptr<EntryWatcher> make_watcher(const std::shared_ptr<LiveTail>& tail);

  struct Taken {
    std::string events;         // server-sent ones
    std::uint64_t skipped = 0;  // entries that were too many, since the last time
  };
  Taken take();

 private:
  class Watcher;
  bool may_add();
  void add(std::string_view json);

  const TailWish wish_;
  const pipeline::LineRate rate_;
  std::mutex mutex_;
  // Guarded by it.
  pipeline::TokenBucket bucket_;
  std::string events_;
  std::uint64_t skipped_ = 0;
};

}  // namespace lokitail::agent
