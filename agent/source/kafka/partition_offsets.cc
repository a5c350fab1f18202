#include "agent/source/kafka/partition_offsets.h"

namespace lokitail::agent {

PartitionOffsets::Ticket PartitionOffsets::add(std::int64_t first, std::int64_t next) {
  if (!position_ || first < *position_) begin_ = first;
  position_ = next;
  return handed_on_.add(next);
}

void PartitionOffsets::settle(Ticket ticket) {
  handed_on_.settle(ticket, [this](std::int64_t next) { settled_ = next; });
}

std::optional<std::int64_t> PartitionOffsets::uncommitted() const {
  return settled_ == committed_ ? std::nullopt : settled_;
}

}  // namespace lokitail::agent
