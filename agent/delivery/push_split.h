// Cuts a push that is too large for Loki in two.
//
// Threads: pure function.
#pragma once

#include <memory>
#include <utility>

#include "agent/delivery/push.h"

namespace lokitail::agent {

// Two pushes with about half of the bytes each, entries in their order, the first one's first. They
// share the receipt of `push`, which is used up. REQUIRES: push.entries > 1.
// Both are null where the body is not what a batch makes (which would be a bug).
std::pair<std::unique_ptr<Push>, std::unique_ptr<Push>> split_push(const Push& push);

}  // namespace lokitail::agent
