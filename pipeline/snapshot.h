// An entry as it was at one moment, copied, and how two of them differ. For those who show entries
// to people: traces, tests of pipelines, -inspect.
//
// Threads: plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/entry.h"
#include "pipeline/symbol_table.h"

namespace lokitail::pipeline {

// A value with its type. Text, numbers and booleans have the text that stages see; null has none.
struct SnapshotValue {
  Value::Kind kind = Value::Kind::kText;  // never kMissing
  std::string text;

  bool operator==(const SnapshotValue&) const = default;
};

struct Snapshot {
  std::string line;
  Timestamp timestamp;
  std::map<std::string, std::string> labels;
  std::vector<std::pair<std::string, std::string>> structured_metadata;  // as they were attached
  std::map<std::string, SnapshotValue> extracted;
};

Snapshot take_snapshot(const Entry& entry, const SymbolTable& symbols);

// One difference. What was added has no `before`, what was removed no `after`.
struct Change {
  enum class Kind { kLine, kTimestamp, kLabel, kMetadata, kExtracted };

  Kind kind;
  std::string name;  // empty for the line and the timestamp
  std::optional<SnapshotValue> before;
  std::optional<SnapshotValue> after;
};

// In the order of Change::Kind, and of names.
std::vector<Change> changes(const Snapshot& before, const Snapshot& after);

// RFC 3339 in UTC with as many digits of the fraction as it takes: 2025-11-07T12:00:00.5Z.
std::string timestamp_text(const Timestamp& timestamp);

// {a="b", c="d"}
std::string labels_text(const std::map<std::string, std::string>& labels);

}  // namespace lokitail::pipeline
