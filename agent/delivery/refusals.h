// Which entries of a push Loki has refused, as far as its words tell.
//
// Loki names the rule that was broken and its limit, and some of the entries. What breaks that rule
// is found by looking at all entries of the push.
//
// Source: Loki's pkg/validation/validate.go and pkg/ingester/stream.go.
//
// Threads: pure function. Errors: none.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "agent/delivery/push.h"

namespace lokitail::agent {

// Their indexes in the push, ascending. Empty where the words do not tell.
std::vector<std::size_t> find_refused(const Push& push, std::string_view answer);

}  // namespace lokitail::agent
