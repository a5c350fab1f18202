// Reads topics of a Kafka cluster as a member of a consumer group.
//
// What can be lost: nothing. An offset is committed when all messages before it are settled: delivered, or
// refused for good, or in the spool. What was not committed when an agent dies is read again, by it or by another
// member: at most what was settled within the last kCommitPeriod, and what was in flight. A clean stop, and a
// partition that goes to another member, wait for what is in flight (kRevokePatience), so that nothing comes twice.
//
// While the job has no room the partitions are paused; the group hears of this member all the same.
//
// Threads: the control thread, woken by a descriptor when there is anything; one more for moments, every
// kTopicsPeriod, where topics are given by regular expressions. librdkafka has its own.
// Ownership: what the context refers to, and the job, outlive it.
// Errors:  the constructor throws config::Error for an expression that is none; start() throws where librdkafka is
//          not there, or refuses its configuration. What brokers do is logged and counted, and tried again.
#pragma once

#include <chrono>
#include <memory>

#include "agent/source/target.h"
#include "agent/source/targets.h"

namespace lokitail::agent {

class KafkaReader;

class KafkaTarget final : public Target {
 public:
  static constexpr std::chrono::seconds kCommitPeriod{1};
  static constexpr std::chrono::seconds kRevokePatience{5};
  static constexpr std::chrono::seconds kTopicsPeriod{30};  // Promtail's

  KafkaTarget(const config::ScrapeConfig& job, const TargetContext& context);
  ~KafkaTarget() override;

  void start() override;
  void stop() override;
  boost::asio::awaitable<void> close() override;
  // Whether the group has given it its partitions.
  bool ready() const override;
  std::vector<Row> rows() const override;
  std::vector<const TargetTraffic*> traffic() const override;

 private:
  std::shared_ptr<KafkaReader> reader_;  // shared with what waits for events
};

}  // namespace lokitail::agent
