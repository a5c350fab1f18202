// What all parts of one Docker job work with.
//
// Threads: the control thread; counters on any. Ownership: shared by the target and whatever is on its way;
//          the configuration and the context's parts outlive it.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "agent/discovery/relabel.h"
#include "agent/source/docker/container_lines.h"
#include "agent/source/docker/log_position.h"
#include "agent/source/received/received_source.h"
#include "agent/source/targets.h"
#include "config/config.h"

namespace lokitail::agent {

struct DockerJob {
  DockerJob(const config::ScrapeConfig& job, const TargetContext& given);

  // The labels of a container's entries after the job's rules, by stream.
  StreamLabels relabelled(const config::LabelMap& container) const;

  // How far the container's log was read, by Promtail or through the engine; nothing where it was not.
  std::optional<LogPosition> position(const std::string& container) const;
  void set_position(const std::string& container, const LogPosition& position) const;
  // Which reads the container's file: always the same.
  Worker& worker_of(const std::string& container) const;
  // The container is no more.
  void forget_position(const std::string& container) const;

  const config::ScrapeConfig& config;
  const TargetContext context;
  const Relabeler relabeler;
  const DockerCounters counters;
  const std::shared_ptr<ReceivedSource> source;  // of what is read through the engine
  std::set<std::string> containers;  // that one item of the job reads; a second one with the same does not
  bool running = false;
};

}  // namespace lokitail::agent
