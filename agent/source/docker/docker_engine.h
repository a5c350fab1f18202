// The containers of a Docker engine, which is asked for them, and for the logs that are no files which we may
// read.
//
// Containers are listed at the start, every refresh_interval, and at once when the engine tells that one has
// started or ended, or got another name.
//
// Threads: the control thread. Ownership: shared with its coroutines; the context's parts outlive it.
// Errors:  told in the log, and tried again.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/source/docker/container.h"
#include "agent/source/docker/container_discovery.h"
#include "agent/source/docker/containers.h"
#include "agent/source/docker/docker_job.h"
#include "agent/source/docker/engine_client.h"

namespace lokitail::agent {

class DockerEngine final : public ContainerDiscovery, public std::enable_shared_from_this<DockerEngine> {
 public:
  // The configuration is one of the job's, with a host.
  DockerEngine(std::shared_ptr<DockerJob> job, const config::DockerSdConfig& config);

  void start() override;
  void stop() override;
  void let_go_lines() override;
  void forget_lines() override;
  bool ready() const override { return answers_ && !containers_->empty(); }

 private:
  boost::asio::awaitable<void> refresh_always();
  boost::asio::awaitable<bool> refresh();
  boost::asio::awaitable<void> found(const ListedContainer& listed, const std::vector<ListedContainer>& all,
                                     bool is_wanted);

  boost::asio::awaitable<void> watch_events();
  void take_events(std::string_view bytes);
  void refresh_soon();

  void report(const std::string& what);

  const std::shared_ptr<DockerJob> job_;
  const config::DockerSdConfig& config_;
  const std::shared_ptr<EngineClient> client_;
  const std::shared_ptr<Containers> containers_;
  std::set<std::string> started_;  // told by events, not listed since
  std::map<std::string, config::LabelMap> networks_;
  std::string events_;  // text of an event that is not whole yet
  boost::asio::steady_timer refresh_timer_;
  boost::asio::steady_timer events_timer_;
  bool refresh_wanted_ = false;
  bool answers_ = false;
  std::string reported_;
};

}  // namespace lokitail::agent
