// What a role tells of its targets, and what it leaves out: labels that no rule of the job can use are not
// kept, since an object has many (a kubectl annotation alone has kilobytes), and most changes of an object
// are about them.
//
// Threads: the control thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/discovery/discovery.h"
#include "agent/discovery/kubernetes/labels.h"

namespace lokitail::agent::kubernetes {

// Whether what comes of a target can depend on this label of it.
using IsUsed = std::function<bool(std::string_view label)>;

class ToldTargets {
 public:
  ToldTargets(Discovery::Found found, IsUsed is_used)
      : found_(std::move(found)), is_used_(std::move(is_used)) {}

  void trim(Targets& targets) const {
    for (config::LabelMap& labels : targets) {
      std::erase_if(labels, [this](const auto& label) { return !is_used_(label.first); });
    }
  }
  void tell(const std::string& group, Targets targets) const {
    trim(targets);
    found_(group, std::move(targets));
  }
  void forget(const std::string& group) const { found_(group, {}); }

 private:
  const Discovery::Found found_;
  const IsUsed is_used_;
};

}  // namespace lokitail::agent::kubernetes
