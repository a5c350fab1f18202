// A queue of records on disk, for one destination: appended at its end, read from its front,
// acknowledged in any order. What is acknowledged is gone with the next save().
//
// The records lie in segments of a few MiB, named by the sequence of their first record, 16
// hexadecimal digits and ".seg". Beside them is a file "cursor" with the sequence up to which all is
// acknowledged; without it, or where it is damaged, everything is read again: to send twice is safe,
// to lose is not.
//
// Threads: one at a time.
// Errors:  a message for people; empty where all went well. What is damaged is skipped and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/spool/record.h"
#include "agent/spool/sequence_set.h"
#include "agent/spool/spool_files.h"

namespace lokitail::agent {

struct SpoolLimits {
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  std::int64_t max_age = 0;  // seconds; 0: any
  bool drop_oldest = false;  // to make room; otherwise nothing is taken beyond max_bytes
  std::uint64_t segment_bytes = std::uint64_t{4} << 20;
};

// Shared by all spools that have to do with one limit.
struct SpoolUse {
  std::uint64_t bytes = 0;
};

struct SpoolStats {
  std::uint64_t corrupt_records = 0;  // at least
  std::uint64_t corrupt_bytes = 0;
  std::uint64_t too_old_entries = 0;  // dropped
  std::uint64_t dropped_entries = 0;  // to make room
};

class Spool {
 public:
  using Sequence = std::uint64_t;
  enum class Append { kStored, kFull, kFailed };

  // `files` and `use` outlive it. `now` gives seconds since 1970.
  Spool(SpoolFiles& files, std::string folder, SpoolLimits limits, SpoolUse& use,
        std::function<std::int64_t()> now);
  ~Spool();

  // Finds what is there from before. After a problem it may be tried again.
  [[nodiscard]] std::string open();

  // The record is there, but survives a power cut only after the next sync(). `problem` says why it
  // failed, which leaves the spool as it was.
  Append append(const SpoolRecord& record, Sequence& sequence, std::string& problem);
  // After an error none of the records since the last one is there, and they may be appended again.
  [[nodiscard]] std::string sync();

  // How often next() may fail at one place before what is there counts as damaged.
  static constexpr unsigned kMostFailedReads = 120;

  // Reads on from where the last call ended. Nothing at the end, or with a problem: the disk does not give
  // what is there, and may do so another time.
  std::optional<std::pair<Sequence, SpoolRecord>> next(std::string& problem);
  void acknowledge(Sequence sequence) { done_.add(sequence, sequence + 1); }
  // Makes the acknowledgements durable and removes segments that nobody needs any more.
  [[nodiscard]] std::string save();

  // Whether next() has all been through.
  bool at_end() const;
  // Bytes on disk.
  std::uint64_t bytes() const;
  const SpoolStats& stats() const { return stats_; }

 private:
  struct Segment {
    Sequence first = 0;
    std::string path;
    std::uint64_t size = 0;             // what is in it
    std::unique_ptr<SpoolFile> file{};  // while it is read or written
  };

  std::string path_of(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string load_cursor(Sequence& cursor);
  std::string store_cursor();
  [[nodiscard]] std::string find_segments(std::vector<std::string> names);
  [[nodiscard]] std::string number_from_last_segment(Sequence cursor);
  std::string begin_segment();
  void finish_segment();
  void withdraw();
  bool make_room(std::uint64_t bytes);
  bool give_up_segment();
  void drop_first_segment();
  void remove_first_segment();
  void resize(Segment& segment, std::uint64_t size);

  using Found = std::optional<std::pair<Sequence, SpoolRecord>>;
  // The record at an offset, or the next one behind it; the offset is then behind the record, or at
  // `end`.
  Found read(Segment& segment, std::uint64_t& offset, std::uint64_t end, std::string& problem);
  Found read_record(Segment& segment, std::uint64_t& offset, std::uint64_t end, std::string& problem);
  std::uint64_t find_magic(const Segment& segment, std::uint64_t offset, std::uint64_t end,
                           std::string& problem) const;
  // How far a segment may be read.
  std::uint64_t readable(const Segment& segment) const;

  SpoolFiles& files_;
  const std::string folder_;
  const SpoolLimits limits_;
  SpoolUse& use_;
  const std::function<std::int64_t()> now_;

  std::deque<Segment> segments_;  // the oldest first
  Sequence next_sequence_ = 0;
  bool writing_ = false;           // into the last segment
  bool can_append_ = true;         // to it: otherwise a new one is needed, after the next sync()
  bool dirty_ = false;             // it has records that are not synced
  unsigned failed_reads_ = 0;      // one after the other
  std::uint64_t synced_size_ = 0;  // of it

  std::size_t reading_ = 0;   // which segment
  std::uint64_t offset_ = 0;  // in it
  Sequence expected_ = 0;     // the next record to be read, if none is missing
  SequenceSet done_;          // acknowledged, dropped or missing
  Sequence saved_ = 0;        // the cursor on disk
  SpoolStats stats_;
};

}  // namespace lokitail::agent
