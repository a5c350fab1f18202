// The agent of the demo: this binary, run as a child process.
//
// Threads: one. Errors: std::runtime_error where it cannot be started.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

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
  // Writes FOLDER/config.yaml and starts the agent, whose output goes to FOLDER/agent.log. It dies
  // with this process, and a Ctrl-C on the terminal does not reach it.
  explicit Child(const AgentConfig& config);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Asks it to stop.
  void terminate();
  bool running();
  // What is known once it does not run any more:
  bool ended_well() const;  // with status 0
  double cpu_seconds() const { return cpu_seconds_; }  // user and system time of its life

  std::uint64_t resident_bytes() const;  // 0 where it cannot be told
  // The latest lines of its output.
  std::string last_words() const;

 private:
  void reap(bool wait);

  std::filesystem::path folder_;
  pid_t pid_ = -1;  // -1: reaped
  int status_ = 0;
  double cpu_seconds_ = 0;
};

}  // namespace lokitail::agent::demo
