// Everything that can be known of a configuration without running it: its errors, all of them as
// far as reading can go on behind one, and what the lints find.
//
// Threads: pure functions. Errors: std::exception for what is no matter of the configuration, such
// as a sample that cannot be read.
#pragma once

#include <optional>
#include <vector>

#include "agent/command/check/options.h"
#include "agent/lint/finding.h"
#include "agent/lint/sample/sample_result.h"
#include "config/expand_env.h"

namespace lokitail::agent::check {

struct Inspection {
  std::string file;
  std::vector<lint::Finding> findings;  // errors first
  std::optional<lint::SampleResult> sample{};

  std::size_t count(lint::Severity severity) const;
};

Inspection inspect(const Options& options, const config::EnvLookup& env);

}  // namespace lokitail::agent::check
