// The lines that have begun and not ended yet, of which docker and cri hold back what there is.
//
// The end of a line is not waited for forever, but for as long as its log may still bring it: while
// Loki is down the log is not read on, and while it is rotated its next file is not there.
//
// Threads: belongs to one stage; no locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "pipeline/held_entry.h"

namespace lokitail::pipeline {

class PartialLines {
 public:
  // A log (Origin::source()), and the hash of what tells its streams apart.
  using Key = std::pair<const void*, std::uint64_t>;
  // For all lines together, beyond which nothing is to be added.
  static constexpr std::size_t kMostBytes = 16 << 20;

  bool empty() const { return lines_.empty(); }
  std::size_t size() const { return lines_.size(); }
  bool has_room_for(std::size_t bytes) const { return bytes_ + bytes + kEntryBytes <= kMostBytes; }

  // What is held of a line; nullptr where none has begun. Valid until it is taken.
  HeldEntry* find(Key key);
  // REQUIRES: none is held under this key.
  void begin(Key key, HeldEntry entry);
  // Something was added to the line: counts it, and waits from now on. REQUIRES: it is held.
  void has_grown(Key key);

  // These give away what they return. REQUIRES: it is held.
  HeldEntry take(Key key);
  std::vector<HeldEntry> take_all();
  // Those to which nothing was added for `wait` nanoseconds, all of which their log had nothing more to bring.
  std::vector<HeldEntry> take_overdue(Timestamp now, std::int64_t wait);
  // Those that no source keeps for us.
  std::vector<HeldEntry> take_without_origin();

 private:
  // About what an entry costs beside its line.
  static constexpr std::size_t kEntryBytes = 1 << 10;

  struct Line {
    HeldEntry entry;
    std::size_t bytes;
    std::optional<Timestamp> since{};  // the latest tick at which more was to come
  };
  using Lines = std::map<Key, Line>;

  template <typename Predicate>
  std::vector<HeldEntry> take_if(Predicate wanted);
  HeldEntry take(Lines::iterator line);

  Lines lines_;
  std::size_t bytes_ = 0;
};

}  // namespace lokitail::pipeline
