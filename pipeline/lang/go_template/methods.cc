#include "pipeline/lang/go_template/methods.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "pipeline/lang/civil.h"
#include "pipeline/lang/go_template/format.h"
#include "pipeline/lang/go_template/version.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

using Arguments = std::span<const Value>;

CivilTime civil(const Value& time) { return to_civil(time.as_time().instant, time.as_time().zone); }

// ---- time.Time
// ------------------------------------------------------------------------------------

template <auto kMember, Type kType = Type::kInt>
Value civil_part(Context&, const Value& self, Arguments) {
  return Value::integer(civil(self).*kMember, kType);
}

Value unix_seconds(Context&, const Value& self, Arguments) {
  return Value::integer(self.as_time().instant.seconds, Type::kInt64);
}

template <std::int64_t kPerSecond>
Value unix_units(Context&, const Value& self, Arguments) {
  const Timestamp& instant = self.as_time().instant;
  const auto count = static_cast<std::uint64_t>(instant.seconds) * static_cast<std::uint64_t>(kPerSecond) +
                     static_cast<std::uint64_t>(instant.nanoseconds / (kNanosecondsPerSecond / kPerSecond));
  return Value::integer(static_cast<std::int64_t>(count), Type::kInt64);
}

Value time_format(Context& context, const Value& self, Arguments arguments) {
  const Time& time = self.as_time();
  return context.text(TimeLayout::compile(arguments[0].as_string()).format(time.instant, time.zone));
}

Value is_zero(Context&, const Value& self, Arguments) {
  constexpr std::int64_t kYearOne = -62'135'596'800;  // 0001-01-01T00:00:00Z
  return Value::boolean(self.as_time().instant == Timestamp(kYearOne, 0));
}

Value in_utc(Context& context, const Value& self, Arguments) {
  return context.time({self.as_time().instant, Zone::utc()});
}

Value in_local(Context& context, const Value& self, Arguments) {
  return context.time({self.as_time().instant, Zone::local()});
}

Value time_add(Context& context, const Value& self, Arguments arguments) {
  const Time& time = self.as_time();
  return context.time({time.instant.plus_nanoseconds(arguments[0].as_integer()), time.zone});
}

// How far a time is behind the last whole `unit` since the year 1. REQUIRES: unit > 0.
std::int64_t behind_unit(const Timestamp& instant, std::int64_t unit) {
  __extension__ using Wide = __int128;
  constexpr std::int64_t kYearOne = -62'135'596'800;  // 0001-01-01T00:00:00Z
  const Wide since = (Wide{instant.seconds} - kYearOne) * kNanosecondsPerSecond + instant.nanoseconds;
  const auto rest = static_cast<std::int64_t>(since % unit);
  return rest < 0 ? rest + unit : rest;
}

// Whether `rest` of a whole is less than half of it, of which the double might overflow.
bool less_than_half(std::int64_t rest, std::int64_t whole) { return rest < whole - rest; }

Value time_truncate(Context& context, const Value& self, Arguments arguments) {
  const Time& time = self.as_time();
  const std::int64_t unit = arguments[0].as_integer();
  if (unit <= 0) return self;
  return context.time({time.instant.plus_nanoseconds(-behind_unit(time.instant, unit)), time.zone});
}

Value time_round(Context& context, const Value& self, Arguments arguments) {
  const Time& time = self.as_time();
  const std::int64_t unit = arguments[0].as_integer();
  if (unit <= 0) return self;
  const std::int64_t rest = behind_unit(time.instant, unit);
  const std::int64_t change = less_than_half(rest, unit) ? -rest : unit - rest;
  return context.time({time.instant.plus_nanoseconds(change), time.zone});
}

Value add_date(Context& context, const Value& self, Arguments arguments) {
  constexpr std::int64_t kMost = 1'000'000;  // years, months or days: far beyond any calendar
  for (const Value& argument : arguments) {
    if (argument.as_integer() > kMost || argument.as_integer() < -kMost) {
      return context.fail("AddDate goes too far");
    }
  }
  const CivilTime now = civil(self);
  const std::int64_t months = now.month - 1 + arguments[1].as_integer();
  const std::int64_t years = months >= 0 ? months / 12 : (months - 11) / 12;
  const auto month = static_cast<int>(months - 12 * years) + 1;
  const std::int64_t days = days_from_date(now.year + arguments[0].as_integer() + years, month, 1) + now.day -
                            1 + arguments[2].as_integer();
  const std::int64_t clock =
      days * kSecondsPerDay + std::int64_t{now.hour} * 3600 + std::int64_t{now.minute} * 60 + now.second;
  const Zone& zone = self.as_time().zone;
  return context.time({Timestamp(zone.instant_of(clock), now.nanosecond), zone});
}

