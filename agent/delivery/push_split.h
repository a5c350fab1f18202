// Cuts a push in two: in halves, because it is too large for Loki, or so that some of its entries
// travel apart.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "agent/delivery/push.h"

namespace lokitail::agent {

struct EntryInPush {
  std::size_t index;         // in the push, from 0
  std::string_view labels;   // of its stream, as sent
  std::string_view message;  // logproto.Entry
};

// Two pushes with entries in their order, which share the receipt of the one that is cut, and that
// one is used up.
using PushPair = std::pair<std::unique_ptr<Push>, std::unique_ptr<Push>>;

// The entries that `wanted` says yes to, and the others. Both are null where all entries, or none,
// are wanted, and where the body is not what a batch makes (which would be a bug).
PushPair partition_push(const Push& push, const std::function<bool(const EntryInPush&)>& wanted);

// About half of the bytes each. REQUIRES: push.entries > 1.
PushPair halve_push(const Push& push);

}  // namespace lokitail::agent
