// Everything that lines come from, as JSON: /api/v1/targets (docs/api.md).
//
// Threads: the control thread.
#pragma once

#include <string>
#include <string_view>

#include "agent/server/served_parts.h"

namespace lokitail::agent {

// `query` may name a job (`job`), and how many targets are wanted at most (`limit`): those that are furthest
// behind.
std::string targets_json(const ServedParts& parts, std::string_view query);

}  // namespace lokitail::agent
