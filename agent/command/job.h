// A pipeline to be tried out away from the agent: that of a job of the configuration.
//
// Threads: pure functions. Errors: config::Error.
#pragma once

#include <string>

#include "config/config.h"

namespace lokitail::agent {

struct PipelineSource {
  config::Node stages;  // a list or null
  // What an entry of the job begins with: the labels of its first static target, as relabelling
  // leaves them. None where it has no such target.
  config::LabelMap labels{};
};

// `place` is where the job is asked for, for messages. An empty name stands for the only job.
PipelineSource pipeline_of_job(const config::Config& config, const std::string& name,
                               const config::Place& place);

}  // namespace lokitail::agent
