// Writes times as RFC 3339 in UTC with milliseconds: 2025-11-07T10:30:15.123Z.
//
// Threads: pure functions. Every time that the system's clock can tell has a year of four digits.
#pragma once

#include <chrono>

#include "agent/telemetry/logger/text_buffer.h"

namespace lokitail::telemetry {

void append_time(TextBuffer& out, std::chrono::system_clock::time_point time);

}  // namespace lokitail::telemetry
