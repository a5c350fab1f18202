// The memory behind `action_on_failure: fudge`: an entry whose timestamp cannot be read gets the
// last one of its label set plus a nanosecond, so that it stays in order right behind it.
//
// Threads:  belongs to one stage; no locks.
// Memory:   the 10,000 label sets used last, as Promtail; room for them is taken as they come.
// Label sets are told apart by their 64-bit hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pipeline/entry.h"

namespace lokitail::pipeline {

class TimestampFudge {
 public:
  static constexpr std::size_t kMostLabelSets = 10'000;

  explicit TimestampFudge(std::size_t most_label_sets = kMostLabelSets) : most_label_sets_(most_label_sets) {}

  // The entry's timestamp was read from its text.
  void succeeded(const Entry& entry) {
    const std::uint64_t label_set = entry.labels.hash();
    // Lines of one stream come in rows.
    if (newest_ != kNone && uses_[newest_].label_set == label_set) {
      uses_[newest_].last = entry.timestamp;
    } else {
      remember(label_set, entry.timestamp);
    }
  }

  // The entry's timestamp could not be read. Does nothing if none of its label set is known.
  void failed(Entry& entry) {
    const auto found = index_.find(entry.labels.hash());
    if (found == index_.end()) return;
    Use& use = uses_[found->second];
    use.last = use.last.plus_nanoseconds(1);
    entry.timestamp = use.last;
    make_newest(found->second);
  }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  // A list in order of use, linked by indices.
  struct Use {
    std::uint64_t label_set;
    Timestamp last;
    Index older = kNone;
    Index newer = kNone;
  };

  void remember(std::uint64_t label_set, const Timestamp& last) {
    if (const auto found = index_.find(label_set); found != index_.end()) {
      uses_[found->second].last = last;
      make_newest(found->second);
      return;
    }
    Index place = oldest_;
    if (uses_.size() < most_label_sets_) {
      place = static_cast<Index>(uses_.size());
      uses_.push_back({label_set, last, kNone, kNone});
      link_as_newest(place);
    } else {
      index_.erase(uses_[place].label_set);
      uses_[place].label_set = label_set;
      uses_[place].last = last;
      make_newest(place);
    }
    index_.emplace(label_set, place);
  }

  void make_newest(Index place) {
    if (place == newest_) return;
    Use& use = uses_[place];
    uses_[use.newer].older = use.older;  // there is a newer one, as this is not the newest
    if (use.older != kNone) {
      uses_[use.older].newer = use.newer;
    } else {
      oldest_ = use.newer;
    }
    link_as_newest(place);
  }

  void link_as_newest(Index place) {
    uses_[place].older = newest_;
    uses_[place].newer = kNone;
    if (newest_ != kNone) uses_[newest_].newer = place;
    if (oldest_ == kNone) oldest_ = place;
    newest_ = place;
  }

  const std::size_t most_label_sets_;  // at least 1
  std::vector<Use> uses_;
  boost::unordered_flat_map<std::uint64_t, Index> index_;
  Index newest_ = kNone;
  Index oldest_ = kNone;
};

}  // namespace lokitail::pipeline
