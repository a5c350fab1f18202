// An extracted value as the number that a metric takes.
//
// Threads: pure function. Errors: nothing for what is no number.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/value.h"

namespace lokitail::pipeline {

// Numbers as they are; true is 1 and false 0; text as Go reads a number ("1e3", "0x1p4", "inf"), or
// else a duration ("250ms", "1h30m"), which gives seconds.
std::optional<double> metric_value(const Value& value);

// The same of text.
std::optional<double> metric_value(std::string_view text);

}  // namespace lokitail::pipeline
