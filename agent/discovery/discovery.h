// Finds targets while the agent runs: one for each item of a job's *_sd_configs.
//
// What it finds, it tells in groups: each has a name (a file, a URL), and whenever it is told again it takes the
// place of what was told under that name before. Where it cannot look, it says nothing and what it told stays.
//
// Threads: the control thread. Ownership: its maker's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/config.h"

namespace lokitail::agent {

class Discovery {
 public:
  // Labels of targets before relabelling, __address__ and __meta_* with them. No targets: the group is gone.
  using Found = std::function<void(const std::string& group, std::vector<config::LabelMap> targets)>;

  Discovery() = default;
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;
  virtual ~Discovery() = default;

  virtual void start() = 0;
  virtual void stop() = 0;
};

}  // namespace lokitail::agent
