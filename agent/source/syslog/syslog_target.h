// Listens for syslog messages, over TCP, TLS or UDP.
//
// What can be lost: syslog has no acknowledgement. Over TCP at most kMostUnsettledBytes of each connection are
// read and not yet on disk (or delivered, where there is no spool); a sender is held back beyond that, and
// while the job has no room. Over UDP what does not fit into the socket's buffer is lost; the kernel counts it,
// and so does lokitail_syslog_lost_datagrams_total.
//
// Threads: the control thread. Ownership: what the context refers to, and the job, outlive it.
// Errors:  start() throws for an address that cannot be listened at, or certificates that cannot be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "agent/source/target.h"
#include "agent/source/targets.h"

namespace lokitail::agent {

class SyslogTarget final : public Target {
 public:
  static constexpr std::size_t kMostUnsettledBytes = 256 * 1024;

  SyslogTarget(const config::ScrapeConfig& job, const TargetContext& context);
  ~SyslogTarget() override;

  void start() override;
  void stop() override;
  bool ready() const override;
  std::vector<const TargetTraffic*> traffic() const override;

  class Listener;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with what waits for senders
};

}  // namespace lokitail::agent
