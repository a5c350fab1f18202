#include "pipeline/lang/time_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "pipeline/lang/civil.h"
#include "pipeline/lang/rfc3339.h"

namespace lokitail::pipeline::lang {

namespace {

constexpr std::string_view kRfc3339Layout = "2006-01-02T15:04:05Z07:00";
constexpr std::string_view kRfc3339NanoLayout = "2006-01-02T15:04:05.999999999Z07:00";

struct NamedLayout {
  std::string_view name;
  std::string_view layout;
};

constexpr NamedLayout kNamedLayouts[] = {
    {"ANSIC", "Mon Jan _2 15:04:05 2006"},          {"UnixDate", "Mon Jan _2 15:04:05 MST 2006"},
    {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006"}, {"RFC822", "02 Jan 06 15:04 MST"},
    {"RFC822Z", "02 Jan 06 15:04 -0700"},           {"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
    {"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},   {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
};

// As Go's strconv.ParseInt in base 10: one sign, digits, nothing else.
bool parse_integer(std::string_view text, int64_t& out) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, out);
  return result.ec == std::errc() && result.ptr == end;
}

// Nanoseconds of the digits behind the point. A sign counts as a digit for the scale: ".-5" is
// minus five hundredths. In floating point, as Promtail does it.
int64_t scale_fraction(int64_t fraction, size_t length) {
  static constexpr std::array<double, 28> kPowersOfTen = {
      1e9,  1e8,  1e7,  1e6,  1e5,  1e4,   1e3,   1e2,   1e1,   1e0,   1e-1,  1e-2,  1e-3,  1e-4,
      1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17, 1e-18};
  if (length >= kPowersOfTen.size()) return 0;  // 64 bits of fraction behind so many zeros are nothing
  return static_cast<int64_t>(static_cast<double>(fraction) * kPowersOfTen[length]);
}

bool parse_unix_seconds(std::string_view text, Timestamp& out) {
  const size_t point = text.find('.');
  int64_t seconds;
  if (!parse_integer(text.substr(0, point), seconds)) return false;
  if (point == std::string_view::npos) {
    out = {seconds, 0};
    return true;
  }
  const std::string_view digits = text.substr(point + 1);
  int64_t fraction;
  if (!parse_integer(digits, fraction)) return false;
  out = Timestamp(seconds, 0).plus_nanoseconds(scale_fraction(fraction, digits.size()));
  return true;
}

// Counts too large for 64 bits of nanoseconds wrap around, as they do in Promtail.
bool parse_unix_count(std::string_view text, uint64_t nanoseconds_each, Timestamp& out) {
  int64_t count;
  if (!parse_integer(text, count)) return false;
  out =
      Timestamp::from_unix_nanoseconds(static_cast<int64_t>(static_cast<uint64_t>(count) * nanoseconds_each));
  return true;
}

}  // namespace

TimeParser TimeParser::compile(std::string_view format, const std::vector<std::string>& fallback_formats,
                               std::optional<std::string_view> location) {
  Zone::local();  // read from disk now rather than at the first line
  TimeParser parser;
  if (location) {
    try {
      parser.location_ = Zone::load(*location);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(std::string("invalid location specified: ") + error.what());
    }
  }
  parser.formats_.push_back(compile_format(format.empty() ? kRfc3339Layout : format));
  for (const std::string& fallback : fallback_formats) {
    parser.formats_.push_back(compile_format(fallback));
  }
  return parser;
}

TimeParser::Format TimeParser::compile_format(std::string_view format) {
  if (format == "RFC3339" || format == "RFC3339Nano" || format == kRfc3339Layout ||
      format == kRfc3339NanoLayout) {
    return {Kind::kRfc3339, false, {}};
  }
  if (format == "Unix") return {Kind::kUnix, false, {}};
  if (format == "UnixMs") return {Kind::kUnixMs, false, {}};
  if (format == "UnixUs") return {Kind::kUnixUs, false, {}};
  if (format == "UnixNs") return {Kind::kUnixNs, false, {}};
  const auto named = std::find_if(std::begin(kNamedLayouts), std::end(kNamedLayouts),
                                  [&](const NamedLayout& layout) { return layout.name == format; });
  if (named != std::end(kNamedLayouts)) {
    return {Kind::kNamedLayout, false, TimeLayout::compile(named->layout)};
  }
  const bool yearless = format.find("06") == std::string_view::npos;
  return {Kind::kLayout, yearless, TimeLayout::compile(format)};
}

bool TimeParser::needs_now() const {
  return std::any_of(formats_.begin(), formats_.end(), [](const Format& format) { return format.yearless; });
}

bool TimeParser::parse(std::string_view text, const Timestamp& now, Timestamp& out) const {
  return std::any_of(formats_.begin(), formats_.end(),
                     [&](const Format& format) { return parse_one(format, text, now, out); });
}

bool TimeParser::parse_one(const Format& format, std::string_view text, const Timestamp& now,
                           Timestamp& out) const {
  switch (format.kind) {
    case Kind::kRfc3339:
      return parse_rfc3339(text, out);
    case Kind::kUnix:
      return parse_unix_seconds(text, out);
    case Kind::kUnixMs:
      return parse_unix_count(text, 1'000'000, out);
    case Kind::kUnixUs:
      return parse_unix_count(text, 1'000, out);
    case Kind::kUnixNs:
      return parse_unix_count(text, 1, out);
    case Kind::kLayout:
    case Kind::kNamedLayout:
      return parse_layout(format, text, now, out);
  }
  return false;
}

bool TimeParser::parse_layout(const Format& format, std::string_view text, const Timestamp& now,
                              Timestamp& out) const {
  const bool in_location = location_.has_value() && format.kind == Kind::kLayout;
  const Zone& local = in_location ? *location_ : Zone::local();
  const Zone& default_zone = in_location ? *location_ : Zone::utc();
  ParsedTime parsed;
  if (!format.layout.parse(text, default_zone, local, parsed)) return false;
  if (format.yearless) return add_year(parsed, to_civil(now, Zone::local()), out);
  out = parsed.time;
  return true;
}

bool add_year(const ParsedTime& parsed, const CivilTime& now, Timestamp& out) {
  std::optional<Zone> made;
  const Zone& zone = parsed.known_zone != nullptr ? *parsed.known_zone : made.emplace(parsed.zone());
  const CivilTime civil = to_civil(parsed.time, zone);
  if (civil.year != 0) return false;
  int64_t year = now.year;
  if (civil.month == 12 && now.month == 1) --year;
  if (civil.month == 1 && now.month == 12) ++year;
  const int second_of_day = civil.hour * 3600 + civil.minute * 60 + civil.second;
  const int64_t days = days_from_date(year, civil.month, civil.day);
  out = {zone.instant_of(days * kSecondsPerDay + second_of_day), civil.nanosecond};
  return true;
}

}  // namespace lokitail::pipeline::lang
