#include "pipeline/lang/go_template/time_text.h"

#include <chrono>
#include <span>

#include "config/value.h"
#include "pipeline/label_text.h"
#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/time_layout.h"
#include "pipeline/lang/time_layout_names.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

void append_name(Text& out, std::span<const std::string_view> names, std::int64_t index,
                 std::string_view type, std::int64_t number) {
  if (index >= 0 && index < static_cast<std::int64_t>(names.size())) {
    out += names[static_cast<std::size_t>(index)];
    return;
  }
  NumberBuffer buffer;
  ((((out += "%!") += type) += '(') += format_int(number, buffer)) += ')';
}

}  // namespace

void append_time(Text& out, const Time& time) {
  static const TimeLayout layout = TimeLayout::compile("2006-01-02 15:04:05.999999999 -0700 MST");
  out += layout.format(time.instant, time.zone);
}

void append_go_time(Text& out, const Time& time) {
  const CivilTime civil = to_civil(time.instant, time.zone);
  NumberBuffer buffer;
  (out += "time.Date(") += format_int(civil.year, buffer);
  (out += ", time.") += kMonthNames[static_cast<std::size_t>(civil.month - 1)];
  for (const int part : {civil.day, civil.hour, civil.minute, civil.second, civil.nanosecond}) {
    (out += ", ") += format_int(part, buffer);
  }
  const std::string zone = time.zone.name();
  if (zone == "UTC" || zone == "Local") {
    ((out += ", time.") += zone) += ')';
  } else {
    std::string quoted;
    append_quoted(quoted, zone);
    ((out += ", time.Location(") += quoted) += "))";
  }
}

void append_duration(Text& out, std::int64_t nanoseconds) {
  out += config::format_go_duration(std::chrono::nanoseconds(nanoseconds));
}

void append_month(Text& out, std::int64_t month) { append_name(out, kMonthNames, month - 1, "Month", month); }

void append_weekday(Text& out, std::int64_t weekday) {
  append_name(out, kWeekdayNames, weekday, "Weekday", weekday);
}

}  // namespace lokitail::pipeline::lang::go_template
