// The real agent under test: writes its configuration, starts the binary that LOKITAIL_BINARY
// names, and asks it over HTTP what it is doing.
//
// Threads: one at a time. Errors: what a test cannot do without (the binary, its start) throws.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/http_get.h"
#include "tests/support/process.h"
#include "tests/support/wait.h"

namespace lokitail::test {

// The binary under test. Throws where LOKITAIL_BINARY is not set.
std::string agent_binary();
// Whether the binary under test is slowed down and fattened by a sanitizer (LOKITAIL_SANITIZED is
// set): then memory and speed say nothing.
bool sanitized();

// A client of the configuration. `more` are further keys as YAML flow text, "tenant_id: a, timeout:
// 1s". Retries are quick: tests do not wait for half a second where a hundredth does.
std::string client(const std::string& url, const std::string& more = "");

// A file job. `path` may be a glob; `more` are further lines of the scrape config at its
// indentation, e.g. "pipeline_stages:\n- docker: {}\n".
std::string job(const std::string& name, const std::filesystem::path& path, const std::string& more = "",
                const std::string& labels = "");

class Agent {
 public:
  // Everything of the agent lies in `directory`: config.yaml, positions.yaml, log.
  explicit Agent(const std::filesystem::path& directory);
  ~Agent();

  // --- What start() writes into config.yaml. ---
  std::vector<std::string> clients;
  std::vector<std::string> jobs;
  std::string server_keys = "log_level: info";  // flow text inside `server: {}`
  std::string top_level;                        // further blocks
  std::string positions_keys = "sync_period: 100ms";
  std::string target_keys = "sync_period: 200ms";
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;

  // Standard input and output of the agent, as in Command.
  int input = -1;
  int output = -1;

  // Starts the agent and waits until its HTTP server answers.
  void start();
  // Starts it and waits for nothing.
  void launch();
  // Writes config.yaml as it would be now, and asks the running agent to load it.
  void reload();
  // The first of them.
  void write_config() const;
  // SIGTERM and a clean end: exit code 0 within `deadline`, no report of a sanitizer. Throws if
  // not.
  void stop(std::chrono::milliseconds deadline = kPatience);
  // SIGKILL.
  void kill();
  bool running() const;
  Process& process() { return *process_; }

  std::uint16_t port() const { return port_; }
  HttpAnswer get(const std::string& path) const { return http_get(port_, path); }
  bool wait_ready(std::chrono::milliseconds deadline = kPatience) const;
  // As metric_value(), of the agent's /metrics; 0 where there is no such sample.
  double metric(const std::string& name, const std::string& labels = "") const;

  // Everything that all runs wrote to standard output and standard error.
  std::string log() const;
  std::filesystem::path config_file() const { return directory_ / "config.yaml"; }
  std::filesystem::path positions_file() const { return directory_ / "positions.yaml"; }
  // Resident memory in bytes: now, and the most there ever was in the present run.
  std::size_t resident() const;
  std::size_t peak_resident() const;
  std::size_t open_files() const;
  std::size_t inotify_watches() const;

 private:
  std::string config_text() const;
  std::size_t status_value(std::string_view key) const;

  const std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

// What the sanitizers have to say in a log, or nothing.
std::string sanitizer_report(const std::string& log);

}  // namespace lokitail::test
