// Makes entries of a journal's: their labels, line and time.
//
// Threads: the control thread. Ownership: what the fields point to is copied; counters are those of the
//          metrics. Errors: an entry without a line is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/discovery/relabel.h"
#include "agent/source/journal/journal_fields.h"
#include "agent/source/received/received_block.h"
#include "agent/telemetry/metrics.h"
#include "config/config.h"
#include "pipeline/arena.h"

namespace lokitail::agent {

class JournalEntries {
 public:
  JournalEntries(const config::ScrapeConfig& job, Metrics& metrics);

  void begin_entry();
  // "NAME=value"
  void add_field(std::string_view data);
  // All its fields were added. `microseconds` since 1970. `is_whole`: none of them is missing.
  void end_entry(std::uint64_t microseconds, bool is_whole);
  // In place of that: nothing of it can be used.
  void drop_entry();

  std::size_t waiting_bytes() const { return block_ ? block_->bytes() : 0; }
  // What was made since the last time; nullptr for nothing.
  std::unique_ptr<ReceivedBlock> take_block();

 private:
  struct Text {
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    using is_transparent = void;
  };
  // What there is to do with a field of this name.
  struct Use {
    std::string label;    // empty: no rule can use it
    std::string keyword;  // the same, of the label with the word for the value
    bool is_line = false;
  };

  const Use& use_of(std::string_view name);
  Use find_use(std::string_view name) const;

  const bool json_;
  const Relabeler relabeler_;
  prometheus::Counter& without_message_;
  prometheus::Counter& corrupt_;
  std::unordered_map<std::string, Use, Text, std::equal_to<>> uses_;
  std::unique_ptr<ReceivedBlock> block_;

  // --- Of the present entry. ---
  pipeline::Arena arena_;
  ReceivedBlock::Pairs labels_;
  std::vector<JournalField> fields_;  // for JSON
  std::optional<std::string_view> line_;
  std::string json_line_;
};

}  // namespace lokitail::agent
