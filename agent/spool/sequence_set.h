// Numbers that are done, in any order: those below the mark are all done.
//
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

namespace lokitail::agent {

class SequenceSet {
 public:
  // The first that is not done.
  std::uint64_t mark() const { return mark_; }
  void set_mark(std::uint64_t mark) {
    mark_ = mark;
    beyond_.clear();
  }

  bool contains(std::uint64_t number) const {
    if (number < mark_) return true;
    const auto behind = beyond_.upper_bound(number);
    return behind != beyond_.begin() && number < std::prev(behind)->second;
  }

  // Those of [begin, end).
  void add(std::uint64_t begin, std::uint64_t end) {
    if (end <= begin) return;
    auto at = beyond_.upper_bound(begin);
    if (at != beyond_.begin() && std::prev(at)->second >= begin) begin = (--at)->first;
    while (at != beyond_.end() && at->first <= end) {
      end = std::max(end, at->second);
      at = beyond_.erase(at);
    }
    if (begin <= mark_) {
      mark_ = std::max(mark_, end);
    } else {
      beyond_.emplace(begin, end);
    }
  }

 private:
  std::uint64_t mark_ = 0;
  std::map<std::uint64_t, std::uint64_t> beyond_;  // runs [first, second) behind the mark, apart
};

}  // namespace lokitail::agent
