// Takes in what others push: Loki's push API, OpenTelemetry's logs over HTTP, and plain lines.
//
// Threads: the control thread. Ownership: what the context refers to, and the job, outlive it.
// Errors:  start() throws for an address that cannot be listened at.
#pragma once

#include "agent/source/received/http_receiver.h"
#include "agent/source/target.h"
#include "agent/source/targets.h"

namespace lokitail::agent {

class PushTarget final : public Target {
 public:
  PushTarget(const config::ScrapeConfig& job, const TargetContext& context);

  void start() override { receiver_.start(); }
  void stop() override { receiver_.stop(); }
  bool ready() const override { return receiver_.ready(); }
  std::vector<const TargetTraffic*> traffic() const override { return receiver_.traffic(); }

 private:
  PushResult read_push(HttpRequest& request, ReceivedBlock& block) const;
  PushResult read_otlp(HttpRequest& request, ReceivedBlock& block) const;
  PushResult read_lines(HttpRequest& request, ReceivedBlock& block) const;
  template <typename Read>
  PushResult read_body(HttpRequest& request, ReceivedBlock& block, Read read) const;

  const config::PushApiConfig& config_;
  HttpReceiver receiver_;
};

}  // namespace lokitail::agent
