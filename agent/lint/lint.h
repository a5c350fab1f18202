// A lint: one thing that is hardly meant, though the agent would start with it. To add one: a file
// in agent/lint/lints/ with its check, a row in all_lints.cc, its test, and its line in
// docs/checking.md.
//
// A lint rather says nothing than something wrong: what is usual is no finding, and where it cannot
// be known, it is left alone.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/lint/finding.h"
#include "agent/lint/ignores.h"
#include "agent/lint/job_model.h"
#include "agent/lint/sample/sample_result.h"
#include "config/config.h"

namespace lokitail::agent::lint {

// What lints look at.
struct Subject {
  const config::Config& config;
  config::Node root;
  // The file before the environment was put in.
  std::string raw_text{};
  std::vector<JobModel> jobs{};
  // Whether to look at the files of this machine; otherwise the configuration is for another one.
  bool looks_at_files = true;
  std::optional<SampleResult> sample{};  // of a job, where one was given

  // Whether what stands in this line comes from the environment.
  bool is_from_environment(const config::Place& place) const;
  // The jobs that have no errors.
  std::vector<const JobModel*> sound_jobs() const;
};

// Takes the findings of one lint.
class Report {
 public:
  Report(std::string_view id, Severity severity, std::vector<Finding>& findings)
      : id_(id), severity_(severity), findings_(findings) {}

  void add(const config::Place& place, std::string message, std::string better = "") {
    findings_.push_back({severity_, std::string(id_), place, std::move(message), std::move(better)});
  }
  // For what is more than the lint's own severity, and for what is less.
  void error(const config::Place& place, std::string message, std::string better = "") {
    findings_.push_back({Severity::kError, std::string(id_), place, std::move(message), std::move(better)});
  }
  void note(const config::Place& place, std::string message, std::string better = "") {
    findings_.push_back({Severity::kInfo, std::string(id_), place, std::move(message), std::move(better)});
  }

 private:
  const std::string_view id_;
  const Severity severity_;
  std::vector<Finding>& findings_;
};

using LintCheck = void(const Subject& subject, Report& report);

struct Lint {
  std::string_view id;
  Severity severity;
  std::string_view title;
  std::string_view explanation;
  LintCheck* check;
};

// Sorted by id.
std::span<const Lint> all_lints();
// nullptr where there is none.
const Lint* find_lint(std::string_view id);

// What all lints find, in order of places, without what is ignored.
std::vector<Finding> run_lints(const Subject& subject, const Ignores& ignores);

}  // namespace lokitail::agent::lint
