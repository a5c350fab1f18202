// What most tests of the whole agent begin with: a folder with logs, a Loki, an agent.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include "tests/support/agent_process.h"
#include "tests/support/log_writer.h"
#include "tests/support/loki.h"
#include "tests/support/skip.h"
#include "tests/support/temp_dir.h"
#include "tests/support/verifier.h"
#include "tests/support/wait.h"

namespace lokitail::test {

struct Scene {
  TempDir directory;
  std::filesystem::path logs = directory / "logs";
  Loki loki;
  Agent agent{directory / "agent"};

  // One client, and one job that tails logs/*.log.
  explicit Scene(const std::string& client_keys = "", const std::string& job_lines = "") {
    std::filesystem::create_directories(logs);
    agent.clients = {client(loki.url(), client_keys)};
    agent.jobs = {job("app", logs / "*.log", job_lines)};
  }

  // Requires that all that `writers` wrote arrives, in order and unchanged. Returns the duplicates.
  std::size_t require_all(const std::vector<const LogWriter*>& writers,
                          std::chrono::milliseconds deadline = kPatience) {
    const Verdict verdict = wait_for_all(loki, writers, deadline);
    INFO(verdict.problems);
    REQUIRE(verdict.problems.empty());
    REQUIRE(verdict.complete);
    return verdict.duplicates;
  }
};

// The lines of a job that reads Docker's json-file format.
inline const char* const kDockerStage = "pipeline_stages:\n- docker: {}\n";

}  // namespace lokitail::test
