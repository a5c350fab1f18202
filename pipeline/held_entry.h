// A copy of an entry that a stage keeps back (a partial line, a multi-line block). It keeps the
// entry's origin unsettled for as long as it lives.
#pragma once

#include <string>
#include <vector>

#include "pipeline/entry.h"

namespace lokitail::pipeline {

class HeldEntry {
 public:
  // Copies all of `entry` but its structured metadata.
  explicit HeldEntry(const Entry& entry);
  HeldEntry(HeldEntry&&) = default;
  HeldEntry& operator=(HeldEntry&&) = default;

  // The line so far, to be added to.
  std::string& line() { return line_; }
  Timestamp timestamp() const { return timestamp_; }

  // Also keeps `origin` unsettled: a further line of this entry came from there.
  void also_from(Origin* origin);

  // Makes `entry` what was held. Its views point into this object: keep it until the entry has been
  // pushed on. Afterwards the origin references are given up with this object.
  void restore(Entry& entry);

 private:
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
  Timestamp timestamp_;
  std::vector<Pair> labels_;
  std::vector<HeldValue> extracted_;
  std::vector<OriginReference> origins_;
};

// For a stage that remembers an entry for longer than it holds it back: the copy does not keep the
// entry's origin unsettled.
HeldEntry copy_without_origin(Entry& entry);

}  // namespace lokitail::pipeline
