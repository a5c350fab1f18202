// Joins what Docker cuts: a line that a container writes is logged in pieces of 16 KiB, which bear the same
// time and all but the last of which lack their newline. In the journal each piece has the time at which it came there.
//
// Threads: belongs to one. Errors: none; whatever comes is a line in the end.
// Source:  moby's daemon/logger/copier.go: a piece that is shorter than its buffer and has no newline is the
//          end of what the container wrote.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/arena.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent {

class LineJoiner {
 public:
  static constexpr std::size_t kPieceBytes = 16 * 1024;
  // A line is joined no further beyond this: what there is goes on as an entry of its own.
  static constexpr std::size_t kLongestLine = std::size_t{1} << 20;

  // Whether more of the same line is to come behind this piece.
  static bool goes_on(std::string_view piece) { return piece.size() >= kPieceBytes && piece.back() != '\n'; }

  // How much later than the piece before it one of the same line may be. 0 at first.
  void set_longest_gap(std::chrono::nanoseconds gap) { longest_gap_ = gap.count(); }

  // Without its newline, and the carriage return of a terminal.
  static std::string_view trimmed(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    return line;
  }

  // Calls emit(time, line) for each line that is whole with this piece: none, one or, where the line before
  // was not ended, two. What is emitted is followed by kTextPadding readable bytes where `piece` is, and
  // is valid during the call.
  template <typename Emit>
  void add(pipeline::Timestamp time, std::string_view piece, Emit emit) {
    if (ends_before(time)) flush(emit);
    if (!holds() && !goes_on(piece)) return emit(time, trimmed(piece));
    time_ = time;
    held_ += piece;
    if (!goes_on(piece) || held_.size() > kLongestLine) flush(emit);
  }

  // Nothing more comes.
  template <typename Emit>
  void flush(Emit emit) {
    if (!holds()) return;
    held_.reserve(held_.size() + pipeline::kTextPadding);
    emit(time_, trimmed(held_));
    forget();
  }

  // Whether a piece of this time is of another line than what is held.
  bool ends_before(pipeline::Timestamp time) const {
    if (!holds() || time == time_) return false;
    const std::int64_t gap = time.to_unix_nanoseconds() - time_.to_unix_nanoseconds();
    return gap < 0 || gap > longest_gap_;
  }

  bool holds() const { return !held_.empty(); }
  // What is held will come again.
  void forget() {
    held_.clear();
    if (held_.capacity() > 4 * kPieceBytes) held_.shrink_to_fit();
  }

 private:
  std::string held_;              // never empty where a line has begun: its pieces are large
  pipeline::Timestamp time_;      // of the latest piece
  std::int64_t longest_gap_ = 0;  // nanoseconds
};

}  // namespace lokitail::agent
