#include "agent/discovery/target_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lokitail::agent {
namespace {

std::string rule_text(const config::RelabelConfig& rule, std::size_t index) {
  std::string text = fmt::format("relabel_configs[{}]: {} source_labels [{}]", index, to_string(rule.action),
                                 fmt::join(rule.source_labels, ", "));
  if (!rule.target_label.empty()) text += " target_label " + rule.target_label;
  return text + " regex " + rule.regex;
}

}  // namespace

TargetReport report_target(const FileTargetMaker& maker, const config::LabelMap& labels) {
  using Drop = FileTargetMaker::Drop;
  TargetReport report;
  report.job = maker.scrape().job_name;
  report.discovered = labels;
  const FileTargetMaker::Outcome outcome = maker.try_make(labels);
  if (outcome.target) {
    report.labels = outcome.target->labels;
    report.path = outcome.target->path;
  } else if (outcome.drop == Drop::kRelabelling) {
    report.dropped = rule_text(maker.scrape().relabel_configs[outcome.rule], outcome.rule);
  } else if (outcome.drop == Drop::kOtherHost) {
    report.dropped = "__host__ is another: " + outcome.wanted_host;
  } else {
    report.dropped = "no __path__";
  }
  return report;
}

}  // namespace lokitail::agent
