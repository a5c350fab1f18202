// Tells streams apart by 32 bits of a hash of their label text. Two streams may have the same one:
// whoever compares them treats those as one stream, which is slower and never wrong.
//
// Threads: pure function.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lokitail::agent {

using StreamId = std::uint32_t;

// `labels`: {a="b", c="d"}, as it is sent.
StreamId stream_id(std::string_view labels);

// A set of streams, sorted.
class StreamIds {
 public:
  StreamIds() = default;
  // In any order, and any number of times each.
  explicit StreamIds(std::vector<StreamId> ids) : ids_(std::move(ids)) {
    std::ranges::sort(ids_);
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
  }

  const std::vector<StreamId>& all() const { return ids_; }
  std::size_t size() const { return ids_.size(); }
  bool contains(StreamId id) const { return std::ranges::binary_search(ids_, id); }
  bool meets(const StreamIds& other) const;
  void add(const StreamIds& other);

 private:
  std::vector<StreamId> ids_;
};

}  // namespace lokitail::agent
