#include "pipeline/snapshot.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "pipeline/label_text.h"
#include "pipeline/lang/json_print.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::pipeline {
namespace {

SnapshotValue copy(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kText:
      return {Value::Kind::kText, std::string(value.as_text())};
    case Value::Kind::kBool:
      return {Value::Kind::kBool, value.as_bool() ? "true" : "false"};
    case Value::Kind::kNumber: {
      std::array<char, lang::kMaxNumberText> digits;
      const char* const end = lang::format_number(value.as_number(), digits.data());
      return {Value::Kind::kNumber, {static_cast<const char*>(digits.data()), end}};
    }
    case Value::Kind::kMissing:
    case Value::Kind::kNull:
      break;
  }
  return {Value::Kind::kNull, ""};
}

SnapshotValue text_value(std::string text) { return {Value::Kind::kText, std::move(text)}; }

void compare(std::vector<Change>& out, Change::Kind kind, std::string before, std::string after) {
  if (before == after) return;
  out.push_back({kind, "", text_value(std::move(before)), text_value(std::move(after))});
}

const SnapshotValue& as_value(const SnapshotValue& value) { return value; }
SnapshotValue as_value(const std::string& text) { return text_value(text); }

// `before` and `after` are sorted by name. Where a name stands more than once, the first are
// compared with the first.
template <typename Pairs>
void compare(std::vector<Change>& out, Change::Kind kind, const Pairs& before, const Pairs& after) {
  auto old = before.begin();
  auto now = after.begin();
  while (old != before.end() || now != after.end()) {
    const bool only_old = now == after.end() || (old != before.end() && old->first < now->first);
    const bool only_now = old == before.end() || (now != after.end() && now->first < old->first);
    if (only_old) {
      out.push_back({kind, old->first, as_value(old->second), std::nullopt});
    } else if (only_now) {
      out.push_back({kind, now->first, std::nullopt, as_value(now->second)});
    } else if (old->second != now->second) {
      out.push_back({kind, old->first, as_value(old->second), as_value(now->second)});
    }
    if (!only_now) ++old;
    if (!only_old) ++now;
  }
}

auto sorted(std::vector<std::pair<std::string, std::string>> pairs) {
  std::ranges::stable_sort(pairs, {}, &std::pair<std::string, std::string>::first);
  return pairs;
}

}  // namespace

Snapshot take_snapshot(const Entry& entry, const SymbolTable& symbols) {
  Snapshot snapshot;
  snapshot.line = entry.line;
  snapshot.timestamp = entry.timestamp;
  for (const Label& label : entry.labels) {
    snapshot.labels.emplace(symbols.name(label.name), label.value);
  }
  for (const Metadata& metadata : entry.structured_metadata) {
    snapshot.structured_metadata.emplace_back(metadata.name, metadata.value);
  }
  entry.extracted.for_each([&](Symbol name, const Value& value) {
    if (value.present()) snapshot.extracted.emplace(symbols.name(name), copy(value));
  });
  return snapshot;
}

std::vector<Change> changes(const Snapshot& before, const Snapshot& after) {
  std::vector<Change> result;
  compare(result, Change::Kind::kLine, before.line, after.line);
  compare(result, Change::Kind::kTimestamp, timestamp_text(before.timestamp),
          timestamp_text(after.timestamp));
  compare(result, Change::Kind::kLabel, before.labels, after.labels);
  compare(result, Change::Kind::kMetadata, sorted(before.structured_metadata),
          sorted(after.structured_metadata));
  compare(result, Change::Kind::kExtracted, before.extracted, after.extracted);
  return result;
}

std::string timestamp_text(const Timestamp& timestamp) {
  // Never destroyed: at the process' end a run of stages may still be at work for somebody.
  static const lang::TimeLayout& layout =
      *new lang::TimeLayout(lang::TimeLayout::compile("2006-01-02T15:04:05.999999999Z07:00"));
  return layout.format(timestamp, lang::Zone::utc());
}

std::string labels_text(const std::map<std::string, std::string>& labels) {
  const std::vector<std::pair<std::string_view, std::string_view>> sorted_labels(labels.begin(),
                                                                                 labels.end());
  std::string text;
  append_label_text(text, sorted_labels);
  return text;
}

}  // namespace lokitail::pipeline
