// The agent of the demo: this binary, run as a child process.
//
// Threads: one. Errors: std::runtime_error where it cannot be started.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/command/demo/self_process.h"

namespace lokitail::agent::demo {

// The configuration: what an everyday promtail.yaml says about Docker's logs.
struct AgentConfig {
  std::filesystem::path folder;  // for positions
  std::string logs;              // glob
  std::string push_url;
  std::uint16_t http_port = 0;
};

std::string to_yaml(const AgentConfig& config);

// A port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

class Child {
 public:
  // Writes FOLDER/config.yaml and starts the agent, whose output goes to FOLDER/agent.log.
  explicit Child(const AgentConfig& config);

  // Asks it to stop.
  void terminate() { process_->terminate(); }
  bool running() { return process_->running(); }
  // What is known once it does not run any more:
  bool ended_well() const { return process_->ended_well(); }
  double cpu_seconds() const { return process_->cpu_seconds(); }

  std::uint64_t resident_bytes() const;  // 0 where it cannot be told
  // The latest lines of its output.
  std::string last_words() const;

 private:
  std::filesystem::path folder_;
  std::optional<SelfProcess> process_;
};

}  // namespace lokitail::agent::demo
