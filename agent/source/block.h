// Which parts of a source are settled. A block is what one read returned: [begin, end). Blocks are
// opened in order and settle in any order; the source's settled position is the end of the longest
// run of settled blocks.
//
// A line that a stage keeps back, perhaps for long, does not hold up the lines before it: when
// nothing but such lines of a block is left, the position moves up to the first of them.
//
// Threads: worker's thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <utility>
#include <vector>

#include "pipeline/origin.h"

namespace lokitail::agent {

class BlockLedger {
 public:
  // Whose ledger it is.
  class Owner {
   public:
    // Told each new settled position. Called from release() of an origin.
    virtual void settled(std::uint64_t position) = 0;
    // The answer for Origin::goes_on().
    virtual bool goes_on() const { return false; }

   protected:
    ~Owner() = default;
  };

  // The owner may be null: then nobody is told, and nothing goes on.
  BlockLedger(const void* source, std::uint64_t position, Owner* owner)
      : source_(source), settled_(position), owner_(owner) {}
  BlockLedger(const BlockLedger&) = delete;
  BlockLedger& operator=(const BlockLedger&) = delete;

  // The block that ends at `end`; it begins where the one before ended. Whoever opens it retains it
  // while its lines are pushed, and releases it then. Valid until it is settled.
  pipeline::Origin* open(std::uint64_t end) {
    blocks_.emplace_back(*this, end);
    return &blocks_.back();
  }
  // Its lines are gone once they were read. Before the first block is opened.
  void cannot_be_read_again() { can_be_read_again_ = false; }
  // The line at this position is pushed next. A source that never says so has lines held by the
  // block.
  void begin_line(std::uint64_t position) { line_ = position; }

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

    Hold hold() override {
      held_lines_.push_back(ledger_.line_);
      return ledger_.line_;
    }
    void let_go(Hold line) override {
      held_lines_.erase(std::ranges::find(held_lines_, line));
      if (is_released_) ledger_.advance();  // may destroy this block
    }
    bool goes_on() const override { return ledger_.owner_ != nullptr && ledger_.owner_->goes_on(); }
    bool can_be_read_again() const override { return ledger_.can_be_read_again_; }

    bool is_settled() const { return is_released_ && held_lines_.empty(); }
    // Up to where it is settled; nothing is known before its lines were pushed. REQUIRES: not
    // settled.
    std::uint64_t settled_up_to() const { return is_released_ ? *std::ranges::min_element(held_lines_) : 0; }
    std::uint64_t end() const { return end_; }
    void shorten(std::uint64_t end) { end_ = end; }

   private:
    std::size_t holds() const override { return held_lines_.size(); }
    void settled() override {
      is_released_ = true;
      ledger_.advance();  // may destroy this block
    }
    BlockLedger& ledger_;
    std::uint64_t end_;
    bool is_released_ = false;               // but for holds
    std::vector<std::uint64_t> held_lines_;  // their positions, few
  };

  void advance() {
    const std::uint64_t before = settled_;
    while (!blocks_.empty() && blocks_.front().is_settled()) {
      settled_ = blocks_.front().end();
      blocks_.pop_front();
    }
    if (!blocks_.empty()) settled_ = std::max(settled_, blocks_.front().settled_up_to());
    if (settled_ != before && owner_ != nullptr) owner_->settled(settled_);
  }

  const void* source_;
  std::uint64_t settled_;
  std::uint64_t line_ = 0;
  bool can_be_read_again_ = true;
  std::list<Block> blocks_;  // which costs an idle source nothing
  Owner* const owner_;
};

}  // namespace lokitail::agent
