#include "agent/discovery/static_targets.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "agent/discovery/file_target_maker.h"

namespace lokitail::agent {
namespace {

// Each address of a list is a target of its own until __address__ is gone; relabel rules may tell them apart.
template <typename Take>
void for_each_target(const config::ScrapeConfig& scrape, Take take) {
  const std::vector<std::string> one_address = {"localhost"};
  for (const auto& group : scrape.static_configs) {
    for (const std::string& address : group.targets.empty() ? one_address : group.targets) {
      config::LabelMap labels = group.labels;
      labels["__address__"] = address;
      take(labels);
    }
  }
}

}  // namespace

std::vector<FileTarget> static_targets(const config::ScrapeConfig& scrape) {
  std::vector<FileTarget> targets;
  FileTargetMaker maker(scrape);
  for_each_target(scrape, [&](const config::LabelMap& labels) {
    std::optional<FileTarget> target = maker.make(labels);
    if (target && std::find(targets.begin(), targets.end(), *target) == targets.end()) {
      targets.push_back(std::move(*target));
    }
  });
  return targets;
}

std::vector<TargetReport> report_static_targets(const config::ScrapeConfig& scrape) {
  std::vector<TargetReport> reports;
  if (scrape.static_configs.empty()) return reports;
  const FileTargetMaker maker(scrape);
  for_each_target(scrape,
                  [&](const config::LabelMap& labels) { reports.push_back(report_target(maker, labels)); });
  return reports;
}

}  // namespace lokitail::agent
