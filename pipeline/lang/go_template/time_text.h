// Times, durations, months and weekdays as Go's String() methods print them.
#pragma once

#include <cstdint>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

void append_time(Text& out, const Time& time);
void append_go_time(Text& out, const Time& time);  // GoString(), which %#v prints
void append_duration(Text& out, std::int64_t nanoseconds);
void append_month(Text& out, std::int64_t month);      // 1..12; others print as Go prints them
void append_weekday(Text& out, std::int64_t weekday);  // 0..6; likewise

}  // namespace lokitail::pipeline::lang::go_template
