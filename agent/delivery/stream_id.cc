#include "agent/delivery/stream_id.h"

#include <iterator>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lokitail::agent {

StreamId stream_id(std::string_view labels) {
  return static_cast<StreamId>(XXH3_64bits(labels.data(), labels.size()));
}

bool StreamIds::meets(const StreamIds& other) const {
  auto mine = ids_.begin();
  auto theirs = other.ids_.begin();
  while (mine != ids_.end() && theirs != other.ids_.end()) {
    if (*mine == *theirs) return true;
    *mine < *theirs ? ++mine : ++theirs;
  }
  return false;
}

void StreamIds::add(const StreamIds& other) {
  std::vector<StreamId> joined;
  joined.reserve(ids_.size() + other.ids_.size());
  std::ranges::set_union(ids_, other.ids_, std::back_inserter(joined));
  ids_ = std::move(joined);
}

}  // namespace lokitail::agent
