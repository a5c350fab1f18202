#include "agent/source/kafka/kafka_entries.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kTopicLabel = "__meta_kafka_topic";
constexpr std::string_view kPartitionLabel = "__meta_kafka_partition";
constexpr std::string_view kMemberLabel = "__meta_kafka_member_id";
constexpr std::string_view kGroupLabel = "__meta_kafka_group_id";
constexpr std::string_view kKeyLabel = "__meta_kafka_message_key";
constexpr std::string_view kNoKey = "none";

std::optional<pipeline::Timestamp> time_of(std::optional<std::int64_t> milliseconds) {
  if (!milliseconds) return std::nullopt;
  return pipeline::Timestamp{*milliseconds / 1000,
                             static_cast<std::int32_t>(*milliseconds % 1000 * 1'000'000)};
}

}  // namespace

KafkaEntries::KafkaEntries(const config::ScrapeConfig& job, ReceivedSource& source)
    : KafkaEntries(job, source, Relabeler(job.relabel_configs)) {}

// Only those labels that rules can use: all begin with "__" and go in the end, and a key may be another in
// each message.
KafkaEntries::KafkaEntries(const config::ScrapeConfig& job, ReceivedSource& source, const Relabeler& rules)
    : config_(*job.kafka),
      uses_topic_(rules.may_use(kTopicLabel)),
      uses_partition_(rules.may_use(kPartitionLabel)),
      uses_member_(rules.may_use(kMemberLabel)),
      uses_group_(rules.may_use(kGroupLabel)),
      uses_key_(rules.may_use(kKeyLabel)),
      source_(source) {}

void KafkaEntries::add(const std::shared_ptr<ReadPartition>& partition, const KafkaRecord& record) {
  const std::string_view key = record.key.empty() ? kNoKey : record.key;
  const bool same_partition = block_ && runs_.back().partition == partition;
  if (!same_partition || (uses_key_ && key != group_key_)) {
    if (!block_) block_ = std::make_unique<ReceivedBlock>();
    collect_labels(*partition, key);
    block_->begin_group(labels_);
    if (uses_key_) group_key_ = key;
  }
  if (same_partition) {
    runs_.back().next = record.offset + 1;
  } else {
    runs_.push_back({partition, record.offset, record.offset + 1});
  }
  block_->add(record.value, config_.use_incoming_timestamp ? time_of(record.milliseconds) : std::nullopt);
}

void KafkaEntries::flush(std::function<void()> settled) {
  if (!block_) return;
  using Ticket = PartitionOffsets::Ticket;
  std::vector<std::pair<std::shared_ptr<ReadPartition>, Ticket>> tickets;
  tickets.reserve(runs_.size());
  for (Run& run : runs_) {
    const Ticket ticket = run.partition->offsets.add(run.first, run.next);
    tickets.emplace_back(std::move(run.partition), ticket);
  }
  runs_.clear();
  source_.offer(std::move(block_), [tickets = std::move(tickets), settled = std::move(settled)] {
    for (const auto& [partition, ticket] : tickets) partition->offsets.settle(ticket);
    settled();
  });
  block_.reset();
}

void KafkaEntries::collect_labels(const ReadPartition& partition, std::string_view key) {
  labels_.clear();
  if (uses_topic_) labels_.emplace_back(kTopicLabel, partition.topic);
  if (uses_partition_) labels_.emplace_back(kPartitionLabel, partition.number_text);
  if (uses_member_) labels_.emplace_back(kMemberLabel, member_);
  if (uses_group_) labels_.emplace_back(kGroupLabel, config_.group_id);
  if (uses_key_) labels_.emplace_back(kKeyLabel, key);
}

}  // namespace lokitail::agent
