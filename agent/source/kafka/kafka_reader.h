// What reads a job's topics (kafka_target.h says how): takes messages while there is room, and answers what the
// group wants.
//
// Threads: the control thread. Ownership: shared with what waits for events, until close().
// Errors:  as kafka_target.h says.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/source/kafka/kafka_consumer.h"
#include "agent/source/kafka/kafka_entries.h"
#include "agent/source/kafka/kafka_topics.h"
#include "agent/source/target.h"
#include "agent/source/targets.h"
#include "agent/telemetry/metrics.h"

namespace lokitail::agent {

class KafkaReader final : public std::enable_shared_from_this<KafkaReader>, public KafkaEvents {
 public:
  KafkaReader(const config::ScrapeConfig& job, const TargetContext& context);
  ~KafkaReader() override;

  void start();
  void stop();
  boost::asio::awaitable<void> close();
  bool ready() const { return has_joined_ && !stopping_; }
  std::vector<prometheus::MetricFamily> collect() const;
  // Of each partition that this member has.
  std::vector<Target::Row> rows() const;
  const TargetTraffic& traffic() const { return source_->traffic(); }

 private:
  using Clock = std::chrono::steady_clock;
  using Partitions = std::map<KafkaPartition, std::shared_ptr<ReadPartition>>;
  static constexpr std::chrono::seconds kCommitPatience{2};  // of commit_all()

  static ReceivedSource::Spec spec_of(const config::ScrapeConfig& job);

  void wait_for_events();
  void poll_regularly();
  void serve();
  void take(const rd_kafka_message_t& message);
  const std::shared_ptr<ReadPartition>& find(const rd_kafka_message_t& message);
  void flush();

  void wait_for_room();
  void pause_all();
  void resume_all();

  void assigned(const KafkaPartitions& partitions) override;
  void revoked(const KafkaPartitions& partitions, bool lost) override;
  boost::asio::awaitable<void> give_up(KafkaPartitions partitions);
  void forget(const KafkaPartitions& partitions);
  bool in_flight(const KafkaPartitions& partitions) const;

  void commit_later();
  bool commit();
  bool has_uncommitted() const;
  boost::asio::awaitable<void> commit_all(Clock::time_point deadline);
  void committed(const KafkaOffsets& offsets, const char* problem) override;
  void failed(const char* name, const std::string& reason) override;

  void look_for_topics();
  void found_topics(const std::optional<std::vector<std::string>>& existing, const std::string& problem);
  void subscribe(const std::vector<std::string>& topics);

  KafkaPartitions all() const;
  // Until something has changed that somebody may wait for.
  boost::asio::awaitable<void> change(Clock::time_point deadline);
  void changed();

  const config::ScrapeConfig& job_;
  const config::KafkaConfig& config_;
  const bool commits_;
  boost::asio::io_context& control_;
  Worker& worker_;
  Metrics& metrics_;
  const KafkaTopics topics_;
  const std::shared_ptr<ReceivedSource> source_;
  KafkaEntries entries_;
  prometheus::Counter& received_;
  boost::asio::posix::stream_descriptor readable_;
  boost::asio::steady_timer poll_timer_, commit_timer_, pause_timer_, topics_timer_;
  std::set<boost::asio::steady_timer*> waiting_;  // of change()
  std::thread lookup_;
  std::vector<std::string> subscribed_;
  Partitions partitions_;
  // Of the last message: the next one is nearly always of the same.
  const void* last_topic_ = nullptr;
  std::int32_t last_number_ = -1;
  std::shared_ptr<ReadPartition> last_;
  bool serving_ = false;  // a call is on its way
  bool has_joined_ = false;
  bool no_room_ = false;  // so nothing is polled, or all is paused
  bool paused_ = false;
  bool commit_pending_ = false;
  bool commit_planned_ = false;
  bool stopping_ = false;
  bool closing_ = false;
  struct Trouble {
    Clock::time_point next_log;
    std::uint64_t unlogged = 0;
  };
  std::map<std::string, Trouble> troubles_;
  std::unique_ptr<KafkaConsumer> consumer_;  // none before the start and after the end
};

}  // namespace lokitail::agent
