#include "pipeline/held_entry.h"

#include <utility>

namespace lokitail::pipeline {

HeldEntry::HeldEntry(const Entry& entry) : line_(entry.line), timestamp_(entry.timestamp) {
  labels_.reserve(entry.labels.size());
  for (const Label& label : entry.labels) labels_.push_back({label.name, std::string(label.value)});
  entry.extracted.for_each([this](Symbol name, const Value& value) {
    const bool is_text = value.kind() == Value::Kind::kText;
    const bool is_number = value.kind() == Value::Kind::kNumber;
    extracted_.push_back({name, is_number ? value.without_spelling() : value,
                          is_text ? std::string(value.as_text()) : std::string()});
  });
  also_from(entry.origin);
}

void HeldEntry::also_from(Origin* origin) {
  // The lines of one held entry mostly come from one block or from neighbours.
  if (origin == nullptr || (!origins_.empty() && origins_.back().get() == origin)) return;
  origins_.emplace_back(origin);
}

void HeldEntry::restore(Entry& entry) {
  entry.begin({}, timestamp_, {}, origins_.empty() ? nullptr : origins_.back().get());
  line_.reserve(line_.size() + kTextPadding);
  entry.line = line_;
  for (const Pair& label : labels_) entry.labels.set(label.name, label.value);
  for (const HeldValue& held : extracted_) {
    const bool is_text = held.value.kind() == Value::Kind::kText;
    entry.extracted.set(held.name, is_text ? Value::text(held.text) : held.value);
  }
}

HeldEntry copy_without_origin(Entry& entry) {
  Origin* const origin = std::exchange(entry.origin, nullptr);
  HeldEntry copy(entry);
  entry.origin = origin;
  return copy;
}

}  // namespace lokitail::pipeline
