// What a name says about the values behind it.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent::lint {

// What makes the values of a name so many that it is no label; and what looks so and has few:
// kSender is the address of whoever sends syslog messages.
enum class NameKind { kFewValues, kSender, kId, kAddress, kPath, kTime, kMeasure, kText };

NameKind kind_of_name(std::string_view name);

// "traceID", "trace-id" and "trace.id" are "trace" and "id".
std::vector<std::string> words_of(std::string_view name);

}  // namespace lokitail::agent::lint
