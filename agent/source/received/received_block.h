// Entries that were received from elsewhere, on their way to a worker: what one request, or one read
// of a connection, brought.
//
// Threads: built on one thread and handed over whole. Ownership: all text is copied into the block, and
// every line is followed by pipeline::kTextPadding readable bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
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
    Pairs labels;             // of the entries before relabelling, without those of the configuration
    std::string_view tenant;  // empty: nobody said
    std::vector<Entry> entries;
  };

  // The entries that are added from here on have these labels.
  void begin_group(const Pairs& labels, std::string_view tenant = {});
  // The same where the group that is open has other labels; otherwise that one goes on.
  void continue_group(const Pairs& labels, std::string_view tenant = {});
  // Those of the group that is open become others. Nothing is copied, as with add_kept().
  // REQUIRES: a group was begun, without labels.
  void set_labels(const Pairs& labels);
  // REQUIRES: a group was begun.
  void add(std::string_view line, std::optional<pipeline::Timestamp> time,
           const Pairs& structured_metadata = {});

  // Takes over a text of which parts will be added by add_kept(), and says where it is from now on.
  std::string_view keep(std::string text);
  // As add(), but nothing is copied: everything lies in a text that is kept or in the arena; what is no
  // line may be literal.
  void add_kept(std::string_view line, std::optional<pipeline::Timestamp> time,
                Pairs structured_metadata = {});

  // Its sender goes on only when the block is settled: no batch waits for more that might come.
  void set_urgent() { is_urgent_ = true; }
  bool is_urgent() const { return is_urgent_; }

  // Memory for texts that live as long as the block.
  pipeline::Arena& arena() { return text_; }

  const std::vector<Group>& groups() const { return groups_; }
  bool empty() const { return entries_ == 0; }
  std::size_t entries() const { return entries_; }
  // What it takes in memory, about.
  std::size_t bytes() const { return bytes_; }

 private:
  Pairs copy(const Pairs& pairs);
  std::string_view copy(std::string_view text);

  pipeline::Arena text_;
  std::forward_list<std::string> kept_;
  std::vector<Group> groups_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
  bool is_urgent_ = false;
};

}  // namespace lokitail::agent