Value time_sub(Context&, const Value& self, Arguments arguments) {
  return Value::integer(difference(self.as_time().instant, arguments[0].as_time().instant), Type::kDuration);
}

// What `is` says of the order of two times.
template <auto kIs>
Value time_is(Context&, const Value& self, Arguments arguments) {
  return Value::boolean(kIs(self.as_time().instant <=> arguments[0].as_time().instant));
}

Value time_compare(Context&, const Value& self, Arguments arguments) {
  const auto order = self.as_time().instant <=> arguments[0].as_time().instant;
  return Value::integer(order < 0 ? -1 : order > 0 ? 1 : 0);
}

// ---- time.Duration, and what all have
// -------------------------------------------------------------

template <std::int64_t kUnit>
Value in_units(Context&, const Value& self, Arguments) {
  const std::int64_t whole = self.as_integer() / kUnit;
  const std::int64_t rest = self.as_integer() % kUnit;
  return Value::number(static_cast<double>(whole) + static_cast<double>(rest) / static_cast<double>(kUnit));
}

template <std::int64_t kUnit>
Value whole_units(Context&, const Value& self, Arguments) {
  return Value::integer(self.as_integer() / kUnit, Type::kInt64);
}

Value duration(std::int64_t nanoseconds) { return Value::integer(nanoseconds, Type::kDuration); }

Value duration_truncate(Context&, const Value& self, Arguments arguments) {
  const std::int64_t unit = arguments[0].as_integer();
  return unit <= 0 ? self : duration(self.as_integer() - self.as_integer() % unit);
}

// To the nearest multiple, halves away from zero; no further than durations go.
Value duration_round(Context&, const Value& self, Arguments arguments) {
  const std::int64_t unit = arguments[0].as_integer();
  if (unit <= 0) return self;
  const bool negative = self.as_integer() < 0;
  const std::int64_t rest = negative ? -(self.as_integer() % unit) : self.as_integer() % unit;
  const std::int64_t change = less_than_half(rest, unit) ? -rest : unit - rest;
  std::int64_t rounded = 0;
  if (!__builtin_add_overflow(self.as_integer(), negative ? -change : change, &rounded)) {
    return duration(rounded);
  }
  using Limits = std::numeric_limits<std::int64_t>;
  return duration(negative ? Limits::min() : Limits::max());
}

Value duration_abs(Context&, const Value& self, Arguments) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (self.as_integer() == Limits::min()) return duration(Limits::max());
  return duration(std::abs(self.as_integer()));
}

Value string(Context& context, const Value& self, Arguments) { return Value::string(to_text(context, self)); }

// ---- semver.Version
// -------------------------------------------------------------------------------

template <auto kMember>
Value version_number(Context&, const Value& self, Arguments) {
  return Value::integer(static_cast<std::int64_t>(self.as_version().*kMember), Type::kUint64);
}

template <auto kMember>
Value version_text(Context&, const Value& self, Arguments) {
  return Value::string(self.as_version().*kMember);
}

Value version_compare(Context&, const Value& self, Arguments arguments) {
  const auto order = compare_versions(self.as_version(), arguments[0].as_version());
  return Value::integer(order < 0 ? -1 : order > 0 ? 1 : 0);
}

// ---- sprig.certificate: its fields, which take no arguments either
// ------------------------------------

template <auto kMember>
Value key_pair_text(Context&, const Value& self, Arguments) {
  return Value::string(self.as_key_pair().*kMember);
}

template <auto kIs>
Value version_is(Context&, const Value& self, Arguments arguments) {
  return Value::boolean(kIs(compare_versions(self.as_version(), arguments[0].as_version())));
}

constexpr std::span<const Want> kNothing;
constexpr Want kText[] = {Want::kString};
constexpr Want kThreeIntegers[] = {Want::kInt, Want::kInt, Want::kInt};
constexpr Want kTimeOnly[] = {Want::kTime};
constexpr Want kDurationOnly[] = {Want::kDuration};
constexpr Want kVersionOnly[] = {Want::kVersion};

