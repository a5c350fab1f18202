// A member of a consumer group, of librdkafka. What librdkafka wants is told by a descriptor that becomes
// readable, so that nothing runs here while nothing comes: who is told calls poll() until it returns nothing.
// It has to be called about every minute besides, or the group believes that its member is dead
// (max.poll.interval.ms, 5 minutes).
//
// Threads: one, that of the events; topics() may be called on another. Ownership: the events outlive it.
// Errors:  the constructor throws std::runtime_error for properties that librdkafka refuses. What brokers do
//          comes as an event, and librdkafka tries again by itself.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/source/kafka/kafka_library.h"
#include "config/config.h"

namespace lokitail::agent {

struct KafkaPartition {
  std::string topic;
  std::int32_t number = 0;
  auto operator<=>(const KafkaPartition&) const = default;
};
using KafkaPartitions = std::vector<KafkaPartition>;
using KafkaOffsets = std::vector<std::pair<KafkaPartition, std::int64_t>>;

// Called by KafkaConsumer::poll().
class KafkaEvents {
 public:
  virtual ~KafkaEvents() = default;
  // To be answered by KafkaConsumer::take().
  virtual void assigned(const KafkaPartitions& partitions) = 0;
  // To be answered by KafkaConsumer::give_up(), perhaps later. `lost`: others may have them already, and
  // nothing can be committed any more.
  virtual void revoked(const KafkaPartitions& partitions, bool lost) = 0;
  // What became of a commit(): those that the coordinator knows, and why it does not know all of them, or
  // nullptr.
  virtual void committed(const KafkaOffsets& offsets, const char* problem) = 0;
  virtual void failed(const char* name, const std::string& reason) = 0;
};

class KafkaConsumer {
 public:
  struct MessageDeleter {
    const KafkaLibrary* library;
    void operator()(rd_kafka_message_t* message) const { library->message_destroy_(message); }
  };
  using Message = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;

  // `library` is that of load_kafka_library().
  KafkaConsumer(const KafkaLibrary& library, const config::KafkaConfig& config, KafkaEvents& events);
  KafkaConsumer(const KafkaConsumer&) = delete;
  KafkaConsumer& operator=(const KafkaConsumer&) = delete;
  // Without a close() before it, the group waits until it believes that this member is dead.
  ~KafkaConsumer();

  // Becomes readable when there is something to poll. Read 8 bytes of it before polling.
  int descriptor() const { return descriptor_; }
  // A message, or nothing where there is none. Events are told meanwhile.
  Message poll();
  const char* topic_of(const rd_kafka_message_t& message) const { return library_.topic_name_(message.rkt); }
  const char* error_name(const rd_kafka_message_t& message) const { return library_.err2name_(message.err); }
  // Milliseconds since 1970, where the message has a time.
  std::optional<std::int64_t> time_of(const rd_kafka_message_t& message) const;

  // Joins the group with these topics, in place of those before. What is wrong, or nothing.
  std::string subscribe(const std::vector<std::string>& topics);
  std::string member_id() const;
  void take(const KafkaPartitions& partitions);
  void give_up(const KafkaPartitions& partitions);
  void pause(const KafkaPartitions& partitions);
  void resume(const KafkaPartitions& partitions);
  // REQUIRES: at least one. False where it cannot even be tried; otherwise an event says what became of it.
  bool commit(const KafkaOffsets& offsets);
  // The offset behind the partition's last message, as far as it was heard of.
  std::optional<std::int64_t> end_of(const KafkaPartition& partition) const;

  // Leaves the group. From now on poll() returns no messages.
  void close();
  bool closed() const;

  // All topics there are, or nothing with the reason in `problem`. Waits for a broker; any thread.
  std::optional<std::vector<std::string>> topics(std::chrono::milliseconds patience,
                                                 std::string& problem) const;

 private:
  class List;
  rd_kafka_conf_t* make_configuration(const config::KafkaConfig& config);
  bool is_cooperative() const;
  static KafkaConsumer& of(void* opaque) { return *static_cast<KafkaConsumer*>(opaque); }

  const KafkaLibrary& library_;
  KafkaEvents& events_;
  const std::string server_name_;  // in the brokers' certificates, where it is not their own
  int descriptor_ = -1;
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  rd_kafka_queue_t* closing_queue_ = nullptr;
};

}  // namespace lokitail::agent
