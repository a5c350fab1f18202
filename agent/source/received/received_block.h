// Entries that were received from elsewhere, on their way to a worker: what one request, or one read
// of a connection, brought.
//
// Threads: built on one thread and handed over whole. Ownership: all text is copied into the block, and
// every line is followed by pipeline::kTextPadding readable bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent {

class ReceivedBlock {
 public:
  // Names with their values.
  using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

  struct Entry {
    std::string_view line;
    std::optional<pipeline::Timestamp> time;  // none: the time at which the worker takes it
    Pairs structured_metadata;
  };
  // Entries that came with the same labels.
  struct Group {
    Pairs labels;  // of the entries before relabelling, without those of the configuration
    std::vector<Entry> entries;
  };

  // The entries that are added from here on have these labels.
  void begin_group(const Pairs& labels);
  // REQUIRES: a group was begun.
  void add(std::string_view line, std::optional<pipeline::Timestamp> time,
           const Pairs& structured_metadata = {});

  const std::vector<Group>& groups() const { return groups_; }
  bool empty() const { return entries_ == 0; }
  std::size_t entries() const { return entries_; }
  // What it takes in memory, about.
  std::size_t bytes() const { return bytes_; }

 private:
  Pairs copy(const Pairs& pairs);
  std::string_view copy(std::string_view text);

  pipeline::Arena text_;
  std::vector<Group> groups_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace lokitail::agent
