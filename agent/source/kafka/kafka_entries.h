// Makes entries of messages, in blocks of which it is known which messages of which partition are in them.
//
// Threads: the control thread. Ownership: the source and the job outlive it.
// Source:  the labels are Promtail's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/discovery/relabel.h"
#include "agent/source/kafka/partition_offsets.h"
#include "agent/source/received/received_source.h"
#include "config/config.h"

namespace lokitail::agent {

// A partition that the job reads, from when it is assigned until it is revoked. What is still on its way
// then does not count any more.
struct ReadPartition {
  std::string topic;
  std::int32_t number = 0;
  std::string number_text;
  bool taking = true;
  PartitionOffsets offsets;
};

struct KafkaRecord {
  std::string_view key;
  std::string_view value;
  std::int64_t offset = 0;
  std::optional<std::int64_t> milliseconds;  // since 1970
};

class KafkaEntries {
 public:
  // A block that is full, so that others get a turn.
  static constexpr std::size_t kBlockBytes = 256 * 1024;

  KafkaEntries(const config::ScrapeConfig& job, ReceivedSource& source);

  // The name that the group has given this member.
  void set_member(std::string member) { member_ = std::move(member); }
  void add(const std::shared_ptr<ReadPartition>& partition, const KafkaRecord& record);
  bool full() const { return block_ && block_->bytes() >= kBlockBytes; }
  // Hands over all that was added. `settled` is called on the control thread, where there was anything and
  // when it is settled in its partitions.
  void flush(std::function<void()> settled);

 private:
  KafkaEntries(const config::ScrapeConfig& job, ReceivedSource& source, const Relabeler& rules);
  // The messages of a partition that are in the block, as far as they came without others between.
  struct Run {
    std::shared_ptr<ReadPartition> partition;
    std::int64_t first, next;
  };
  void collect_labels(const ReadPartition& partition, std::string_view key);

  const config::KafkaConfig& config_;
  const bool uses_topic_, uses_partition_, uses_member_, uses_group_, uses_key_;
  ReceivedSource& source_;
  std::string member_;
  std::unique_ptr<ReceivedBlock> block_;
  std::vector<Run> runs_;
  std::string group_key_;  // of the group of the block that is open
  ReceivedBlock::Pairs labels_;
};

}  // namespace lokitail::agent
