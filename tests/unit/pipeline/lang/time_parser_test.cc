#include "pipeline/lang/time_parser.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

#include "pipeline/lang/rfc3339.h"

namespace lokitail::pipeline::lang {
namespace {

const Timestamp kNow{1'762'511'415, 0};  // 2025-11-07T10:30:15Z

std::string show(const Timestamp& time) {
  return TimeLayout::compile("2006-01-02T15:04:05.999999999Z07:00").format(time, Zone::utc());
}

std::string parse(const TimeParser& parser, std::string_view text, const Timestamp& now = kNow) {
  Timestamp out{1, 1};
  if (parser.parse(text, now, out)) return show(out);
  CHECK(out == Timestamp{1, 1});
  return "refused";
}

TEST_CASE("timestamp formats", "[time_parser]") {
  const struct {
    const char* format;
    const char* text;
    const char* want;
  } rows[] = {
      {"ANSIC", "Fri Nov  7 10:30:15 2025", "2025-11-07T10:30:15Z"},
      {"UnixDate", "Fri Nov  7 10:30:15 UTC 2025", "2025-11-07T10:30:15Z"},
      {"RubyDate", "Fri Nov 07 10:30:15 -0700 2025", "2025-11-07T17:30:15Z"},
      {"RFC822", "07 Nov 25 10:30 UTC", "2025-11-07T10:30:00Z"},
      {"RFC822Z", "07 Nov 25 10:30 +0100", "2025-11-07T09:30:00Z"},
      {"RFC850", "Friday, 07-Nov-25 10:30:15 UTC", "2025-11-07T10:30:15Z"},
      {"RFC1123", "Fri, 07 Nov 2025 10:30:15 UTC", "2025-11-07T10:30:15Z"},
      {"RFC1123", "Sat, 8 Nov 2025 10:30:15 UTC", "refused"},
      {"RFC1123Z", "Fri, 07 Nov 2025 10:30:15 -0100", "2025-11-07T11:30:15Z"},
      {"RFC3339", "2025-11-07T10:30:15.5+02:00", "2025-11-07T08:30:15.5Z"},
      {"RFC3339Nano", "2025-11-07T10:30:15Z", "2025-11-07T10:30:15Z"},
      {"", "2025-11-07T10:30:15.123Z", "2025-11-07T10:30:15.123Z"},
      {"2006-01-02T15:04:05Z07:00", "2025-11-07T1:30:15,5Z", "2025-11-07T01:30:15.5Z"},
      {"rfc3339", "2025-11-07T10:30:15Z", "refused"},
      {"DateTime", "2025-11-07 10:30:15", "refused"},
      {"nonsense", "2025-11-07T10:30:15Z", "refused"},
      {"Unix", "1762511415", "2025-11-07T10:30:15Z"},
      {"Unix", "+1762511415", "2025-11-07T10:30:15Z"},
      {"Unix", "0001762511415", "2025-11-07T10:30:15Z"},
      {"Unix", "-1", "1969-12-31T23:59:59Z"},
      {"Unix", "1762511415.7", "2025-11-07T10:30:15.7Z"},
      {"Unix", "1762511415.57", "2025-11-07T10:30:15.57Z"},
      {"Unix", "1762511415.1001", "2025-11-07T10:30:15.1001Z"},
      {"Unix", "1762511415.999999", "2025-11-07T10:30:15.999999Z"},
      {"Unix", "1762511415.123456789", "2025-11-07T10:30:15.123456789Z"},
      {"Unix", "1762511415.1234567899", "2025-11-07T10:30:15.123456789Z"},
      {"Unix", "1762511415.00000000000000000000000000000000001", "2025-11-07T10:30:15Z"},
      {"Unix", "1762511415.+5", "2025-11-07T10:30:15.05Z"},
      {"Unix", "1762511415.-5", "2025-11-07T10:30:14.95Z"},
      {"Unix", "-1.5", "1969-12-31T23:59:59.5Z"},
      {"Unix", "9223372036854775808", "refused"},
      {"Unix", "1762511415.9223372036854775808", "refused"},
      {"Unix", "1762511415.", "refused"},
      {"Unix", ".5", "refused"},
      {"Unix", ".", "refused"},
      {"Unix", "1.2.3", "refused"},
      {"Unix", "abc", "refused"},
      {"Unix", "17625a", "refused"},
      {"Unix", "", "refused"},
      {"Unix", "+", "refused"},
      {"Unix", "+-5", "refused"},
      {"Unix", "--5", "refused"},
      {"Unix", " 5", "refused"},
      {"Unix", "1_000", "refused"},
      {"Unix", "0x10", "refused"},
      {"Unix", "1e9", "refused"},
      {"Unix", "1762511415,5", "refused"},
      {"UnixMs", "1762511415123", "2025-11-07T10:30:15.123Z"},
      {"UnixMs", "-1", "1969-12-31T23:59:59.999Z"},
      {"UnixMs", "1762511415123.5", "refused"},
      {"UnixUs", "1762511415123456", "2025-11-07T10:30:15.123456Z"},
      {"UnixNs", "1762511415123456789", "2025-11-07T10:30:15.123456789Z"},
      {"UnixNs", "1e9", "refused"},
      // Beyond 2262 the product wraps around, as in Promtail.
      {"UnixMs", "9300000000000", "1680-02-24T21:45:26.290448384Z"},
  };
  for (const auto& row : rows) {
    INFO(row.format << " <- " << row.text);
    CHECK(parse(TimeParser::compile(row.format), row.text) == row.want);
  }
}

TEST_CASE("the largest Unix times do no harm", "[time_parser]") {
  for (const char* format : {"Unix", "UnixMs", "UnixUs", "UnixNs"}) {
    for (const char* text : {"9223372036854775807", "-9223372036854775808"}) {
      Timestamp out;
      CHECK(TimeParser::compile(format).parse(text, kNow, out));
      CHECK(out.nanoseconds >= 0);
    }
  }
  Timestamp out;
  CHECK(TimeParser::compile("Unix").parse("-9223372036854775808.-999999999", kNow, out));
}

TEST_CASE("fallback formats are tried in turn", "[time_parser]") {
  const TimeParser parser =
      TimeParser::compile("RFC3339", {"2006-01-02 15:04:05", "Unix", "02/Jan/2006:15:04:05 -0700"});
  CHECK(parse(parser, "2025-11-07T10:30:15Z") == "2025-11-07T10:30:15Z");
  CHECK(parse(parser, "2025-11-07 10:30:16") == "2025-11-07T10:30:16Z");
  CHECK(parse(parser, "1762511415") == "2025-11-07T10:30:15Z");
  CHECK(parse(parser, "07/Nov/2025:10:30:15 +0100") == "2025-11-07T09:30:15Z");
  CHECK(parse(parser, "rubbish") == "refused");
  // 2006 reads "2025" before Unix would.
  CHECK(parse(TimeParser::compile("2006", {"Unix"}), "2025") == "2025-01-01T00:00:00Z");
}

TEST_CASE("a location counts for layouts only", "[time_parser]") {
  const struct {
    const char* format;
    const char* text;
    const char* want;
  } rows[] = {
      {"2006-01-02 15:04:05", "2025-07-07 10:30:15", "2025-07-07T14:30:15Z"},
      {"2006-01-02 15:04:05 -0700", "2025-11-07 10:30:15 +0900", "2025-11-07T01:30:15Z"},
      {"2006-01-02 15:04:05 MST", "2025-11-07 10:30:15 EST", "2025-11-07T15:30:15Z"},
      {"ANSIC", "Fri Nov  7 10:30:15 2025", "2025-11-07T10:30:15Z"},
      {"Unix", "1762511415", "2025-11-07T10:30:15Z"},
      {"RFC3339", "2025-11-07T10:30:15Z", "2025-11-07T10:30:15Z"},
  };
  for (const auto& row : rows) {
    INFO(row.format);
    CHECK(parse(TimeParser::compile(row.format, {}, "America/New_York"), row.text) == row.want);
  }
}

TEST_CASE("locations that do not exist are refused", "[time_parser]") {
  const struct {
    std::string location;
    std::string want;
  } rows[] = {
      {"Mars/Olympus", "invalid location specified: unknown time zone Mars/Olympus"},
      {"America", "invalid location specified: unknown time zone America"},
      {"+01:00", "invalid location specified: unknown time zone +01:00"},
      {"Fixed/UTC+01:00:00", "invalid location specified: unknown time zone Fixed/UTC+01:00:00"},
      {"libc:UTC", "invalid location specified: unknown time zone libc:UTC"},
      {"/etc/passwd", "invalid location specified: time: invalid location name"},
      {"../UTC", "invalid location specified: time: invalid location name"},
      {"\\UTC", "invalid location specified: time: invalid location name"},
  };
  for (const auto& row : rows) {
    CHECK_THROWS_WITH(TimeParser::compile("RFC3339", {}, row.location), row.want);
  }
  CHECK_NOTHROW(TimeParser::compile("2006", {}, ""));
  CHECK_NOTHROW(TimeParser::compile("2006", {}, "UTC"));
  CHECK_NOTHROW(TimeParser::compile("2006", {}, "Local"));
}

TEST_CASE("times without a year get one near now", "[time_parser]") {
  const struct {
    const char* name;
    const char* format;
    const char* text;
    const char* now;
    const char* want;
  } rows[] = {
      {"this year", "Jan _2 15:04:05", "Nov  7 10:30:15", "2025-11-20T00:00:00Z", "2025-11-07T10:30:15Z"},
      {"later this year", "Jan _2 15:04:05", "Dec  7 10:30:15", "2025-06-20T00:00:00Z",
       "2025-12-07T10:30:15Z"},
      {"December seen from January", "Jan _2 15:04:05", "Dec 31 23:59:59.5", "2026-01-15T12:00:00Z",
       "2025-12-31T23:59:59.5Z"},
      {"January seen from December", "Jan _2 15:04:05", "Jan  1 00:00:01", "2025-12-15T12:00:00Z",
       "2026-01-01T00:00:01Z"},
      {"November seen from January", "Jan _2 15:04:05", "Nov 30 00:00:00", "2026-01-15T12:00:00Z",
       "2026-11-30T00:00:00Z"},
      {"leap day in a leap year", "Jan _2", "Feb 29", "2024-03-15T12:00:00Z", "2024-02-29T00:00:00Z"},
      {"leap day in another", "Jan _2", "Feb 29", "2025-03-15T12:00:00Z", "2025-03-01T00:00:00Z"},
      {"with an offset", "Jan 2 15:04:05 -0700", "Jun 7 10:30:15 +0200", "2025-06-20T00:00:00Z",
       "2025-06-07T08:30:15Z"},
      {"klog", "0102 15:04:05.000000", "0607 10:30:15.123456", "2025-06-20T00:00:00Z",
       "2025-06-07T10:30:15.123456Z"},
      {"day of year, counted in a leap year", "002 15:04", "200 10:30", "2025-11-07T00:00:00Z",
       "2025-07-18T10:30:00Z"},
      {"clock only", "15:04", "10:30", "2025-11-07T00:00:00Z", "2025-01-01T10:30:00Z"},
      {"rubbish", "Jan _2", "2025-11-07", "2025-11-07T00:00:00Z", "refused"},
      {"a short year is a year", "1506 Jan 2", "1006 Nov 7", "2025-11-07T00:00:00Z", "2006-11-07T10:00:00Z"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    Timestamp now;
    REQUIRE(parse_rfc3339(row.now, now));
    CHECK(parse(TimeParser::compile(row.format), row.text, now) == row.want);
  }
  CHECK(TimeParser::compile("Jan _2").needs_now());
  CHECK(TimeParser::compile("RFC3339", {"Jan _2"}).needs_now());
  CHECK_FALSE(TimeParser::compile("2006 Jan _2", {"Unix", "ANSIC"}).needs_now());
}

TEST_CASE("times without a year keep their clock in a location", "[time_parser]") {
  // In year 0 the location had its local mean time; the clock's reading counts, not the instant.
  const TimeParser parser = TimeParser::compile("Jan 2 15:04:05", {}, "Europe/Prague");
  CHECK(parse(parser, "Nov 7 10:30:15") == "2025-11-07T09:30:15Z");
  CHECK(parse(parser, "Jul 7 10:30:15") == "2025-07-07T08:30:15Z");
  CHECK(parse(parser, "Jan 1 00:10:00") == "2024-12-31T23:10:00Z");
}

}  // namespace
}  // namespace lokitail::pipeline::lang
