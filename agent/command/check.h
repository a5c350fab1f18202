// Checking a configuration without running it: `-check-syntax` and `lokitail check`.
#pragma once

#include <span>

#include "config/config.h"

namespace lokitail::agent {

// Compiles a client's relabel rules and its selector. Throws config::Error.
void check_client(const config::ClientConfig& client);

// `-check-syntax`. The same for all clients, and the relabel rules and stages of all jobs, which Promtail's
// does not do. Throws config::Error.
void check_jobs(const config::Config& config, config::Warnings& warnings);

// The same for one job, with all its errors, which `warnings` gathers. True if there are none.
bool gather_job_errors(const config::ScrapeConfig& scrape, config::Warnings& warnings);

// `lokitail check`, with the arguments behind it. Returns the exit status.
int run_check(std::span<const char* const> arguments);

}  // namespace lokitail::agent
