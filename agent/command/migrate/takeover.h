// The files that make lokitail's service do what Promtail's did.
//
//   /etc/lokitail/config.yaml                            Promtail's configuration, as it is
//   /etc/systemd/system/lokitail.service.d/promtail.conf the flags and the environment of its
//   service /var/lib/lokitail/positions.yaml                     a copy of its positions
//
// What is replaced is kept beside, as NAME.before-promtail. Promtail's own files stay as they are.
//
// Threads: any. Errors: std::runtime_error, with what could not be done; what was done before
// stays.
#pragma once

#include <string>
#include <vector>

#include "agent/command/migrate/promtail_install.h"
#include "agent/command/migrate/service_needs.h"

namespace lokitail::agent::migrate {

extern const char* const kConfigFile;
extern const char* const kPositionsFile;

struct Takeover {
  PromtailInstall promtail;
  std::string positions_file;  // Promtail's
  std::vector<ServiceNeed> needs;
};

std::string drop_in(const Takeover& takeover);

// How many positions there are to be copied, as a sentence. Throws for a file that holds no
// positions.
std::string describe_positions(const std::string& root, const Takeover& takeover);

// Writes them; returns a line for each thing that was done.
std::vector<std::string> apply(const std::string& root, const Takeover& takeover);

}  // namespace lokitail::agent::migrate
