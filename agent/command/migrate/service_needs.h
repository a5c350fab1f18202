// What a configuration needs of lokitail's service besides what that has, since it runs as a user
// of its own on a system that is read-only, and Promtail's may have run as root.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace lokitail::agent::migrate {

struct ServiceNeed {
  std::string setting;  // of the unit's section [Service], on a line or two
  std::string reason;
};

std::vector<ServiceNeed> service_needs(const config::Config& config);

// What becomes different with this configuration, as sentences.
std::vector<std::string> differences(const config::Config& config);

}  // namespace lokitail::agent::migrate
