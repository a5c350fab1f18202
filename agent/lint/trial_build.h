// Builds what a configuration says and throws it away: what is wrong with stages, rules and selectors is only known
// then.
#pragma once

#include "config/config.h"

namespace lokitail::agent {

// Compiles a client's relabel rules and its selector. Throws config::Error.
void check_client(const config::ClientConfig& client);

// The same for all clients, and the relabel rules and stages of all jobs, which Promtail's `-check-syntax` does not
// do. Throws config::Error.
void check_jobs(const config::Config& config, config::Warnings& warnings);

// The same for one job, with all its errors, which `warnings` gathers. True if there are none.
bool gather_job_errors(const config::ScrapeConfig& scrape, config::Warnings& warnings);

}  // namespace lokitail::agent
