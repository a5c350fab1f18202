// Runs the lines of a file through a job's own pipeline, and counts what each stage did with them.
// Nothing is sent and no position is kept.
//
// Threads: pure function. Errors: std::runtime_error for a file that cannot be read; config::Error
// for stages that cannot be.
#pragma once

#include <string>

#include "agent/lint/job_model.h"
#include "agent/lint/sample/sample_result.h"
#include "config/config.h"

namespace lokitail::agent::lint {

// The labels are those of the job's target whose pattern matches the file, or else of the first.
SampleResult run_sample(const std::string& file, const config::ScrapeConfig& scrape, const JobModel& job);

}  // namespace lokitail::agent::lint
