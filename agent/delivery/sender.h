// Sends the pushes of one client. Each tenant has a lane of its own (lane.h), so that a tenant that
// is rate-limited holds back no other.
//
// Threads: delivery's io_context thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/delivery/lane.h"

namespace lokitail::agent {

// What a client is doing, for /readyz, the logs and the page.
struct SenderStatus {
  bool delivering = true;                  // the latest attempt of every lane was good
  std::string trouble;                     // otherwise: what Loki, or the network, said last
  std::size_t queued = 0;                  // pushes not settled
  std::size_t in_flight = 0;               // of them
  std::chrono::nanoseconds oldest_wait{};  // of the oldest of them
  std::optional<Lane::LastAnswer> last_answer{};
  std::size_t tenants = 0;
  std::string host{};  // where pushes go now; another than the client's own after a failover
  std::size_t troubled_tenants = 0;
  std::optional<std::chrono::system_clock::time_point> trouble_since{};  // of the tenant longest in trouble
  std::size_t throttled_streams = 0;
  bool uses_standby = false;  // some tenants' pushes go to another destination
};

class Sender {
 public:
  // What the context refers to outlives the sender.
  explicit Sender(const LaneContext& context) : context_(context) {}

  // Takes a push that is in the budget already.
  void send(std::unique_ptr<Push> push);

  // The same for one that another sender had before.
  void go_on_with(std::unique_ptr<Push> push);

  // Sends what an earlier run left on disk.
  void resume(const std::string& tenant) { lane_of(tenant).resume(); }

  // Nothing is in memory.
  bool idle() const;
  // Nor on disk.
  bool empty() const;
  std::size_t lanes() const { return lanes_.size(); }
  SenderStatus status() const;
  // `host` label of this client's metrics.
  const std::string& host() const { return context_.destinations.front()->host(); }

  // Ends waits between attempts: each lane tries again now. For shutdown.
  void hurry();
  // Stops all lanes where they are; what they hold stays unsettled.
  void stop();
  // After stop(): the pushes that are nowhere but in memory, those of a lane in their order.
  std::vector<std::unique_ptr<Push>> take_left();
  // After stop(): whether no request is on its way any more.
  bool is_over() const;

 private:
  Lane& lane_of(const std::string& tenant);

  const LaneContext context_;
  std::map<std::string, std::shared_ptr<Lane>> lanes_;  // by tenant
  std::vector<std::unique_ptr<Push>> late_;             // what came after stop()
  bool stopping_ = false;
};

}  // namespace lokitail::agent
