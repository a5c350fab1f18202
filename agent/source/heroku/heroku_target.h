// Takes in what Heroku's log drains post: Logplex' frames of syslog-like messages.
//
// Threads: the control thread. Ownership: what the context refers to, and the job, outlive it.
// Errors:  start() throws for an address that cannot be listened at.
#pragma once

#include "agent/source/received/http_receiver.h"
#include "agent/source/target.h"
#include "agent/source/targets.h"

namespace lokitail::agent {

class HerokuTarget final : public Target {
 public:
  HerokuTarget(const config::ScrapeConfig& job, const TargetContext& context);

  void start() override { receiver_.start(); }
  void stop() override { receiver_.stop(); }
  bool ready() const override { return receiver_.ready(); }
  std::vector<const TargetTraffic*> traffic() const override { return receiver_.traffic(); }

 private:
  HttpReceiver receiver_;
};

}  // namespace lokitail::agent
