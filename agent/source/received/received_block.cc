#include "agent/source/received/received_block.h"

namespace lokitail::agent {

void ReceivedBlock::begin_group(const Pairs& labels) {
  groups_.push_back({copy(labels), {}});
  bytes_ += sizeof(Group);
}

void ReceivedBlock::add(std::string_view line, std::optional<pipeline::Timestamp> time,
                        const Pairs& structured_metadata) {
  groups_.back().entries.push_back({copy(line), time, copy(structured_metadata)});
  ++entries_;
  bytes_ += sizeof(Entry);
}

ReceivedBlock::Pairs ReceivedBlock::copy(const Pairs& pairs) {
  Pairs copied;
  copied.reserve(pairs.size());
  for (const auto& [name, value] : pairs) copied.emplace_back(copy(name), copy(value));
  bytes_ += pairs.size() * sizeof(Pairs::value_type);
  return copied;
}

std::string_view ReceivedBlock::copy(std::string_view text) {
  bytes_ += text.size() + pipeline::kTextPadding;
  return text_.copy(text);
}

}  // namespace lokitail::agent
