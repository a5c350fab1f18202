// Adds the labels and annotations of namespaces to the targets in them (attach_metadata.namespace), whatever
// they were made of.
//
// Threads: the control thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/discovery/discovery.h"
#include "agent/discovery/kubernetes/labels.h"
#include "agent/discovery/kubernetes/reflector.h"

namespace lokitail::agent::kubernetes {

class NamespaceMetadata final : public ObjectListener {
 public:
  // `is_used`: labels that are not wanted are left out.
  NamespaceMetadata(Discovery::Found found, std::function<bool(std::string_view label)> is_used)
      : found_(std::move(found)), is_used_(std::move(is_used)) {}

  // As found(), with what is known of the targets' namespaces; again when that changes.
  // REQUIRES: targets have their __meta_kubernetes_namespace.
  void tell(const std::string& group, Targets targets);

  void changed(const std::string& key, const Json& object) override;
  void gone(const std::string& key) override;

  static constexpr std::string_view kNamespace = "__meta_kubernetes_namespace";

 private:
  void tell_of(const std::string& name_space);
  Targets with_labels(Targets targets) const;

  const Discovery::Found found_;
  const std::function<bool(std::string_view)> is_used_;
  std::unordered_map<std::string, config::LabelMap> known_;  // by namespace
  std::unordered_map<std::string, Targets> groups_;
};

}  // namespace lokitail::agent::kubernetes
