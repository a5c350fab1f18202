// consul_sd_configs: the instances of services that a Consul cluster knows.
//
// Each watch is a blocking query: Consul answers when what was asked for is newer than the index that is
// known, or when it has waited long enough. Which services there are is watched too where the configuration
// does not say it by names alone. A service that is gone has no targets any more, and its watch ends.
//
// Threads: the control thread. Ownership: the configuration outlives it.
// Source:  Prometheus' discovery/consul; Consul's "Blocking Queries".
#pragma once

#include <map>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "agent/discovery/consul_api.h"
#include "agent/discovery/discovery.h"
#include "agent/discovery/poll.h"

namespace lokitail::agent {

class ConsulSd final : public Discovery {
 public:
  ConsulSd(boost::asio::io_context& control, const config::ConsulSdConfig& config, Found found);
  ~ConsulSd() override;

  void start() override;
  void stop() override;

 private:
  class Watch;

  std::string take_catalog(const std::string& json);
  void watch(const std::string& service);

  boost::asio::io_context& control_;
  const config::ConsulSdConfig& config_;
  const Found found_;
  const std::shared_ptr<Trouble> trouble_;
  std::shared_ptr<Watch> catalog_;
  std::map<std::string, std::shared_ptr<Watch>> services_;
};

}  // namespace lokitail::agent
