// `-check-syntax`: everything that can be known to be wrong before the agent runs.
#pragma once

#include "config/config.h"

namespace lokitail::agent {

// Compiles the relabel rules and stages of all jobs, which Promtail's -check-syntax does not do.
// Throws config::Error.
void check_jobs(const config::Config& config, config::Warnings& warnings);

}  // namespace lokitail::agent
