// Rows follow what Go's time package documents and does; where nothing else is said, what they want
// is the UTC instant as RFC 3339 text.
#include "pipeline/lang/time_layout.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "pipeline/lang/rfc3339.h"

namespace lokitail::pipeline::lang {
namespace {

const char kNanoLayout[] = "2006-01-02T15:04:05.999999999Z07:00";

Timestamp at(std::string_view text) {
  Timestamp time;
  REQUIRE(parse_rfc3339(text, time));
  return time;
}

// What Go's Parse(layout, text) says on a machine in UTC; "refused" for an error.
std::string parse_in_utc(std::string_view layout, std::string_view text) {
  ParsedTime parsed;
  if (!TimeLayout::compile(layout).parse(text, Zone::utc(), Zone::utc(), parsed)) return "refused";
  return TimeLayout::compile(kNanoLayout).format(parsed.time, Zone::utc());
}

// ParseInLocation.
std::string parse_in(const char* location, std::string_view layout, std::string_view text) {
  const Zone zone = Zone::load(location);
  ParsedTime parsed;
  if (!TimeLayout::compile(layout).parse(text, zone, zone, parsed)) return "refused";
  return TimeLayout::compile(kNanoLayout).format(parsed.time, Zone::utc());
}

struct ParseRow {
  const char* name;
  const char* layout;
  const char* text;
  const char* want;
};

void check(const std::vector<ParseRow>& rows) {
  for (const ParseRow& row : rows) {
    INFO(row.name << ": " << row.layout << " <- " << row.text);
    CHECK(parse_in_utc(row.layout, row.text) == row.want);
  }
}

TEST_CASE("layouts read dates", "[time_layout]") {
  check({
      {"empty layout, empty text", "", "", "0000-01-01T00:00:00Z"},
      {"empty layout, some text", "", "x", "refused"},
      {"literal only", "nonsense", "nonsense", "0000-01-01T00:00:00Z"},
      {"date only", "2006-01-02", "2025-11-07", "2025-11-07T00:00:00Z"},
      {"compact", "20060102150405", "20251107103015", "2025-11-07T10:30:15Z"},
      {"compact, too short", "20060102150405", "2025110710301", "refused"},
      {"year of three digits", "2006-01-02", "925-11-07", "refused"},
      {"year with a sign", "2006-01-02", "+025-11-07", "refused"},
      {"year 0000", "2006-01-02", "0000-02-29", "0000-02-29T00:00:00Z"},
      {"short year 68", "06-01-02", "68-01-01", "2068-01-01T00:00:00Z"},
      {"short year 69", "06-01-02", "69-01-01", "1969-01-01T00:00:00Z"},
      {"short year with a plus", "06-01-02", "+5-01-01", "2005-01-01T00:00:00Z"},
      {"short year with a minus", "06-01-02", "-5-01-01", "1995-01-01T00:00:00Z"},
      {"short year of letters", "06-01-02", "ab-01-01", "refused"},
      {"underscore before a year", "_2006", "_2025", "2025-01-01T00:00:00Z"},
      {"unpadded", "2006-1-2", "2025-3-7", "2025-03-07T00:00:00Z"},
      {"unpadded takes padded", "2006-1-2", "2025-03-07", "2025-03-07T00:00:00Z"},
      {"padded wants two digits", "2006-01-02", "2025-3-07", "refused"},
      {"padded day wants two digits", "2006-01-02", "2025-03-7", "refused"},
      {"month 0", "2006-01-02", "2025-00-10", "refused"},
      {"month 13", "2006-1-02", "2025-13-10", "refused"},
      {"day 0", "2006-01-02", "2025-01-00", "refused"},
      {"31 April", "2006-01-02", "2025-04-31", "refused"},
      {"29 February", "2006-01-02", "2025-02-29", "refused"},
      {"29 February before the year is known", "02.01.2006", "29.02.2024", "2024-02-29T00:00:00Z"},
      {"day 99", "2006-01-02", "2025-01-99", "refused"},
      {"padded with a space", "Jan _2 2006", "Nov  7 2025", "2025-11-07T00:00:00Z"},
      {"padded, two digits", "Jan _2 2006", "Nov 17 2025", "2025-11-17T00:00:00Z"},
      {"padded, but the space is missing", "Jan _2 2006", "Nov 7 2025", "2025-11-07T00:00:00Z"},
      {"more spaces than padding", "Jan _2 2006", "Nov    7 2025", "2025-11-07T00:00:00Z"},
      {"month in capitals", "02/Jan/2006", "07/NOV/2025", "2025-11-07T00:00:00Z"},
      {"month in small letters", "02/Jan/2006", "07/nov/2025", "2025-11-07T00:00:00Z"},
      {"unknown month", "02/Jan/2006", "07/Lis/2025", "refused"},
      {"long name for a short one", "02/Jan/2006", "07/November/2025", "refused"},
      {"short name for a long one", "January 2 2006", "Nov 7 2025", "refused"},
      {"long month", "January 2 2006", "sEPTEMBER 7 2025", "2025-09-07T00:00:00Z"},
      {"May is long and short", "January Jan 2006", "May May 2025", "2025-05-01T00:00:00Z"},
      {"letters that differ from a name by more than case", "Jan", "j\x01n", "refused"},
      {"bracket is no letter", "Jan", "[an", "refused"},
      {"wrong weekday is not noticed", "Mon 2006-01-02", "Mon 2025-11-07", "2025-11-07T00:00:00Z"},
      {"unknown weekday", "Mon 2006", "Xyz 2025", "refused"},
      {"long weekday", "Monday 2006", "friday 2025", "2025-01-01T00:00:00Z"},
      {"Month is no Mon", "Month 2006", "Month 2025", "2025-01-01T00:00:00Z"},
      {"Janet is no Jan", "Janet 2006", "Janet 2025", "2025-01-01T00:00:00Z"},
      {"day of year", "2006-002", "2025-311", "2025-11-07T00:00:00Z"},
      {"first day of year", "2006-002", "2025-001", "2025-01-01T00:00:00Z"},
      {"day 59", "2006-002", "2024-059", "2024-02-28T00:00:00Z"},
      {"day 60 of a leap year", "2006-002", "2024-060", "2024-02-29T00:00:00Z"},
      {"day 60 of another", "2006-002", "2025-060", "2025-03-01T00:00:00Z"},
      {"day 366 of a leap year", "2006-002", "2024-366", "2024-12-31T00:00:00Z"},
      {"day 366 of another", "2006-002", "2025-366", "refused"},
      {"day of year 0", "2006-002", "2025-000", "refused"},
      {"day of year of two digits", "2006-002", "2025-31", "refused"},
      {"padded day of year", "2006 __2", "2025  31", "2025-01-31T00:00:00Z"},
      {"padded day of year, one digit", "2006-__2", "2025-  7", "2025-01-07T00:00:00Z"},
      {"padded day of year, three spaces", "2006-__2", "2025-   7", "refused"},
      {"day of year agrees with the date", "2006-01-02 002", "2025-11-07 311", "2025-11-07T00:00:00Z"},
      {"day of year against the month", "2006-01 002", "2025-10 311", "refused"},
      {"day of year against the day", "2006 02 002", "2025 08 311", "refused"},
      {"later field wins", "2006 2006", "2024 2025", "2025-01-01T00:00:00Z"},
  });
}

TEST_CASE("layouts read clocks", "[time_layout]") {
  check({
      {"24 hours", "2006-01-02 15:04:05", "2025-11-07 23:59:59", "2025-11-07T23:59:59Z"},
      {"hour of one digit", "2006-01-02 15:04:05", "2025-11-07 9:30:15", "2025-11-07T09:30:15Z"},
      {"minute of one digit", "2006-01-02 15:04:05", "2025-11-07 10:5:15", "refused"},
      {"minute of one digit where unpadded", "2006 15:4:5", "2025 1:2:3", "2025-01-01T01:02:03Z"},
      {"hour 24", "2006 15:04", "2025 24:00", "refused"},
      {"minute 60", "2006 15:04", "2025 23:60", "refused"},
      {"second 60", "2006 15:04:05", "2025 23:59:60", "refused"},
      {"12 hours, afternoon", "2006 03:04 PM", "2025 01:30 PM", "2025-01-01T13:30:00Z"},
      {"noon", "2006 03:04 PM", "2025 12:00 PM", "2025-01-01T12:00:00Z"},
      {"midnight", "2006 03:04 PM", "2025 12:00 AM", "2025-01-01T00:00:00Z"},
      {"small letters", "2006 3:04pm", "2025 1:30pm", "2025-01-01T13:30:00Z"},
      {"PM for pm", "2006 3:04pm", "2025 1:30PM", "refused"},
      {"pm for PM", "2006 3:04PM", "2025 1:30pm", "refused"},
      {"half of the day missing", "2006 3:04PM", "2025 1:30", "refused"},
      {"hour 13 of 12", "2006 03:04", "2025 13:00", "refused"},
      {"hour 0 of 12", "2006 03:04", "2025 00:30", "2025-01-01T00:30:00Z"},
      {"hour 12 without a half", "2006 03:04", "2025 12:30", "2025-01-01T12:30:00Z"},
      {"padded hour of one digit", "2006 03:04", "2025 1:30", "refused"},
      {"PM after 24 hours", "2006 15:04 PM", "2025 23:00 PM", "2025-01-01T23:00:00Z"},
      {"AM after PM", "2006 15 PM pm", "2025 12 PM am", "2025-01-01T00:00:00Z"},
  });
}

TEST_CASE("layouts read fractions", "[time_layout]") {
  check({
      {"not in the layout", "2006 05", "2025 15.5", "2025-01-01T00:00:15.5Z"},
      {"not in the layout, comma", "2006 05", "2025 15,123456", "2025-01-01T00:00:15.123456Z"},
      {"not in the layout, unpadded second", "2006 5", "2025 7.25", "2025-01-01T00:00:07.25Z"},
      {"not in the layout, ten digits", "2006 05", "2025 15.1234567899", "2025-01-01T00:00:15.123456789Z"},
      {"point without digits", "2006 05", "2025 15.", "refused"},
      {"point that the layout has", "2006 05.", "2025 15.", "2025-01-01T00:00:15Z"},
      {"digits in front of a literal point", "2006 05.x", "2025 15.5.x", "2025-01-01T00:00:15.5Z"},
      {"exact", "2006 05.000", "2025 15.123", "2025-01-01T00:00:15.123Z"},
      {"exact, too few", "2006 05.000", "2025 15.12", "refused"},
      {"exact, too many", "2006 05.000", "2025 15.1234", "refused"},
      {"exact, none", "2006 05.000", "2025 15", "refused"},
      {"exact, comma for point", "2006 05.000", "2025 15,123", "2025-01-01T00:00:15.123Z"},
      {"exact, point for comma", "2006 05,000", "2025 15.123", "2025-01-01T00:00:15.123Z"},
      {"exact, other separator", "2006 05.000", "2025 15:123", "refused"},
      {"exact, nine", "2006 05.000000000", "2025 15.123456789", "2025-01-01T00:00:15.123456789Z"},
      {"exact, the tenth is not looked at", "2006 05.0000000000", "2025 15.123456789x",
       "2025-01-01T00:00:15.123456789Z"},
      {"exact, with a plus", "2006 05.000", "2025 15.+12", "2025-01-01T00:00:15.012Z"},
      {"exact, with a minus", "2006 05.000", "2025 15.-12", "refused"},
      {"exact, letters", "2006 05.000", "2025 15.abc", "refused"},
      {"away from the second", "2006 15:04.000", "2025 10:30.123", "2025-01-01T10:30:00.123Z"},
      {"behind a literal", "2006 05 x.000", "2025 15 x.123", "2025-01-01T00:00:15.123Z"},
      {"hidden one is not taken where one is to come", "2006 05 x.000", "2025 15.5 x.123", "refused"},
      {"optional", "2006 05.999", "2025 15.5", "2025-01-01T00:00:15.5Z"},
      {"optional, omitted", "2006 05.999", "2025 15", "2025-01-01T00:00:15Z"},
      {"optional, more digits than nines", "2006 05.999", "2025 15.123456789",
       "2025-01-01T00:00:15.123456789Z"},
      {"optional, comma", "2006 05,999", "2025 15.25", "2025-01-01T00:00:15.25Z"},
      {"zeros before other digits are literal", "2006 .0001", "2025 .00001", "refused"},
      {"followed by an element", "2006 05.000Z07:00", "2025 15.123+01:00", "2024-12-31T23:00:15.123Z"},
  });
}

TEST_CASE("layouts read zones", "[time_layout]") {
  check({
      {"-0700", "2006 15 -0700", "2025 10 +0200", "2025-01-01T08:00:00Z"},
      {"-0700, colon given", "2006 15 -0700", "2025 10 +02:00", "refused"},
      {"-0700, no sign", "2006 15 -0700", "2025 10 0200", "refused"},
      {"-0700, Z given", "2006 15 -0700", "2025 10 Z", "refused"},
      {"-07:00", "2006 15 -07:00", "2025 10 -07:30", "2025-01-01T17:30:00Z"},
      {"-07:00, no colon given", "2006 15 -07:00", "2025 10 -0730", "refused"},
      {"-07", "2006 15 -07", "2025 10 -11", "2025-01-01T21:00:00Z"},
      {"-070000", "2006 15 -070000", "2025 10 +010030", "2025-01-01T08:59:30Z"},
      {"-07:00:00", "2006 15 -07:00:00", "2025 10 +01:00:30", "2025-01-01T08:59:30Z"},
      {"Z0700", "2006 15 Z0700", "2025 10 +0530", "2025-01-01T04:30:00Z"},
      {"Z0700, Z", "2006 15 Z0700", "2025 10 Z", "2025-01-01T10:00:00Z"},
      {"Z0700, colon given", "2006 15 Z0700", "2025 10 +05:30", "refused"},
      {"Z07:00", "2006 15 Z07:00", "2025 10 +05:30", "2025-01-01T04:30:00Z"},
      {"Z07", "2006 15 Z07", "2025 10 +05", "2025-01-01T05:00:00Z"},
      {"Z070000, Z", "2006 15 Z070000", "2025 10 Z", "2025-01-01T10:00:00Z"},
      {"Z07:00:00", "2006 15 Z07:00:00", "2025 10 +01:00:30", "2025-01-01T08:59:30Z"},
      {"small z", "2006 15 Z07:00", "2025 10 z", "refused"},
      {"24 hours", "2006 15 -0700", "2025 10 +2400", "2024-12-31T10:00:00Z"},
      {"25 hours", "2006 15 -0700", "2025 10 +2500", "refused"},
      {"60 minutes", "2006 15 -0700", "2025 10 +0060", "2025-01-01T09:00:00Z"},
      {"61 minutes", "2006 15 -0700", "2025 10 +0061", "refused"},
      {"61 seconds", "2006 15 -070000", "2025 10 +000061", "refused"},
      {"one second west is no offset", "2006 15 -070000", "2025 10 -000001", "2025-01-01T10:00:00Z"},
      {"literal Z", "2006-01-02T15:04:05Z", "2025-11-07T10:30:15+02:00", "refused"},
      {"UTC", "2006 15 MST", "2025 10 UTC", "2025-01-01T10:00:00Z"},
      {"UTC and more", "2006 15 MST", "2025 10 UTCX", "refused"},
      {"unknown name is UTC", "2006 15 MST", "2025 10 CET", "2025-01-01T10:00:00Z"},
      {"four letters ending in T", "2006 15 MST", "2025 10 CEST", "2025-01-01T10:00:00Z"},
      {"four letters not ending in T", "2006 15 MST", "2025 10 ABCD", "refused"},
      {"WITA", "2006 15 MST", "2025 10 WITA", "2025-01-01T10:00:00Z"},
      {"ChST", "2006 15 MST", "2025 10 ChST", "2025-01-01T10:00:00Z"},
      {"five letters ending in T", "2006 15 MST", "2025 10 AZOST", "2025-01-01T10:00:00Z"},
      {"five letters not ending in T", "2006 15 MST", "2025 10 ABCDE", "refused"},
      {"six letters", "2006 15 MST", "2025 10 ABCDET", "refused"},
      {"two letters", "2006 15 MST", "2025 10 ET", "refused"},
      {"small letters", "2006 15 MST", "2025 10 utc", "refused"},
      {"GMT", "2006 15 MST", "2025 10 GMT", "2025-01-01T10:00:00Z"},
      {"GMT+3 is not applied", "2006 15 MST", "2025 10 GMT+3", "2025-01-01T10:00:00Z"},
      {"GMT+24 is text after GMT", "2006 15 MST", "2025 10 GMT+24", "refused"},
      {"+03 as a name", "2006 15 MST", "2025 10 +03", "2025-01-01T10:00:00Z"},
      {"+ alone", "2006 15 MST", "2025 10 +ab", "refused"},
      {"name and offset", "2006 15 -0700 MST", "2025 10 +0100 CET", "2025-01-01T09:00:00Z"},
      {"Z before an offset", "2006 15 Z07 -0700", "2025 10 Z +0100", "2025-01-01T10:00:00Z"},
  });
}

TEST_CASE("layouts match what stands between the fields", "[time_layout]") {
  check({
      {"extra text", "2006-01-02", "2025-11-07 ", "refused"},
      {"text before", "2006-01-02", " 2025-11-07", "refused"},
      {"one space for many", "2006  01", "2025 11", "2025-11-01T00:00:00Z"},
      {"many spaces for one", "2006 01", "2025    11", "2025-11-01T00:00:00Z"},
      {"no space for one", "2006 01", "202511", "refused"},
      {"space at the end may be missing", "2006 ", "2025", "2025-01-01T00:00:00Z"},
      {"space where there is none", "200601", "2025 11", "refused"},
      {"other punctuation", "2006/01", "2025-11", "refused"},
      {"tab is no space", "2006 01", "2025\t11", "refused"},
      {"text of other alphabets", "2006年01月02日", "2025年11月07日", "2025-11-07T00:00:00Z"},
      {"klog", "0102 15:04:05.000000 2006", "1107 10:30:15.123456 2025", "2025-11-07T10:30:15.123456Z"},
      {"Apache", "02/Jan/2006:15:04:05 -0700", "07/Nov/2025:10:30:15 +0100", "2025-11-07T09:30:15Z"},
      {"quoted reference year", "01/02 03:04:05PM '06 -0700", "11/07 10:30:15AM '25 +0000",
       "2025-11-07T10:30:15Z"},
  });
}

TEST_CASE("a location reads clocks and abbreviations", "[time_layout]") {
  const struct {
    const char* name;
    const char* location;
    const char* layout;
    const char* text;
    const char* want;
  } rows[] = {
      {"winter", "America/New_York", "2006-01-02 15", "2025-11-07 10", "2025-11-07T15:00:00Z"},
      {"summer", "America/New_York", "2006-01-02 15", "2025-07-07 10", "2025-07-07T14:00:00Z"},
      {"far future", "America/New_York", "2006-01-02 15", "2350-07-07 10", "2350-07-07T14:00:00Z"},
      {"offset in the text wins", "America/New_York", "2006-01-02 15 -0700", "2025-11-07 10 +0900",
       "2025-11-07T01:00:00Z"},
      {"own abbreviation", "Europe/Prague", "2006-01-02 15 MST", "2025-11-07 10 CET", "2025-11-07T09:00:00Z"},
      {"abbreviation of the other season", "Europe/Prague", "2006-01-02 15 MST", "2025-11-07 10 CEST",
       "2025-11-07T08:00:00Z"},
      {"foreign abbreviation", "Europe/Prague", "2006-01-02 15 MST", "2025-11-07 10 EST",
       "2025-11-07T10:00:00Z"},
      {"UTC", "Europe/Prague", "2006-01-02 15 MST", "2025-11-07 10 UTC", "2025-11-07T10:00:00Z"},
      {"skipped hour", "America/New_York", "2006-01-02 15:04", "2025-03-09 02:30", "2025-03-09T06:30:00Z"},
      {"repeated hour, the first", "America/New_York", "2006-01-02 15:04", "2025-11-02 01:30",
       "2025-11-02T05:30:00Z"},
      {"skipped hour in the east", "Europe/Prague", "2006-01-02 15:04", "2025-03-30 02:30",
       "2025-03-30T01:30:00Z"},
      {"repeated hour in the east, the second", "Europe/Prague", "2006-01-02 15:04", "2025-10-26 02:30",
       "2025-10-26T01:30:00Z"},
      {"abbreviation used for two offsets", "Europe/Moscow", "2006-01-02 15 MST", "2012-06-01 10 MSK",
       "2012-06-01T06:00:00Z"},
      {"abbreviation used for two offsets, later", "Europe/Moscow", "2006-01-02 15 MST", "2020-06-01 10 MSK",
       "2020-06-01T07:00:00Z"},
      {"UTC by name", "UTC", "2006 15", "2025 10", "2025-01-01T10:00:00Z"},
      {"UTC by another name", "Etc/UTC", "2006 15", "2025 10", "2025-01-01T10:00:00Z"},
      {"fixed offset", "Etc/GMT+5", "2006 15", "2025 10", "2025-01-01T15:00:00Z"},
  };
  for (const auto& row : rows) {
    INFO(row.name << ": " << row.text);
    CHECK(parse_in(row.location, row.layout, row.text) == row.want);
  }
}

TEST_CASE("a parsed time knows the zone of its text", "[time_layout]") {
  const Zone prague = Zone::load("Europe/Prague");
  const struct {
    const char* name;
    const char* layout;
    const char* text;
    const char* want;  // formatted in the parsed zone
  } rows[] = {
      {"no zone", "2006-01-02 15", "2025-11-07 10", "2025-11-07 10:00 +0100 CET"},
      {"UTC", "2006-01-02 15 MST", "2025-11-07 10 UTC", "2025-11-07 10:00 +0000 UTC"},
      {"Z", "2006-01-02 15 Z07", "2025-11-07 10 Z", "2025-11-07 10:00 +0000 UTC"},
      {"the zone's own offset", "2006-01-02 15 -07", "2025-11-07 10 +01", "2025-11-07 10:00 +0100 CET"},
      {"its offset of the other season", "2006-01-02 15 -07", "2025-11-07 10 +02",
       "2025-11-07 10:00 +0200 +0200"},
      {"another offset with a name", "2006-01-02 15 -07 MST", "2025-11-07 10 -05 EST",
       "2025-11-07 10:00 -0500 EST"},
      {"own abbreviation", "2006-01-02 15 MST", "2025-11-07 10 CET", "2025-11-07 10:00 +0100 CET"},
      {"unknown abbreviation", "2006-01-02 15 MST", "2025-11-07 10 EST", "2025-11-07 10:00 +0000 EST"},
      {"GMT-8", "2006-01-02 15 MST", "2025-11-07 10 GMT-8", "2025-11-07 02:00 -0800 GMT-8"},
  };
  const TimeLayout show = TimeLayout::compile("2006-01-02 15:04 -0700 MST");
  for (const auto& row : rows) {
    INFO(row.name);
    ParsedTime parsed;
    REQUIRE(TimeLayout::compile(row.layout).parse(row.text, prague, prague, parsed));
    CHECK(show.format(parsed.time, parsed.zone()) == row.want);
  }
}

TEST_CASE("layouts format", "[time_layout]") {
  const struct {
    const char* name;
    const char* layout;
    const char* time;
    const char* want;
  } rows[] = {
      {"empty", "", "2025-11-07T10:30:15Z", ""},
      {"literal", "no e1ement", "2025-11-07T10:30:15Z", "no e11ement"},
      {"ANSIC", "Mon Jan _2 15:04:05 2006", "2025-11-07T10:30:15Z", "Fri Nov  7 10:30:15 2025"},
      {"RFC850", "Monday, 02-Jan-06 15:04:05 MST", "2025-11-07T10:30:15Z", "Friday, 07-Nov-25 10:30:15 UTC"},
      {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700", "2025-11-07T10:30:15Z",
       "Fri, 07 Nov 2025 10:30:15 +0000"},
      {"Kitchen", "3:04PM", "2025-11-07T15:04:05Z", "3:04PM"},
      {"long month", "January", "2025-09-07T00:00:00Z", "September"},
      {"unpadded", "1/2/06 3:4:5", "2025-01-02T03:04:05Z", "1/2/25 3:4:5"},
      {"unpadded, two digits", "1/2/06 3:4:5", "2025-11-12T13:14:15Z", "11/12/25 1:14:15"},
      {"midnight", "03 3 PM pm", "2025-11-07T00:00:00Z", "12 12 AM am"},
      {"noon", "03 3 PM pm", "2025-11-07T12:00:00Z", "12 12 PM pm"},
      {"day of year", "002 __2", "2025-01-07T00:00:00Z", "007   7"},
      {"day of year, two digits", "002 __2", "2025-02-01T00:00:00Z", "032  32"},
      {"last day of a leap year", "002 __2", "2024-12-31T00:00:00Z", "366 366"},
      {"literal underscore", "_2006", "2025-01-07T00:00:00Z", "_2025"},
      {"year 7", "2006 06", "0007-01-07T00:00:00Z", "0007 07"},
      {"milliseconds", "05.000", "2025-01-07T00:00:05.12Z", "05.120"},
      {"milliseconds are cut", "05,000", "2025-01-07T00:00:05.9999Z", "05,999"},
      {"twelve zeros give nine digits", "05.000000000000", "2025-01-07T00:00:05.5Z", "05.500000000"},
      {"nines trim zeros", "05.999999999", "2025-01-07T00:00:05.12Z", "05.12"},
      {"nines cut", "05.99", "2025-01-07T00:00:05.1234Z", "05.12"},
      {"nines and no fraction", "05.999", "2025-01-07T00:00:05Z", "05"},
      {"nines and a fraction too small", "05.999", "2025-01-07T00:00:05.0001Z", "05"},
      {"Z for UTC", "Z0700 Z07:00 Z07 Z070000 Z07:00:00", "2025-01-07T00:00:05Z", "Z Z Z Z Z"},
      {"numbers for UTC", "-0700 -07:00 -07 -070000 -07:00:00", "2025-01-07T00:00:05Z",
       "+0000 +00:00 +00 +000000 +00:00:00"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(TimeLayout::compile(row.layout).format(at(row.time), Zone::utc()) == row.want);
  }
}

TEST_CASE("layouts format zones", "[time_layout]") {
  const char kZones[] = "-0700 -07:00 -07 -070000 -07:00:00 Z0700 MST";
  const struct {
    const char* name;
    Zone zone;
    const char* want;
  } rows[] = {
      {"east", Zone::load("Europe/Prague"), "+0100 +01:00 +01 +010000 +01:00:00 +0100 CET"},
      {"west", Zone::load("America/St_Johns"), "-0330 -03:30 -03 -033000 -03:30:00 -0330 NST"},
      {"no name", Zone::fixed("", 5 * 3600 + 30 * 60), "+0530 +05:30 +05 +053000 +05:30:00 +0530 +0530"},
      {"seconds", Zone::fixed("LMT", -(4 * 3600 + 56 * 60 + 2)),
       "-0456 -04:56 -04 -045602 -04:56:02 -0456 LMT"},
      {"UTC under a name", Zone::fixed("GMT", 0), "+0000 +00:00 +00 +000000 +00:00:00 Z GMT"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(TimeLayout::compile(kZones).format(at("2025-01-07T00:00:05Z"), row.zone) == row.want);
  }
}

TEST_CASE("any time can be taken apart and formatted", "[time_layout]") {
  const TimeLayout layout = TimeLayout::compile("2006 06 Mon __2 15:04:05.000 -07:00:00 MST");
  const Zone zones[] = {Zone::utc(), Zone::load("America/New_York"), Zone::fixed("X", 86'399)};
  for (const Zone& zone : zones) {
    for (const int64_t seconds : {INT64_MIN, INT64_MIN / 2, INT64_MAX / 2, INT64_MAX}) {
      CHECK_FALSE(layout.format({seconds, 999'999'999}, zone).empty());
    }
  }
  const CivilTime civil = to_civil(at("2024-12-31T23:59:58.5Z"), Zone::fixed("", 7200));
  CHECK(civil.year == 2025);
  CHECK(civil.month == 1);
  CHECK(civil.day == 1);
  CHECK(civil.weekday == 3);
  CHECK(civil.yearday == 1);
  CHECK(civil.hour == 1);
  CHECK(civil.minute == 59);
  CHECK(civil.second == 58);
  CHECK(civil.nanosecond == 500'000'000);
  CHECK(civil.zone.offset == 7200);
}

}  // namespace
}  // namespace lokitail::pipeline::lang
