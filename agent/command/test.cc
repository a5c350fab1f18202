#include "agent/command/test.h"

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "agent/command/passage_text.h"
#include "agent/command/test/junit.h"
#include "agent/command/test/options.h"
#include "agent/command/test/report.h"
#include "agent/command/test/run_case.h"
#include "agent/command/test/test_file.h"
#include "agent/telemetry/log.h"
#include "pipeline/lang/regex.h"

namespace lokitail::agent {
namespace testing {
namespace {

constexpr int kAllPassed = 0;
constexpr int kSomeFailed = 1;
constexpr int kNotRun = 2;

class Runner {
 public:
  explicit Runner(const Options& options) : options_(options), paint_(options.colours) {
    if (options.filter.empty()) return;
    try {
      filter_.emplace(options.filter);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("--filter: " + std::string(error.what()));
    }
  }

  int run() {
    for (const std::string& path : options_.files) files_.push_back(run_file(path));
    if (!options_.junit_file.empty()) write_junit();
    const Totals totals = count(files_);
    if (selected_ == 0 && totals.errors == 0) {
      fmt::print(stderr, "lokitail test: no test's name matches {}\n", options_.filter);
      return kNotRun;
    }
    if (!options_.list) fmt::print("{}", summary_row(totals, paint_));
    return totals.errors > 0 ? kNotRun : totals.failed > 0 ? kSomeFailed : kAllPassed;
  }

 private:
  FileReport run_file(const std::string& path) {
    FileReport file{path};
    config::Warnings warnings;
    std::vector<TestCase> tests;
    try {
      tests = read_test_file(path, options_.config, warnings);
    } catch (const std::exception& problem) {
      file.error = problem.what();
      fmt::print("{}", error_row(file, paint_));
    }
    for (const TestCase& test : tests) {
      if (filter_ && !filter_->matches(test.name)) continue;
      ++selected_;
      if (options_.list) {
        fmt::print("{}: {}\n", path, without_controls(test.name));
      } else {
        file.cases.push_back(run_one(path, test, warnings));
      }
    }
    print_warnings(warnings);
    return file;
  }

  CaseReport run_one(const std::string& path, const TestCase& test, config::Warnings& warnings) {
    using Clock = std::chrono::steady_clock;
    CaseReport report{.name = test.name, .place = test.place};
    const Clock::time_point start = Clock::now();
    try {
      report.result = run_case(test, warnings);
    } catch (const config::Error& problem) {
      report.error = problem.what();
    }
    report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    fmt::print("{}{}", verdict_row(path, report, paint_), failure_text(report, paint_));
    if (options_.explain && !report.passed()) {
      for (const pipeline::Passage& passage : report.result.passages) {
        fmt::print("\n{}", passage_text(passage, paint_));
      }
      fmt::print("\n");
    }
    report.result.passages.clear();  // a file of tests may be large
    return report;
  }

  // Each once, though every test builds its stages anew.
  void print_warnings(const config::Warnings& warnings) {
    for (const std::string& text : warnings.texts()) {
      if (warned_.insert(text).second) fmt::print(stderr, "warning: {}\n", text);
    }
  }

  void write_junit() const {
    std::ofstream file(options_.junit_file, std::ios::binary);
    file << junit_xml(files_);
    file.close();
    if (!file) throw std::runtime_error(options_.junit_file + ": cannot be written");
  }

  const Options& options_;
  const Painter paint_;
  std::optional<pipeline::lang::Regex> filter_;
  std::vector<FileReport> files_;
  std::size_t selected_ = 0;
  std::set<std::string> warned_;
};

}  // namespace
}  // namespace testing

int run_test(std::span<const char* const> arguments) {
  log::configure(log::Level::kError, log::Format::kLogfmt);
  try {
    const testing::Options options = testing::parse_options(arguments);
    if (options.help) {
      fmt::print("{}", testing::kUsage);
      return testing::kAllPassed;
    }
    return testing::Runner(options).run();
  } catch (const std::invalid_argument& problem) {
    fmt::print(stderr, "lokitail test: {}\nRun lokitail test --help for what there is\n", problem.what());
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail test: {}\n", problem.what());
  }
  return testing::kNotRun;
}

}  // namespace lokitail::agent
