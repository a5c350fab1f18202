// A copy of an entry that a stage keeps back (a partial line, a multi-line block), with further
// lines added to it.
//
// An entry has one origin, and only that one is kept unsettled by whoever takes the entry. A line
// put together from several blocks therefore leaves with an origin that stands for all of them:
// were the block with its beginning settled before its end is delivered, a crash between the two
// would lose the beginning.
//
// Threads: those of Origin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "pipeline/entry.h"

namespace lokitail::pipeline {

class HeldEntry {
 public:
  // Copies all of `entry` but its structured metadata, and keeps its origin unsettled. REQUIRES:
  // `entry` is being pushed.
  explicit HeldEntry(const Entry& entry) { assign(entry); }
  // Holds nothing yet.
  HeldEntry() = default;
  HeldEntry(HeldEntry&&) = default;
  HeldEntry& operator=(HeldEntry&&) = default;

  // As if made anew of `entry`, but in the memory that there is.
  void assign(const Entry& entry);

  // The line so far, to be added to.
  std::string& line() { return line_; }
  Timestamp timestamp() const { return timestamp_; }

  // A further line of this entry is being pushed: keeps its origin unsettled, too. nullptr is
  // allowed.
  void also_from(Origin* origin);
  // Puts the line of `earlier` in front, and takes over its origins.
  void continue_from(HeldEntry&& earlier);

  // Whether a source keeps the lines for us: they are read again should this object be lost.
  bool has_origin() const { return !origins_.empty(); }
  // Whether the source of the latest line may have more to come.
  bool goes_on() const { return has_origin() && origins_.back().origin().goes_on(); }

  // Makes `entry` what was held, with an origin that stands for all it came from. Its views point
  // into this object, which is kept until the entry has been pushed on.
  void restore(Entry& entry);
  // Gives up the origins, restored or not. What was copied stays.
  void release_origins();
  // A reference to an origin that stands for all that were held, which are given up; empty where
  // there was none.
  OriginReference take_origins();

 private:
  class JoinedOrigin;
  // Nearly all lines come from one block, or from two that follow each other.
  using Origins = boost::container::small_vector<OriginHold, 2>;
  struct Pair {
    Symbol name;
    std::string value;
  };
  struct HeldValue {
    Symbol name;
    Value value;       // as is, unless it is text
    std::string text;  // the text
  };
  std::string line_;
  Timestamp timestamp_{};
  std::vector<Pair> labels_;
  std::vector<HeldValue> extracted_;
  Origins origins_;
  OriginReference restored_;  // what restore() gave to the entry
};

// For a stage that remembers an entry for longer than it holds it back: the copy does not keep the
// entry's origin unsettled.
HeldEntry copy_without_origin(Entry& entry);

}  // namespace lokitail::pipeline
