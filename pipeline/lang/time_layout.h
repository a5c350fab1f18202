// Go's time layouts ("02/Jan/2006:15:04:05 -0700"), compiled once, for parsing and formatting.
//
// Threads:   a compiled layout is immutable; any thread.
// Ownership: a layout owns its text. What it parses is viewed only during the call, save for
//            ParsedTime::abbreviation.
// Errors:    every text is a layout, as in Go: what is no element of the reference time stands for
//            itself. parse() answers false and leaves its output untouched.
// Source:    https://pkg.go.dev/time#pkg-constants and the behaviour of time.Parse and Time.Format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/lang/zone.h"
#include "pipeline/timestamp.h"

namespace lokitail::pipeline::lang {

// An instant with the zone that its text named.
struct ParsedTime {
  Timestamp time;
  // One of the two zones given to parse(), or Zone::utc(). Null when the text had an offset or an
  // abbreviation unknown to them; then the next two say what the text's clocks showed.
  const Zone* known_zone = nullptr;
  int32_t offset = 0;
  std::string_view abbreviation;  // a view into the text

  // The zone as a value that outlives the text.
  Zone zone() const;
};

class TimeLayout {
 public:
  static TimeLayout compile(std::string_view go_layout);

  // As Go: text without a zone is read in `default_zone`; zone abbreviations are those of `local`.
  // Go's Parse is parse(text, Zone::utc(), Zone::local(), out), its ParseInLocation gives its
  // location for both. Both zones outlive `out`. Does not allocate.
  bool parse(std::string_view text, const Zone& default_zone, const Zone& local, ParsedTime& out) const;

  std::string format(const Timestamp& time, const Zone& zone) const;

  const std::string& text() const { return text_; }

  // What a layout is made of, for who tells the user what looks odd about it.
  struct Parts {
    // A letter per element, in order: Year, Month, Day, Julian day of the year, Weekday, Hour of
    // 24, hour of 12 (I), AM or PM (P), minute, second, fraction, Zone, with the capitals as here.
    std::string elements;
    std::vector<std::string> literals;  // what stands for itself
  };
  Parts parts() const;

 private:
  // The elements of the reference time; named after how they are written in a layout.
  enum class Element : uint8_t {
    kNone,  // only at the end: text that no element follows
    kYear2006,
    kYear06,
    kMonthJanuary,
    kMonthJan,
    kMonth1,
    kMonth01,
    kWeekdayMonday,
    kWeekdayMon,
    kDay2,
    kDayPadded2,
    kDay02,
    kYearday002,
    kYeardayPadded2,
    kHour15,
    kHour3,
    kHour03,
    kMinute4,
    kMinute04,
    kSecond5,
    kSecond05,
    kUpperPm,
    kLowerPm,
    kZoneName,
    kZoneOffset,
    kFraction0,
    kFraction9,
  };

  // How a numeric offset is written.
  struct OffsetForm {
    bool z_for_utc = false;
    bool colons = false;
    uint8_t fields = 2;  // hours; minutes; seconds
  };

  // The literal text up to an element, and the element.
  struct Step {
    std::string literal;
    Element element = Element::kNone;
    OffsetForm offset;
    uint16_t fraction_digits = 0;
    char fraction_separator = '.';
    // The second may be followed by a fraction that the layout does not show.
    bool hidden_fraction = false;
  };

  class Scanner;
  class Parser;
  class Formatter;

  std::string text_;
  std::vector<Step> steps_;  // the last has Element::kNone
};

}  // namespace lokitail::pipeline::lang
