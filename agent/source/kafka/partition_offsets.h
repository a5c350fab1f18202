// Which messages of a partition are settled: what is committed is the end of the longest run of settled
// messages from the first one on, so that nothing is committed that may still be lost.
//
// Threads: none of its own. Errors: none.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/source/received/settled_run.h"

namespace lokitail::agent {

class PartitionOffsets {
 public:
  // Names messages that were handed on together.
  using Ticket = SettledRun<std::int64_t>::Ticket;

  // Messages were handed on, behind all those before: from the offset `first` on, up to `next`, which is not
  // one of them.
  Ticket add(std::int64_t first, std::int64_t next);
  // They are settled. REQUIRES: the ticket of an add(), once.
  void settle(Ticket ticket);

  bool in_flight() const { return !handed_on_.all_settled(); }
  // What is to be committed, where that is something new.
  std::optional<std::int64_t> uncommitted() const;
  // The group's coordinator knows this offset.
  void committed(std::int64_t offset) { committed_ = begin_ = offset; }
  // How many messages were handed on since the one that is committed; some more where offsets are left out.
  std::int64_t behind() const { return position_ ? *position_ - begin_ : 0; }
  // The offset behind the last message that was handed on.
  std::optional<std::int64_t> position() const { return position_; }

 private:
  SettledRun<std::int64_t> handed_on_;  // by the offset behind them
  std::int64_t begin_ = 0;              // of what is not committed
  std::optional<std::int64_t> position_;
  std::optional<std::int64_t> settled_;
  std::optional<std::int64_t> committed_;
};

}  // namespace lokitail::agent
