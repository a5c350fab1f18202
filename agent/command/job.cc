#include "agent/command/job.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "agent/discovery/static_targets.h"
#include "config/nearest.h"

namespace lokitail::agent {
namespace {

std::string job_names(const config::Config& config) {
  std::string names;
  for (const auto& scrape : config.scrape_configs) {
    names += (names.empty() ? "" : ", ") + scrape.job_name;
  }
  return names;
}

const config::ScrapeConfig& find_job(const config::Config& config, const std::string& name,
                                     const config::Place& place) {
  const auto& jobs = config.scrape_configs;
  if (jobs.empty()) throw config::Error({config.file_name, 0, 0}, "there are no scrape_configs");
  if (name.empty()) {
    if (jobs.size() == 1) return jobs.front();
    throw config::Error(place, config.file_name + " has several jobs, choose one: " + job_names(config));
  }
  const auto found = std::ranges::find(jobs, name, &config::ScrapeConfig::job_name);
  if (found != jobs.end()) return *found;
  std::vector<std::string_view> names;
  names.reserve(jobs.size());
  for (const auto& scrape : jobs) names.push_back(scrape.job_name);
  throw config::Error(place, "there is no job \"" + name + "\" in " + config.file_name +
                                 config::did_you_mean(name, names) + "; its jobs: " + job_names(config));
}

}  // namespace

PipelineSource pipeline_of_job(const config::Config& config, const std::string& name,
                               const config::Place& place) {
  const config::ScrapeConfig& job = find_job(config, name, place);
  PipelineSource source{job.pipeline_stages};
  if (const auto targets = static_targets(job); !targets.empty()) {
    source.labels = targets.front().labels;
  }
  return source;
}

}  // namespace lokitail::agent