constexpr Method kMethods[] = {
    {Type::kTime, "Unix", kNothing, unix_seconds},
    {Type::kTime, "UnixMilli", kNothing, unix_units<1'000>},
    {Type::kTime, "UnixMicro", kNothing, unix_units<1'000'000>},
    {Type::kTime, "UnixNano", kNothing, unix_units<1'000'000'000>},
    {Type::kTime, "Year", kNothing, civil_part<&CivilTime::year>},
    {Type::kTime, "Month", kNothing, civil_part<&CivilTime::month, Type::kMonth>},
    {Type::kTime, "Day", kNothing, civil_part<&CivilTime::day>},
    {Type::kTime, "Weekday", kNothing, civil_part<&CivilTime::weekday, Type::kWeekday>},
    {Type::kTime, "YearDay", kNothing, civil_part<&CivilTime::yearday>},
    {Type::kTime, "Hour", kNothing, civil_part<&CivilTime::hour>},
    {Type::kTime, "Minute", kNothing, civil_part<&CivilTime::minute>},
    {Type::kTime, "Second", kNothing, civil_part<&CivilTime::second>},
    {Type::kTime, "Nanosecond", kNothing, civil_part<&CivilTime::nanosecond>},
    {Type::kTime, "Format", kText, time_format},
    {Type::kTime, "String", kNothing, string},
    {Type::kTime, "IsZero", kNothing, is_zero},
    {Type::kTime, "UTC", kNothing, in_utc},
    {Type::kTime, "Local", kNothing, in_local},
    {Type::kTime, "Add", kDurationOnly, time_add},
    {Type::kTime, "Truncate", kDurationOnly, time_truncate},
    {Type::kTime, "Round", kDurationOnly, time_round},
    {Type::kTime, "AddDate", kThreeIntegers, add_date},
    {Type::kTime, "Sub", kTimeOnly, time_sub},
    {Type::kTime, "After", kTimeOnly, time_is<std::is_gt>},
    {Type::kTime, "Before", kTimeOnly, time_is<std::is_lt>},
    {Type::kTime, "Equal", kTimeOnly, time_is<std::is_eq>},
    {Type::kTime, "Compare", kTimeOnly, time_compare},
    {Type::kDuration, "Hours", kNothing, in_units<3'600'000'000'000>},
    {Type::kDuration, "Minutes", kNothing, in_units<60'000'000'000>},
    {Type::kDuration, "Seconds", kNothing, in_units<1'000'000'000>},
    {Type::kDuration, "Milliseconds", kNothing, whole_units<1'000'000>},
    {Type::kDuration, "Microseconds", kNothing, whole_units<1'000>},
    {Type::kDuration, "Nanoseconds", kNothing, whole_units<1>},
    {Type::kDuration, "Truncate", kDurationOnly, duration_truncate},
    {Type::kDuration, "Round", kDurationOnly, duration_round},
    {Type::kDuration, "Abs", kNothing, duration_abs},
    {Type::kDuration, "String", kNothing, string},
    {Type::kMonth, "String", kNothing, string},
    {Type::kWeekday, "String", kNothing, string},
    {Type::kKeyPair, "Cert", kNothing, key_pair_text<&KeyPair::certificate>},
    {Type::kKeyPair, "Key", kNothing, key_pair_text<&KeyPair::key>},
    {Type::kVersion, "Major", kNothing, version_number<&Version::major>},
    {Type::kVersion, "Minor", kNothing, version_number<&Version::minor>},
    {Type::kVersion, "Patch", kNothing, version_number<&Version::patch>},
    {Type::kVersion, "Prerelease", kNothing, version_text<&Version::prerelease>},
    {Type::kVersion, "Metadata", kNothing, version_text<&Version::metadata>},
    {Type::kVersion, "Original", kNothing, version_text<&Version::original>},
    {Type::kVersion, "String", kNothing, string},
    {Type::kVersion, "Compare", kVersionOnly, version_compare},
    {Type::kVersion, "LessThan", kVersionOnly, version_is<std::is_lt>},
    {Type::kVersion, "GreaterThan", kVersionOnly, version_is<std::is_gt>},
    {Type::kVersion, "LessThanEqual", kVersionOnly, version_is<std::is_lteq>},
    {Type::kVersion, "GreaterThanEqual", kVersionOnly, version_is<std::is_gteq>},
    {Type::kVersion, "Equal", kVersionOnly, version_is<std::is_eq>},
};

}  // namespace

const Method* find_method(const Value& self, std::string_view name) {
  const auto method = std::ranges::find_if(
      kMethods, [&](const Method& known) { return self.is(known.type) && known.name == name; });
  return method == std::end(kMethods) ? nullptr : method;
}

}  // namespace lokitail::pipeline::lang::go_template
