// http_sd_configs: targets that a server lists, which is asked again and again.
//
// What the server listed last counts. As long as it fails, or its answer cannot be understood, the former
// targets stay.
//
// Threads: the control thread. Ownership: the configuration outlives it.
// Source:  Prometheus' discovery/http. (Promtail has none of it.)
#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>

#include "agent/discovery/discovery.h"
#include "agent/discovery/poll.h"

namespace lokitail::agent {

class HttpSd final : public Discovery {
 public:
  HttpSd(boost::asio::io_context& control, const config::HttpSdConfig& config, Found found);

  void start() override { poll_->start(); }
  void stop() override { poll_->stop(); }

 private:
  const std::shared_ptr<Poll> poll_;
};

}  // namespace lokitail::agent
