// Promtail as it is installed on a machine: its service, and what that is started with.
//
// Threads: any. Errors: std::runtime_error where there is none, or a file of it cannot be read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/command/migrate/options.h"
#include "agent/command/migrate/service_unit.h"

namespace lokitail::agent::migrate {

struct PromtailInstall {
  std::string unit;                // the file of its service; empty: there is none
  std::vector<std::string> flags;  // of its service, all but -config.file
  std::string config_file;         // that there is
  ServiceUnit service;             // with its environment
  std::vector<std::pair<std::string, std::string>> environment;  // and that of files behind it
};

// All paths are the machine's, without `root`.
PromtailInstall find_promtail(const Options& options);

// Whether the machine runs a process of the service, `promtail.service`.
bool is_running(const std::string& root, const std::string& service);

}  // namespace lokitail::agent::migrate
