// The logs of Docker engines' containers as the lines of a job (docker_sd_configs).
//
// Threads: the control thread; destroyed once the worker is stopped. Ownership: the job's configuration and
//          the context's parts outlive it.
// Errors:  an engine that is not there is asked again, and a folder looked for. The constructor throws
// config::Error. Source:  Promtail's docker target and Prometheus' docker service discovery for labels.
#pragma once

#include <memory>
#include <vector>

#include "agent/source/target.h"
#include "agent/source/targets.h"
#include "config/config.h"

namespace lokitail::agent {

class ContainerDiscovery;
struct DockerJob;

class DockerTarget final : public Target {
 public:
  // REQUIRES: job.docker_sd_configs.
  DockerTarget(const config::ScrapeConfig& job, const TargetContext& context);
  ~DockerTarget() override;

  void start() override;
  void stop() override;
  void let_go() override;
  bool ready() const override;
  // Of each container that is read through the engine.
  std::vector<Row> rows() const override;
  std::vector<const TargetTraffic*> traffic() const override;

 private:
  const std::shared_ptr<DockerJob> job_;
  std::vector<std::shared_ptr<ContainerDiscovery>> discoveries_;
};

}  // namespace lokitail::agent
