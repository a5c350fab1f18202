// How far a journal is settled. Blocks are read in order and settle in any order; the position is the
// cursor of the last block before which, and with which, everything is settled.
//
// Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "agent/source/received/settled_run.h"

namespace lokitail::agent {

class JournalProgress {
 public:
  using Block = SettledRun<std::string>::Ticket;

  // A block was read that ends with the entry of this cursor. Empty: it has none of its own, and a later
  // block's stands for it.
  Block add(std::string cursor) { return blocks_.add(std::move(cursor)); }

  // The block is settled. The cursor to be saved, if that moves it. REQUIRES: once for each block.
  std::optional<std::string> settle(Block block) {
    std::optional<std::string> moved;
    blocks_.settle(block, [&moved](std::string cursor) {
      if (!cursor.empty()) moved = std::move(cursor);
    });
    return moved;
  }

  bool all_settled() const { return blocks_.all_settled(); }

 private:
  SettledRun<std::string> blocks_;
};

}  // namespace lokitail::agent
