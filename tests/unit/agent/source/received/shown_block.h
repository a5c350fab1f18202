// The entries of a block as text, for tests of what makes blocks.
#pragma once

#include <algorithm>
#include <string>

#include "agent/source/received/received_block.h"

namespace lokitail::agent::test {

// A line for each entry: its labels, its time, its line, its metadata; pairs in the order of their names.
inline std::string shown(const ReceivedBlock& block) {
  std::string all;
  const auto add = [&all](ReceivedBlock::Pairs pairs) {
    std::ranges::sort(pairs);
    for (const auto& [name, value] : pairs) all.append(name).append("=").append(value).append(" ");
  };
  for (const auto& group : block.groups()) {
    for (const auto& entry : group.entries) {
      add(group.labels);
      all += "| " + (entry.time ? std::to_string(entry.time->to_unix_nanoseconds()) : std::string("now")) +
             " | ";
      all.append(entry.line).append(" | ");
      add(entry.structured_metadata);
      all += "\n";
    }
  }
  return all;
}

}  // namespace lokitail::agent::test
