// What `lokitail test` says of its tests, for people. junit.h says it for programs.
//
// Threads: pure functions and plain values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "agent/command/test/run_case.h"
#include "agent/terminal.h"

namespace lokitail::agent::testing {

struct CaseReport {
  std::string name;
  config::Place place{};
  CaseResult result{};
  std::string error{};  // why it could not be run; empty if it was
  double seconds = 0;

  bool passed() const { return error.empty() && result.passed(); }
};

struct FileReport {
  std::string path;
  std::string error{};  // why it could not be read; empty if it was
  std::vector<CaseReport> cases{};
};

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t errors = 0;  // tests that could not be run, and files that could not be read
};
Totals count(const std::vector<FileReport>& files);

// A row with "ok", "FAIL" or "ERROR" and the test's name.
std::string verdict_row(const std::string& path, const CaseReport& test, const Painter& paint);
std::string error_row(const FileReport& file, const Painter& paint);

// What is wrong with a test: where it stands, and what differs. Empty if it passed.
std::string failure_text(const CaseReport& test, const Painter& paint);

// "3 tests: 2 passed, 1 failed"
std::string summary_row(const Totals& totals, const Painter& paint);

}  // namespace lokitail::agent::testing
