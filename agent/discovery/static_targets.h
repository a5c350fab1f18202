// The file targets that a job names by itself: static_configs, relabelled.
//
// Threads: pure function. Errors: config::Error for a relabel rule that cannot be compiled;
// std::runtime_error for an encoding that this machine cannot convert.
// Source:  Promtail's file target manager (targets.md of its behaviour: labels, __host__, __path__).
#pragma once

#include <vector>

#include "agent/discovery/target_report.h"
#include "agent/source/file/file_targets.h"
#include "config/config.h"

namespace lokitail::agent {

// Targets that relabelling drops, that are meant for another host, or that have no __path__ are left
// out, with a line in the log.
std::vector<FileTarget> static_targets(const config::ScrapeConfig& scrape);

// All of them, with what became of each.
std::vector<TargetReport> report_static_targets(const config::ScrapeConfig& scrape);

}  // namespace lokitail::agent
