#include "pipeline/held_entry.h"

#include <utility>

namespace lokitail::pipeline {

// Holds on to all that it stands for until it is settled itself.
class HeldEntry::JoinedOrigin final : public Origin {
 public:
  // REQUIRES: at least one.
  explicit JoinedOrigin(std::vector<OriginHold> origins)
      : Origin(origins.front().origin().source()), origins_(std::move(origins)) {}

  void for_each_part(const std::function<void(Origin&)>& visit) override {
    for (const OriginHold& held : origins_) held.origin().for_each_part(visit);
  }
  bool goes_on() const override { return origins_.back().origin().goes_on(); }

 private:
  void settled() override { delete this; }

  const std::vector<OriginHold> origins_;
};

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
  // Nearly always a line comes from the block of the line before, which holds this one too.
  if (origin == nullptr || (has_origin() && &origins_.back().origin() == origin)) return;
  origins_.emplace_back(*origin);
}

void HeldEntry::continue_from(HeldEntry&& earlier) {
  line_ = std::move(earlier.line_.append(line_));
  const Origin* const last = earlier.has_origin() ? &earlier.origins_.back().origin() : nullptr;
  for (OriginHold& held : origins_) {
    if (&held.origin() != last) earlier.origins_.push_back(std::move(held));
  }
  origins_ = std::move(earlier.origins_);
}

void HeldEntry::restore(Entry& entry) {
  restored_ = take_origins();
  entry.begin({}, timestamp_, {}, restored_.get());
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

void HeldEntry::release_origins() {
  restored_ = OriginReference();
  origins_.clear();
}

// Also where there is just one: the entry may be held again behind this stage, when another line is
// being pushed, and a hold of that origin would then stand for that line.
OriginReference HeldEntry::take_origins() {
  if (!has_origin()) return {};
  return OriginReference(new JoinedOrigin(std::exchange(origins_, {})));
}

}  // namespace lokitail::pipeline
