// consulagent_sd_configs: the instances of services that are registered with one Consul agent, mostly that of
// this machine, which is asked again and again.
//
// Threads: the control thread. Ownership: the configuration outlives it.
// Source:  Promtail's discovery/consulagent.
#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>

#include "agent/discovery/discovery.h"
#include "agent/discovery/poll.h"

namespace lokitail::agent {

class ConsulAgentSd final : public Discovery {
 public:
  ConsulAgentSd(boost::asio::io_context& control, const config::ConsulSdConfig& config, Found found);

  void start() override { poll_->start(); }
  void stop() override { poll_->stop(); }

 private:
  const std::shared_ptr<Poll> poll_;
};

}  // namespace lokitail::agent
