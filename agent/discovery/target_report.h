// What became of a target that was discovered or stands in the configuration, for who asks.
//
// Threads: plain values.
#pragma once

#include <string>

#include "agent/discovery/file_target_maker.h"
#include "config/config.h"

namespace lokitail::agent {

struct TargetReport {
  std::string job;
  config::LabelMap discovered;  // the labels before relabelling
  config::LabelMap labels;      // those that are left, without such as begin with __
  std::string path;             // the pattern of its files; empty where it was dropped
  std::string dropped;          // why it was; empty where it was not
};

// REQUIRES: `labels` are of a target of the maker's job.
TargetReport report_target(const FileTargetMaker& maker, const config::LabelMap& labels);

}  // namespace lokitail::agent
