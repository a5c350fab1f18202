#include "agent/lint/lint.h"

#include <algorithm>
#include <tuple>

#include "config/nearest.h"

namespace lokitail::agent::lint {
namespace {

std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  return text.substr(0, text.find('\n'));
}

auto order_of(const Finding& finding) {
  return std::tie(finding.place.line, finding.place.column, finding.id, finding.message);
}

// An id in a comment that is none would silence nothing without anybody noticing.
void check_ids(const Ignores& ignores, const std::string& file, std::vector<Finding>& findings) {
  std::vector<std::string_view> ids;
  for (const Lint& lint : all_lints()) ids.push_back(lint.id);
  for (const auto& [line, named] : ignores.by_line()) {
    for (const std::string& id : named) {
      if (find_lint(id) != nullptr) continue;
      findings.push_back({Severity::kInfo,
                          "unknown-lint",
                          {file, line, 0},
                          "there is no lint \"" + id + "\"" + config::did_you_mean(id, ids),
                          ""});
    }
  }
}

}  // namespace

bool Subject::is_from_environment(const config::Place& place) const {
  return line_of(raw_text, place.line).find("${") != std::string_view::npos;
}

std::vector<const JobModel*> Subject::sound_jobs() const {
  std::vector<const JobModel*> sound;
  for (const JobModel& job : jobs) {
    if (!job.is_faulty) sound.push_back(&job);
  }
  return sound;
}

const Lint* find_lint(std::string_view id) {
  const auto found = std::ranges::find(all_lints(), id, &Lint::id);
  return found == all_lints().end() ? nullptr : &*found;
}

std::vector<Finding> run_lints(const Subject& subject, const Ignores& ignores) {
  std::vector<Finding> findings;
  for (const Lint& lint : all_lints()) {
    Report report(lint.id, lint.severity, findings);
    lint.check(subject, report);
  }
  std::erase_if(findings, [&ignores](const Finding& finding) {
    return ignores.covers(finding.id, finding.place.line);
  });
  check_ids(ignores, subject.config.file_name, findings);
  std::ranges::sort(findings, {}, order_of);
  const auto same = [](const Finding& a, const Finding& b) { return order_of(a) == order_of(b); };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
  return findings;
}

}  // namespace lokitail::agent::lint
