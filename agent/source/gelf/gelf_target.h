// Listens for GELF messages over UDP.
//
// What can be lost: what does not fit into the socket's buffer, which is counted, and what of the rest is not on
// disk yet when the agent dies: UDP has no way to send it again.
//
// Threads: the control thread. Ownership: what the context refers to, and the job, outlive it.
// Errors:  start() throws for an address that cannot be listened at.
#pragma once

#include <memory>

#include "agent/source/target.h"
#include "agent/source/targets.h"

namespace lokitail::agent {

class GelfTarget final : public Target {
 public:
  GelfTarget(const config::ScrapeConfig& job, const TargetContext& context);
  ~GelfTarget() override;

  void start() override;
  void stop() override;
  bool ready() const override;
  std::vector<const TargetTraffic*> traffic() const override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lokitail::agent
