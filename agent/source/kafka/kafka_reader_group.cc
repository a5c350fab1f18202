// What the group gives and takes, and what it is told of offsets.

#include "agent/source/kafka/kafka_reader.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/source/kafka/kafka_target.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds kCommitRetry{100};

}  // namespace

// ---- The group ------------------------------------------------------------------------------------

void KafkaReader::assigned(const KafkaPartitions& partitions) {
  entries_.set_member(consumer_->member_id());
  last_topic_ = nullptr;
  last_.reset();
  for (const KafkaPartition& name : partitions) {
    auto partition = std::make_shared<ReadPartition>();
    partition->topic = name.topic;
    partition->number = name.number;
    partition->number_text = std::to_string(name.number);
    partitions_.insert_or_assign(name, std::move(partition));
  }
  consumer_->take(partitions);
  // librdkafka remembers that a partition is paused even while it has another reader.
  if (!partitions.empty()) {
    paused_ || stopping_ ? consumer_->pause(partitions) : consumer_->resume(partitions);
  }
  has_joined_ = true;
  log::info("kafka partitions assigned", {{"job", job_.job_name}, {"partitions", partitions.size()}});
}

void KafkaReader::revoked(const KafkaPartitions& partitions, bool lost) {
  flush();
  for (const KafkaPartition& name : partitions) {
    if (const auto found = partitions_.find(name); found != partitions_.end()) found->second->taking = false;
  }
  log::info("kafka partitions revoked",
            {{"job", job_.job_name}, {"partitions", partitions.size()}, {"lost", lost}});
  if (lost || closing_) {
    forget(partitions);
    consumer_->give_up(partitions);
    return;
  }
  asio::co_spawn(
      control_, [self = shared_from_this(), partitions] { return self->give_up(partitions); },
      asio::detached);
}

// Who gets a partition next begins with what is committed. librdkafka fetches nothing of it meanwhile.
asio::awaitable<void> KafkaReader::give_up(KafkaPartitions partitions) {
  const auto self = shared_from_this();
  const auto deadline = Clock::now() + KafkaTarget::kRevokePatience;
  while (in_flight(partitions) && Clock::now() < deadline && consumer_) co_await change(deadline);
  co_await commit_all(Clock::now() + kCommitPatience);
  forget(partitions);
  if (consumer_) consumer_->give_up(partitions);
}

void KafkaReader::forget(const KafkaPartitions& partitions) {
  for (const KafkaPartition& name : partitions) partitions_.erase(name);
  last_topic_ = nullptr;
  last_.reset();
}

bool KafkaReader::in_flight(const KafkaPartitions& partitions) const {
  return std::ranges::any_of(partitions, [this](const KafkaPartition& name) {
    const auto found = partitions_.find(name);
    return found != partitions_.end() && found->second->offsets.in_flight();
  });
}

KafkaPartitions KafkaReader::all() const {
  KafkaPartitions names;
  for (const auto& [name, partition] : partitions_) names.push_back(name);
  return names;
}

// ---- Offsets --------------------------------------------------------------------------------------

void KafkaReader::commit_later() {
  if (!commits_ || commit_planned_ || !consumer_) return;
  commit_planned_ = true;
  commit_timer_.expires_after(KafkaTarget::kCommitPeriod);
  commit_timer_.async_wait([self = shared_from_this()](const error_code&) {
    self->commit_planned_ = false;
    self->commit();
  });
}

// False where there is nothing to commit, or it cannot be tried.
bool KafkaReader::commit() {
  if (!commits_ || commit_pending_ || !consumer_) return false;
  KafkaOffsets offsets;
  for (const auto& [name, partition] : partitions_) {
    if (const auto offset = partition->offsets.uncommitted()) offsets.emplace_back(name, *offset);
  }
  if (offsets.empty()) return false;
  commit_pending_ = consumer_->commit(offsets);
  return commit_pending_;
}

bool KafkaReader::has_uncommitted() const {
  return commits_ && std::ranges::any_of(partitions_, [](const auto& item) {
           return item.second->offsets.uncommitted().has_value();
         });
}

asio::awaitable<void> KafkaReader::commit_all(Clock::time_point deadline) {
  while (has_uncommitted() && Clock::now() < deadline && consumer_) {
    if (commit() || commit_pending_) {
      co_await change(deadline);
    } else {
      co_await change(std::min(deadline, Clock::now() + kCommitRetry));
    }
  }
}

void KafkaReader::committed(const KafkaOffsets& offsets, const char* problem) {
  commit_pending_ = false;
  for (const auto& [name, offset] : offsets) {
    if (const auto found = partitions_.find(name); found != partitions_.end()) {
      found->second->offsets.committed(offset);
    }
  }
  if (problem != nullptr) failed("commit", problem);
  if (has_uncommitted()) commit_later();
  changed();
}

}  // namespace lokitail::agent
