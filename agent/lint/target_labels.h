// The labels that the targets of a job bring to its pipeline.
//
// Of static targets they are known exactly: the relabel rules are applied. Of targets that have yet
// to be discovered the rules say which labels there may be.
//
// Threads: pure functions. Errors: none.
#pragma once

#include "agent/lint/job_model.h"

namespace lokitail::agent::lint {

struct TargetLabels {
  bool are_files = false;
  std::vector<PathModel> paths;
  FlowState state;  // labels only
};

TargetLabels target_labels(const config::Node& job, const config::ScrapeConfig& scrape, bool from_stdin);

}  // namespace lokitail::agent::lint
