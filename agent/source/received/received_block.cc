#include "agent/source/received/received_block.h"

#include <array>

namespace lokitail::agent {
namespace {

constexpr std::array<char, pipeline::kTextPadding> kNothing{};

}  // namespace

void ReceivedBlock::begin_group(const Pairs& labels, std::string_view tenant) {
  groups_.push_back({copy(labels), copy(tenant), {}});
  bytes_ += sizeof(Group);
}

void ReceivedBlock::continue_group(const Pairs& labels, std::string_view tenant) {
  if (groups_.empty() || groups_.back().labels != labels || groups_.back().tenant != tenant)
    begin_group(labels, tenant);
}

void ReceivedBlock::set_labels(const Pairs& labels) {
  bytes_ += labels.size() * sizeof(Pairs::value_type);
  groups_.back().labels = labels;
}

void ReceivedBlock::add(std::string_view line, std::optional<pipeline::Timestamp> time,
                        const Pairs& structured_metadata) {
  groups_.back().entries.push_back({copy(line), time, copy(structured_metadata)});
  ++entries_;
  bytes_ += sizeof(Entry);
}

std::string_view ReceivedBlock::keep(std::string text) {
  const std::size_t size = text.size();
  text.resize(size + pipeline::kTextPadding);
  bytes_ += text.size();
  return std::string_view(kept_.emplace_front(std::move(text))).substr(0, size);
}

void ReceivedBlock::add_kept(std::string_view line, std::optional<pipeline::Timestamp> time,
                             Pairs structured_metadata) {
  bytes_ += sizeof(Entry) + structured_metadata.size() * sizeof(Pairs::value_type);
  if (line.empty()) line = {kNothing.data(), 0};  // wherever it lies: that may not be readable
  groups_.back().entries.push_back({line, time, std::move(structured_metadata)});
  ++entries_;
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
