// Runs a test of a pipeline, and says what is not as it expects.
//
// Threads: one at a time. Errors: config::Error for stages that cannot be.
#pragma once

#include <string>
#include <vector>

#include "agent/command/test/test_file.h"
#include "pipeline/trace.h"

namespace lokitail::agent::testing {

struct Problem {
  enum class Kind {
    kDiffers,
    kMissing,    // an entry did not come: `differences` are what was expected of it
    kUnexpected  // an entry came: `differences` are what it is
  };

  Kind kind;
  std::string title;  // "entry 2", "entry 3 is missing"
  std::vector<Difference> differences{};
};

struct CaseResult {
  std::vector<Problem> problems;            // none: passed
  std::vector<std::string> notes;           // of a failed test: which lines never came out, and why
  std::vector<pipeline::Passage> passages;  // all that happened

  bool passed() const { return problems.empty(); }
};

CaseResult run_case(const TestCase& test, config::Warnings& warnings);

}  // namespace lokitail::agent::testing
