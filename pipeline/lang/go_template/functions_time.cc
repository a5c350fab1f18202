// Times and durations. What has to be a time and is none is the time now, and what cannot be read
// is Go's zero time: Sprig has it so.
#include <chrono>
#include <stdexcept>

#include "config/value.h"
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/go_template/recent.h"
#include "pipeline/lang/go_template/time_text.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

constexpr std::int64_t kNanosecond = 1;
constexpr std::int64_t kSecond = 1'000'000'000 * kNanosecond;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// 0001-01-01T00:00:00Z
const Time kZeroTime = {Timestamp(-62'135'596'800, 0), Zone()};

const TimeLayout& layout(std::string_view text) {
  thread_local Recent<TimeLayout> layouts;
  return layouts.get(text, TimeLayout::compile);
}

const Zone& zone_or_utc(std::string_view name) {
  thread_local Recent<Zone> zones;
  return zones.get(name, [](std::string_view unknown) {
    try {
      return Zone::load(unknown);
    } catch (const std::invalid_argument&) {
      return Zone::utc();
    }
  });
}

// The instant that a value stands for: a time, or a count of seconds since 1970.
Timestamp instant(const Call& call, const Value& value) {
  if (value.is(Type::kTime)) return value.as_time().instant;
  if (value.is(Type::kInt) || value.is(Type::kInt64)) return {value.as_integer(), 0};
  return call.context.now();
}

Value format(const Call& call, std::string_view go_layout, const Value& time, const Zone& zone) {
  return call.context.text(layout(go_layout).format(instant(call, time), zone));
}

Value date(const Call& call) { return format(call, call.string(0), call[1], Zone::local()); }

Value date_in_zone(const Call& call) {
  return format(call, call.string(0), call[1], zone_or_utc(call.string(2)));
}

Value html_date(const Call& call) { return format(call, "2006-01-02", call[0], Zone::local()); }

Value html_date_in_zone(const Call& call) {
  return format(call, "2006-01-02", call[0], zone_or_utc(call.string(1)));
}

Value now(const Call& call) { return call.context.time({call.context.now(), Zone::local()}); }

bool parse(const Call& call, Time& out) {
  ParsedTime parsed;
  if (!layout(call.string(0)).parse(call.string(1), Zone::local(), Zone::local(), parsed)) return false;
  out = {parsed.time, parsed.zone()};
  return true;
}

Value to_date(const Call& call) {
  Time time = kZeroTime;
  parse(call, time);
  return call.context.time(std::move(time));
}

Value must_to_date(const Call& call) {
  Time time;
  if (!parse(call, time)) return call.context.fail("cannot parse as a time: ", call.string(1));
  return call.context.time(std::move(time));
}

Value unix_epoch(const Call& call) {
  NumberBuffer buffer;
  return call.context.text(format_int(call[0].as_time().instant.seconds, buffer));
}

Value shift(const Call& call, std::chrono::nanoseconds by) {
  const Time& time = call[1].as_time();
  return call.context.time({time.instant.plus_nanoseconds(by.count()), time.zone});
}

Value date_modify(const Call& call) {
  const auto by = config::parse_go_duration(call.string(0));
  return by ? shift(call, *by) : call[1];
}

Value must_date_modify(const Call& call) {
  const auto by = config::parse_go_duration(call.string(0));
  return by ? shift(call, *by) : call.context.fail("invalid duration: ", call.string(0));
}

Value duration_text(const Call& call, std::int64_t nanoseconds) {
  Text out(call.context);
  append_duration(out, nanoseconds);
  return out.value();
}

// To the nearest whole second, as Go's Duration.Round: one that 64 bits do not hold stays.
std::int64_t round_to_seconds(std::int64_t duration) {
  const std::int64_t rest = duration % kSecond;
  std::int64_t rounded = duration - rest;
  const std::int64_t carry = rest >= kSecond / 2 ? kSecond : rest <= -kSecond / 2 ? -kSecond : 0;
  return __builtin_add_overflow(rounded, carry, &rounded) ? duration : rounded;
}

Value ago(const Call& call) {
  return duration_text(call, round_to_seconds(difference(call.context.now(), instant(call, call[0]))));
}

// A count of seconds, as an int64 or as text; anything else counts as none.
Value duration(const Call& call) {
  std::int64_t seconds = 0;
  if (call[0].is(Type::kInt64)) seconds = call[0].as_integer();
  if (call[0].is(Type::kString)) seconds = parse_int(call.string(0), 10).value_or(0);
  return duration_text(call, static_cast<std::int64_t>(static_cast<std::uint64_t>(seconds) *
                                                       static_cast<std::uint64_t>(kSecond)));
}

// The largest unit of which there is more than one whole, and how many.
Value duration_round(const Call& call) {
  std::int64_t duration = 0;
  if (call[0].is(Type::kInt64)) duration = call[0].as_integer();
  if (call[0].is(Type::kTime)) duration = difference(call.context.now(), call[0].as_time().instant);
  if (call[0].is(Type::kString)) {
    duration = config::parse_go_duration(call.string(0)).value_or(std::chrono::nanoseconds(0)).count();
  }
  const auto bits = static_cast<std::uint64_t>(duration);
  const std::uint64_t magnitude = duration < 0 ? 0 - bits : bits;
  constexpr std::pair<std::int64_t, std::string_view> kUnits[] = {
      {365 * kDay, "y"}, {30 * kDay, "mo"}, {kDay, "d"}, {kHour, "h"}, {kMinute, "m"}, {kSecond, "s"}};
  for (const auto& [unit, name] : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit);
    if (magnitude <= size) continue;
    NumberBuffer buffer;
    Text out(call.context);
    (out += format_uint(magnitude / size, buffer)) += name;
    return out.value();
  }
  return Value::string("0s");
}

constexpr Function kTimeFunctions[] = {
    {"ago", "any", ago},
    {"date", "string any", date},
    {"dateInZone", "string any string", date_in_zone},
    {"date_in_zone", "string any string", date_in_zone},
    {"dateModify", "string time", date_modify},
    {"date_modify", "string time", date_modify},
    {"mustDateModify", "string time", must_date_modify},
    {"must_date_modify", "string time", must_date_modify},
    {"duration", "any", duration},
    {"durationRound", "any", duration_round},
    {"htmlDate", "any", html_date},
    {"htmlDateInZone", "any string", html_date_in_zone},
    {"now", "", now},
    {"toDate", "string string", to_date},
    {"mustToDate", "string string", must_to_date},
    {"unixEpoch", "time", unix_epoch},
};

}  // namespace

std::span<const Function> time_functions() { return kTimeFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
