#include "agent/discovery/kubernetes/namespace_metadata.h"

#include <algorithm>
#include <utility>

namespace lokitail::agent::kubernetes {

void NamespaceMetadata::tell(const std::string& group, Targets targets) {
  if (targets.empty()) {
    groups_.erase(group);
    return found_(group, {});
  }
  const Targets& kept = groups_[group] = std::move(targets);
  found_(group, with_labels(kept));
}

void NamespaceMetadata::changed(const std::string& key, const Json& object) {
  config::LabelMap labels = namespace_labels(read_meta(object));
  std::erase_if(labels, [this](const auto& label) { return !is_used_(label.first); });
  config::LabelMap& known = known_[key];
  if (std::exchange(known, labels) != labels) tell_of(key);
}

void NamespaceMetadata::gone(const std::string& key) {
  if (known_.erase(key) != 0) tell_of(key);
}

void NamespaceMetadata::tell_of(const std::string& name_space) {
  const auto is_in = [&](const config::LabelMap& target) {
    const auto label = target.find(std::string(kNamespace));
    return label != target.end() && label->second == name_space;
  };
  for (const auto& [group, targets] : groups_) {
    if (std::ranges::any_of(targets, is_in)) found_(group, with_labels(targets));
  }
}

Targets NamespaceMetadata::with_labels(Targets targets) const {
  for (config::LabelMap& target : targets) {
    const auto label = target.find(std::string(kNamespace));
    if (label == target.end()) continue;
    if (const auto known = known_.find(label->second); known != known_.end()) {
      target.insert(known->second.begin(), known->second.end());
    }
  }
  return targets;
}

}  // namespace lokitail::agent::kubernetes
