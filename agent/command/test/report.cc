#include "agent/command/test/report.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace lokitail::agent::testing {
namespace {

constexpr std::string_view kIndent = "      ";
constexpr std::string_view kNothing = "nothing";

std::string row(std::string_view what, std::size_t width, std::string_view value) {
  return fmt::format("{}  {:<{}}  {}\n", kIndent, what, width, value);
}

std::string difference_text(Problem::Kind kind, const Difference& difference, std::size_t width,
                            const Painter& paint) {
  const std::string expected = paint(Colour::kGreen, difference.expected ? *difference.expected : kNothing);
  const std::string actual = paint(Colour::kRed, difference.actual ? *difference.actual : kNothing);
  switch (kind) {
    case Problem::Kind::kMissing:
      return row(difference.what, width, expected);
    case Problem::Kind::kUnexpected:
      return row(difference.what, width, actual);
    case Problem::Kind::kDiffers:
      break;
  }
  return row(difference.what, width, "expected " + expected) + row("", width, "actual   " + actual);
}

std::string problem_text(const Problem& problem, const Painter& paint) {
  std::size_t width = 0;
  for (const Difference& each : problem.differences) width = std::max(width, each.what.size());
  std::string text = fmt::format("{}{}\n", kIndent, paint(Colour::kBold, problem.title));
  for (const Difference& each : problem.differences) {
    text += difference_text(problem.kind, each, width, paint);
  }
  return text;
}

}  // namespace

Totals count(const std::vector<FileReport>& files) {
  Totals totals;
  for (const FileReport& file : files) {
    if (!file.error.empty()) ++totals.errors;
    for (const CaseReport& test : file.cases) {
      ++(!test.error.empty() ? totals.errors : test.passed() ? totals.passed : totals.failed);
    }
  }
  return totals;
}

std::string verdict_row(const std::string& path, const CaseReport& test, const Painter& paint) {
  const std::string verdict = !test.error.empty() ? paint(Colour::kRed, "ERROR")
                              : test.passed()     ? paint(Colour::kGreen, "ok   ")
                                                  : paint(Colour::kRed, "FAIL ");
  return fmt::format("{} {}: {}\n", verdict, path, without_controls(test.name));
}

std::string error_row(const FileReport& file, const Painter& paint) {
  return fmt::format("{} {}\n", paint(Colour::kRed, "ERROR"), file.error);
}

std::string failure_text(const CaseReport& test, const Painter& paint) {
  if (test.passed()) return {};
  if (!test.error.empty()) return fmt::format("{}{}\n", kIndent, test.error);
  std::string text = fmt::format("{}{}\n", kIndent, paint(Colour::kDim, config::to_string(test.place)));
  for (const Problem& problem : test.result.problems) text += problem_text(problem, paint);
  for (const std::string& note : test.result.notes) text += fmt::format("{}{}\n", kIndent, note);
  return text;
}

std::string summary_row(const Totals& totals, const Painter& paint) {
  const std::size_t all = totals.passed + totals.failed + totals.errors;
  std::string text = fmt::format("{} test{}: {} passed", all, all == 1 ? "" : "s", totals.passed);
  if (totals.failed > 0) text += fmt::format(", {} failed", totals.failed);
  if (totals.errors > 0) {
    text += fmt::format(", {} error{}", totals.errors, totals.errors == 1 ? "" : "s");
  }
  const bool good = totals.failed == 0 && totals.errors == 0;
  return paint(good ? Colour::kGreen : Colour::kRed, text) + "\n";
}

}  // namespace lokitail::agent::testing
