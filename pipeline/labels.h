// The labels of an entry while it goes through a pipeline.
//
// The hash of a label set is the sum of the hashes of its labels, so it does not depend on their
// order and follows a change of one label without looking at the others.
//
// Threads: belongs to one worker; no locks. Ownership: values are views (see Value).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "pipeline/symbol_table.h"

namespace lokitail::pipeline {

// 64-bit hash of one label; equal name and value give equal hashes within a process.
std::uint64_t hash_label(Symbol name, std::string_view value);

struct Label {
  Symbol name;
  std::string_view value;
  std::uint64_t hash;
};

class Labels {
 public:
  using const_iterator = const Label*;

  // Takes the place of all there are. REQUIRES: names are unique.
  void assign(std::span<const Label> labels) { labels_.assign(labels.begin(), labels.end()); }
  // Adds or overwrites.
  void set(Symbol name, std::string_view value);
  // Removes; nothing happens where there is no such label.
  void erase(Symbol name);
  void clear() { labels_.clear(); }

  // nullptr where there is no such label.
  const Label* find(Symbol name) const {
    for (const Label& label : labels_) {
      if (label.name == name) return &label;
    }
    return nullptr;
  }

  // Removes every label for which `gone` says so.
  template <typename Predicate>
  void erase_if(Predicate gone) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (!gone(labels_[i])) labels_[kept++] = labels_[i];
    }
    labels_.resize(kept, boost::container::default_init);
  }

  // Of the whole set; independent of order.
  std::uint64_t hash() const {
    std::uint64_t sum = 0;
    for (const Label& label : labels_) sum += label.hash;
    return sum;
  }

  // Same names with the same values, in any order.
  bool operator==(const Labels& other) const;

  const_iterator begin() const { return labels_.data(); }
  const_iterator end() const { return labels_.data() + labels_.size(); }
  std::size_t size() const { return labels_.size(); }
  bool empty() const { return labels_.empty(); }

 private:
  boost::container::small_vector<Label, 12> labels_;
};

}  // namespace lokitail::pipeline
