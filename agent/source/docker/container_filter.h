// The `filters` of docker_sd_configs where nobody but us applies them: of several values of a name,
// expression or state one has to match, of several labels all.
//
// Threads: immutable; any thread.
// Errors:  the constructor throws config::Error for an expression that is none.
// Source:  moby's daemon/list.go and filters.Args: expressions are Go's and match anywhere; a value matches
// what it
//          equals, too.
#pragma once

#include <string>
#include <vector>

#include "agent/source/docker/container.h"
#include "config/config.h"
#include "pipeline/lang/regex.h"

namespace lokitail::agent {

class ContainerFilter {
 public:
  // REQUIRES: filters by id, label, name and status alone.
  explicit ContainerFilter(const config::DockerSdConfig& config);

  bool matches(const ListedContainer& container) const;

 private:
  struct Expression {
    std::string text;
    pipeline::lang::Regex regex;
  };
  static bool any_matches(const std::vector<Expression>& expressions, const std::string& text);
  bool name_matches(const ListedContainer& container) const;
  bool labels_match(const ListedContainer& container) const;

  std::vector<Expression> ids_;
  std::vector<Expression> names_;
  std::vector<std::string> labels_;  // "key" or "key=value"
  std::vector<std::string> states_;
};

}  // namespace lokitail::agent
