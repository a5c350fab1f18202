// A map that forgets what has not been used for long, so that what lines say cannot fill the
// memory.
//
// It holds the keys used last: at least `most`, at most twice as many. They lie in two generations.
// A key that is used moves to the young one; when that is full it becomes the old one, and what was
// left in the old one is forgotten. That takes no list in order of use, and once both have grown no
// memory is taken any more.
//
// Threads: no locks. References live until the next find_or_make().
#pragma once

#include <cstddef>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

namespace lokitail::pipeline {

template <typename Key, typename Value, typename Hash>
class GenerationMap {
 public:
  // REQUIRES: most > 0
  explicit GenerationMap(std::size_t most) : most_(most) {}

  // The value of `key`, which make() makes if it is new or forgotten. Values are copied on the way.
  template <typename Make>
  Value& find_or_make(const Key& key, Make make) {
    if (const auto found = young_.find(key); found != young_.end()) return found->second;
    const auto old = old_.find(key);
    const Value value = old != old_.end() ? old->second : make();
    if (young_.size() == most_) {
      std::swap(young_, old_);
      young_.clear();
    }
    return young_.emplace(key, value).first->second;
  }

  // nullptr where it is not known. Does not count as use.
  Value* find(const Key& key) {
    if (const auto found = young_.find(key); found != young_.end()) return &found->second;
    const auto found = old_.find(key);
    return found == old_.end() ? nullptr : &found->second;
  }

 private:
  using Map = boost::unordered_flat_map<Key, Value, Hash>;

  const std::size_t most_;
  Map young_;
  Map old_;  // used last before young_ was begun
};

// For keys that are hashes already.
struct AlreadyHashed {
  using is_avalanching = void;
  std::size_t operator()(std::size_t hash) const noexcept { return hash; }
};

}  // namespace lokitail::pipeline
