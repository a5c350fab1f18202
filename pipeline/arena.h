// Memory for text that a stage makes out of a line (an unescaped value, a number as text). It is
// taken by moving a pointer and given back all at once when the entry leaves the pipeline.
//
// Threads: belongs to one pipeline; no locks.
// Ownership: views into the arena are valid until reset().
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace lokitail::pipeline {

// Every line and every text in an arena is followed by this many bytes that may be read (their
// content is anything), because simdjson and wide compares read beyond the end.
inline constexpr std::size_t kTextPadding = 64;

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `size` bytes, unaligned, with kTextPadding readable bytes behind them.
  char* allocate(std::size_t size) {
    const std::size_t need = size + kTextPadding;
    if (current_ == blocks_.size() || blocks_[current_].size - used_ < need) next_block(need);
    char* const start = blocks_[current_].bytes.get() + used_;
    used_ += size;
    return start;
  }

  // Gives back the unused end of what the latest allocate() handed out.
  void shrink_last(std::size_t allocated, std::size_t used) { used_ -= allocated - used; }

  std::string_view copy(std::string_view text) {
    char* const start = allocate(text.size());
    if (!text.empty()) std::memcpy(start, text.data(), text.size());
    return {start, text.size()};
  }

  // Forgets everything. Memory is kept for the next entry up to a bound, so that one enormous line
  // does not stay paid for.
  void reset() {
    current_ = 0;
    used_ = 0;
    // The latest block is the largest: with it alone, the next entry of this size needs no other.
    if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), blocks_.end() - 1);
    if (!blocks_.empty() && blocks_[0].size > kKeptBytes) blocks_.clear();
  }

 private:
  static constexpr std::size_t kFirstBlockBytes = std::size_t{16} * 1024;
  static constexpr std::size_t kKeptBytes = std::size_t{1024} * 1024;

  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  void next_block(std::size_t need) {
    if (current_ < blocks_.size()) ++current_;
    std::size_t size = blocks_.empty() ? kFirstBlockBytes : 2 * blocks_.back().size;
    if (size < need) size = need;
    blocks_.resize(current_);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
  }

  std::vector<Block> blocks_;
  std::size_t current_ = 0;  // the block that allocations come from
  std::size_t used_ = 0;     // bytes taken of it
};

}  // namespace lokitail::pipeline
