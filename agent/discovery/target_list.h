// Lists of targets as discovery writes them in JSON: [{"targets": ["..."], "labels": {...}}].
//
// Threads: pure function. Errors: std::runtime_error for what is no such list, with the reason for people.
// Source:  Prometheus' discovery/targetgroup, which takes JSON as Go's encoding/json does.
#pragma once

#include <string_view>
#include <vector>

#include "config/config.h"

namespace lokitail::agent {

// The labels of each target, __address__ among them.
std::vector<config::LabelMap> read_json_target_list(std::string_view text);

}  // namespace lokitail::agent
