#include "agent/discovery/entry_relabeler.h"

namespace lokitail::agent {
namespace {

// Beyond it all are forgotten: label sets that come and go are not to fill the memory.
constexpr std::size_t kMostKnown = 16'384;

}  // namespace

bool EntryRelabeler::Known::is_of(const pipeline::Labels& labels) const {
  if (labels.size() != before.size()) return false;
  for (const auto& [name, value] : before) {
    const pipeline::Label* const label = labels.find(name);
    if (label == nullptr || label->value != value) return false;
  }
  return true;
}

const pipeline::Labels* EntryRelabeler::apply(const pipeline::Labels& labels) {
  if (known_.size() >= kMostKnown) known_.clear();
  std::unique_ptr<Known>& known = known_[labels.hash()];
  if (!known || !known->is_of(labels)) known = relabel(labels);
  return known->result ? &*known->result : nullptr;
}

std::unique_ptr<EntryRelabeler::Known> EntryRelabeler::relabel(const pipeline::Labels& labels) const {
  auto known = std::make_unique<Known>();
  for (const pipeline::Label& label : labels) {
    known->before.emplace_back(label.name, label.value);
    known->texts.emplace(symbols_.name(label.name), label.value);
  }
  if (!relabeler_.apply(known->texts)) return known;
  pipeline::Labels& result = known->result.emplace();
  for (const auto& [name, value] : known->texts) result.set(symbols_.intern(name), value);
  return known;
}

}  // namespace lokitail::agent
