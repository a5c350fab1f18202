// How far something is settled that was handed on in order and settles in any order: up to the end of the longest
// run of settled parts from the first one on. Each part bears a mark (a cursor, an offset) of where it ends.
//
// Threads: one at a time. Errors: none.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

namespace lokitail::agent {

template <typename Mark>
class SettledRun {
 public:
  // Names a part.
  using Ticket = std::uint64_t;

  // A part was handed on, behind all those before.
  Ticket add(Mark mark) {
    parts_.push_back({std::move(mark), false});
    return first_ + parts_.size() - 1;
  }

  // The part is settled. Calls passed(mark) for each part, in order, that is settled now with all before it.
  // REQUIRES: once for each part.
  template <typename Passed>
  void settle(Ticket ticket, Passed passed) {
    parts_[ticket - first_].settled = true;
    for (; !parts_.empty() && parts_.front().settled; parts_.pop_front(), ++first_) {
      passed(std::move(parts_.front().mark));
    }
  }

  bool all_settled() const { return parts_.empty(); }

 private:
  struct Part {
    Mark mark;
    bool settled;
  };
  std::deque<Part> parts_;  // the first of them is not settled
  Ticket first_ = 0;        // of parts_
};

}  // namespace lokitail::agent
