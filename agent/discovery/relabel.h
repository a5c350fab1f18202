// Prometheus' relabelling: rules that change the labels of a target or of an entry, or drop it.
//
// Threads: immutable; any thread.
// Errors:  the constructor throws config::Error for a regular expression that is none; rules are
//          otherwise taken as the configuration has checked them. apply() has no errors.
// Source:  Prometheus' model/relabel, as Promtail 3 uses it (label names may be any UTF-8).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "pipeline/lang/regex.h"

namespace lokitail::agent {

class Relabeler {
 public:
  explicit Relabeler(std::vector<config::RelabelConfig> rules);

  bool empty() const { return rules_.empty(); }
  // Whether what comes of the labels can depend on the label of this name, if that goes in the end.
  bool may_use(std::string_view name) const;

  // Applies the rules in order. A label with an empty value counts as none and is removed. False
  // where a rule drops these labels, which are then as that rule found them; `dropped_by` is set to
  // its index.
  bool apply(config::LabelMap& label_map, std::size_t* dropped_by = nullptr) const;

  class Labels;

 private:
  struct Rule {
    config::RelabelConfig config;
    pipeline::lang::Regex regex;
  };

  static bool apply(const Rule& rule, Labels& labels);

  std::vector<Rule> rules_;
  bool maps_names_ = false;
};

}  // namespace lokitail::agent
