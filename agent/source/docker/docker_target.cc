#include "agent/source/docker/docker_target.h"

#include <algorithm>
#include <utility>

#include "agent/source/docker/container_discovery.h"
#include "agent/source/docker/containers_folder.h"
#include "agent/source/docker/docker_engine.h"
#include "agent/source/docker/docker_job.h"
#include "agent/worker.h"
#include "pipeline/snapshot.h"

namespace lokitail::agent {

DockerTarget::DockerTarget(const config::ScrapeConfig& job, const TargetContext& context)
    : job_(std::make_shared<DockerJob>(job, context)) {
  for (const config::DockerSdConfig& config : job.docker_sd_configs) {
    if (config.containers_directory.empty()) {
      discoveries_.push_back(std::make_shared<DockerEngine>(job_, config));
    } else {
      discoveries_.push_back(std::make_shared<ContainersFolder>(job_, config));
    }
  }
}

DockerTarget::~DockerTarget() {
  for (const auto& each : discoveries_) each->forget_lines();
}

void DockerTarget::start() {
  job_->running = true;
  job_->context.worker.add(job_->source);
  for (const auto& each : discoveries_) each->start();
}

void DockerTarget::stop() {
  if (!std::exchange(job_->running, false)) return;
  for (const auto& each : discoveries_) each->stop();
  job_->source->finish();
}

void DockerTarget::let_go() {
  for (const auto& each : discoveries_) each->let_go_lines();
}

std::vector<Target::Row> DockerTarget::rows() const {
  constexpr std::size_t kShownId = 12;  // as `docker ps`
  std::vector<Row> rows;
  for (const std::string& id : job_->containers) {
    const auto position = job_->position(id);
    if (!position) continue;
    Row& row = rows.emplace_back();
    row.name = id.substr(0, kShownId);
    row.position = pipeline::timestamp_text(position->newest());
  }
  return rows;
}

std::vector<const TargetTraffic*> DockerTarget::traffic() const { return {&job_->source->traffic()}; }

bool DockerTarget::ready() const {
  return std::ranges::any_of(discoveries_, [](const auto& each) { return each->ready(); });
}

}  // namespace lokitail::agent
