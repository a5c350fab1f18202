// Arbitrary bytes as the fields of journal entries, and as a cursor.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "agent/source/journal/journal_entries.h"

namespace {

using namespace lokitail;

// Made once: rules take long to compile.
agent::JournalEntries& entries_of(bool json, bool maps_all) {
  static agent::Metrics metrics;
  static std::array<std::array<std::unique_ptr<agent::JournalEntries>, 2>, 2> made;
  auto& entries = made[json ? 1 : 0][maps_all ? 1 : 0];
  if (entries) return *entries;
  config::ScrapeConfig job;
  job.journal.emplace().json = json;
  config::RelabelConfig rule;
  if (maps_all) {
    rule.action = config::RelabelAction::kLabelMap;
  } else {
    rule.source_labels = {"__journal_a", "__journal_priority_keyword"};
  }
  job.relabel_configs = {rule};
  entries = std::make_unique<agent::JournalEntries>(job, metrics);
  return *entries;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool json = (data[0] & 1) != 0;
  agent::JournalEntries& entries = entries_of(json, (data[0] & 2) != 0);
  static_cast<void>(agent::time_of_cursor(bytes));
  // Fields end with 0x00, entries with 0x01.
  std::size_t fields = 0;
  entries.begin_entry();
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of(std::string_view("\0\1", 2)), rest.size());
    // Of its own, so that reading beyond it is seen.
    const std::string field(rest.substr(0, end));
    entries.add_field(field);
    ++fields;
    if (end < rest.size() && rest[end] == 1) {
      entries.end_entry(size, true);
      entries.begin_entry();
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  entries.end_entry(size, false);
  const auto block = entries.take_block();
  if (!block) return 0;
  for (const auto& group : block->groups()) {
    for (const auto& [name, value] : group.labels) {
      if (!name.starts_with("__journal_")) std::abort();
    }
    for (const auto& entry : group.entries) {
      if (json && !(entry.line.starts_with('{') && entry.line.ends_with('}'))) std::abort();
      if (!json && entry.line.size() > bytes.size()) std::abort();
    }
    if (group.entries.size() > fields + 1) std::abort();
  }
  return 0;
}
