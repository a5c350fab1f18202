// Finds the containers of one item of docker_sd_configs, and has their logs read: by asking the engine, or by
// looking where the engine keeps them.
//
// Threads: the control thread. Ownership: its maker's.
#pragma once

namespace lokitail::agent {

class ContainerDiscovery {
 public:
  ContainerDiscovery() = default;
  ContainerDiscovery(const ContainerDiscovery&) = delete;
  ContainerDiscovery& operator=(const ContainerDiscovery&) = delete;
  virtual ~ContainerDiscovery() = default;

  virtual void start() = 0;
  virtual void stop() = 0;
  // What is held of lines that have no end yet goes on as it is.
  virtual void let_go_lines() = 0;
  // Forgets it, so that it is read again. After the worker's last turn, or stop().
  virtual void forget_lines() = 0;
  // Whether it can look for containers, and some container's log is read.
  virtual bool ready() const = 0;
};

}  // namespace lokitail::agent
