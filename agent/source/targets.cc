#include "agent/source/targets.h"

#include <utility>

#include "agent/source/syslog/syslog_target.h"

namespace lokitail::agent {
namespace {

// nullptr where the job's lines come from files.
std::unique_ptr<Target> make_target(const config::ScrapeConfig& job, const TargetContext& context) {
  if (job.syslog) return std::make_unique<SyslogTarget>(job, context);
  return nullptr;
}

}  // namespace

// Promtail's order: of several kinds in one job the first counts.
std::vector<std::unique_ptr<Target>> make_targets(const config::Config& config,
                                                  const TargetContext& context) {
  std::vector<std::unique_ptr<Target>> targets;
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    if (!job.static_configs.empty()) continue;
    if (auto target = make_target(job, context)) targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace lokitail::agent
