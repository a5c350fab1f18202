#include "pipeline/lang/go_template/methods.h"

#include <algorithm>

#include "pipeline/lang/civil.h"
#include "pipeline/lang/go_template/format.h"
#include "pipeline/lang/go_template/version.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

struct Method {
  Type type;
  std::string_view name;
  std::string_view parameters;  // one letter each: s text, i integer, t of the receiver's own type
  Value (*call)(Context& context, const Value& self, std::span<const Value> arguments);
};

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

constexpr Method kMethods[] = {
    {Type::kTime, "Unix", "", unix_seconds},
    {Type::kTime, "UnixMilli", "", unix_units<1'000>},
    {Type::kTime, "UnixMicro", "", unix_units<1'000'000>},
    {Type::kTime, "UnixNano", "", unix_units<1'000'000'000>},
    {Type::kTime, "Year", "", civil_part<&CivilTime::year>},
    {Type::kTime, "Month", "", civil_part<&CivilTime::month, Type::kMonth>},
    {Type::kTime, "Day", "", civil_part<&CivilTime::day>},
    {Type::kTime, "Weekday", "", civil_part<&CivilTime::weekday, Type::kWeekday>},
    {Type::kTime, "YearDay", "", civil_part<&CivilTime::yearday>},
    {Type::kTime, "Hour", "", civil_part<&CivilTime::hour>},
    {Type::kTime, "Minute", "", civil_part<&CivilTime::minute>},
    {Type::kTime, "Second", "", civil_part<&CivilTime::second>},
    {Type::kTime, "Nanosecond", "", civil_part<&CivilTime::nanosecond>},
    {Type::kTime, "Format", "s", time_format},
    {Type::kTime, "String", "", string},
    {Type::kTime, "IsZero", "", is_zero},
    {Type::kTime, "UTC", "", in_utc},
    {Type::kTime, "Local", "", in_local},
    {Type::kTime, "Add", "i", time_add},
    {Type::kTime, "AddDate", "iii", add_date},
    {Type::kTime, "Sub", "t", time_sub},
    {Type::kTime, "After", "t", time_is<std::is_gt>},
    {Type::kTime, "Before", "t", time_is<std::is_lt>},
    {Type::kTime, "Equal", "t", time_is<std::is_eq>},
    {Type::kTime, "Compare", "t", time_compare},
    {Type::kDuration, "Hours", "", in_units<3'600'000'000'000>},
    {Type::kDuration, "Minutes", "", in_units<60'000'000'000>},
    {Type::kDuration, "Seconds", "", in_units<1'000'000'000>},
    {Type::kDuration, "Milliseconds", "", whole_units<1'000'000>},
    {Type::kDuration, "Microseconds", "", whole_units<1'000>},
    {Type::kDuration, "Nanoseconds", "", whole_units<1>},
    {Type::kDuration, "String", "", string},
    {Type::kMonth, "String", "", string},
    {Type::kWeekday, "String", "", string},
    {Type::kKeyPair, "Cert", "", key_pair_text<&KeyPair::certificate>},
    {Type::kKeyPair, "Key", "", key_pair_text<&KeyPair::key>},
    {Type::kVersion, "Major", "", version_number<&Version::major>},
    {Type::kVersion, "Minor", "", version_number<&Version::minor>},
    {Type::kVersion, "Patch", "", version_number<&Version::patch>},
    {Type::kVersion, "Prerelease", "", version_text<&Version::prerelease>},
    {Type::kVersion, "Metadata", "", version_text<&Version::metadata>},
    {Type::kVersion, "Original", "", version_text<&Version::original>},
    {Type::kVersion, "String", "", string},
    {Type::kVersion, "Compare", "t", version_compare},
    {Type::kVersion, "LessThan", "t", version_is<std::is_lt>},
    {Type::kVersion, "GreaterThan", "t", version_is<std::is_gt>},
    {Type::kVersion, "Equal", "t", version_is<std::is_eq>},
};

bool accepts(const Method& method, std::size_t i, const Value& argument) {
  switch (method.parameters[i]) {
    case 's':
      return argument.is(Type::kString);
    case 'i':
      return argument.is_signed();
    default:
      return argument.is(method.type);
  }
}

}  // namespace

Value call_method(Context& context, const Value& self, std::string_view name, Arguments arguments) {
  const auto method = std::ranges::find_if(
      kMethods, [&](const Method& known) { return self.is(known.type) && known.name == name; });
  if (method == std::end(kMethods)) return context.fail("can't evaluate field ", name);
  if (arguments.size() != method->parameters.size()) {
    return context.fail("wrong number of args for ", name);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!accepts(*method, i, arguments[i])) return context.fail("wrong type for an arg of ", name);
  }
  return method->call(context, self, arguments);
}

}  // namespace lokitail::pipeline::lang::go_template
