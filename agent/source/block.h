// Which parts of a source are settled. A block is what one read returned: [begin, end). Blocks are
// opened in order and settle in any order; the source's settled position is the end of the longest
// run of settled blocks.
//
// Threads: worker's thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "pipeline/origin.h"

namespace lokitail::agent {

class BlockLedger {
 public:
  // `on_settled` is told each new settled position. It is called from release() of an origin.
  BlockLedger(const void* source, std::uint64_t position, std::function<void(std::uint64_t)> on_settled)
      : source_(source), settled_(position), on_settled_(std::move(on_settled)) {}
  BlockLedger(const BlockLedger&) = delete;
  BlockLedger& operator=(const BlockLedger&) = delete;

  // The block that ends at `end`; it begins where the one before ended. Whoever opens it retains it
  // while its lines are pushed, and releases it then. Valid until it is settled.
  pipeline::Origin* open(std::uint64_t end) {
    blocks_.emplace_back(*this, end);
    return &blocks_.back();
  }

  // The block that was opened last ends earlier: the rest is read again. REQUIRES: its opener still
  // holds it.
  void shorten_last(std::uint64_t end) { blocks_.back().shorten(end); }

  std::uint64_t settled() const { return settled_; }
  bool all_settled() const { return blocks_.empty(); }

 private:
  class Block final : public pipeline::Origin {
   public:
    Block(BlockLedger& ledger, std::uint64_t end) : Origin(ledger.source_), ledger_(ledger), end_(end) {}
    ~Block() override = default;
    std::uint64_t end() const { return end_; }
    void shorten(std::uint64_t end) { end_ = end; }
    bool is_settled() const { return is_settled_; }

   private:
    void settled() override {
      is_settled_ = true;
      ledger_.advance();  // may destroy this block
    }
    BlockLedger& ledger_;
    std::uint64_t end_;
    bool is_settled_ = false;
  };

  void advance() {
    const std::uint64_t before = settled_;
    while (!blocks_.empty() && blocks_.front().is_settled()) {
      settled_ = blocks_.front().end();
      blocks_.pop_front();
    }
    if (settled_ != before && on_settled_) on_settled_(settled_);
  }

  const void* source_;
  std::uint64_t settled_;
  std::deque<Block> blocks_;  // a deque keeps the blocks where they are
  std::function<void(std::uint64_t)> on_settled_;
};

}  // namespace lokitail::agent
