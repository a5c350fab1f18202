// Reads timestamps in the formats that the `timestamp` stage takes: Promtail's named formats, Unix
// times and Go layouts, several of them in turn.
//
// Threads: a compiled parser is immutable; any thread.
// Errors:  compile() throws std::invalid_argument for an unknown location, in Promtail's words; any
//          text is a format. parse() answers false and leaves its output untouched.
//
//   ANSIC UnixDate RubyDate RFC822 RFC822Z RFC850 RFC1123 RFC1123Z RFC3339 RFC3339Nano
//                           Go's layouts of these names. They ignore the location.
//   Unix                    seconds; with one point, a signed fraction may follow ("12.5")
//   UnixMs UnixUs UnixNs    whole milli-, micro-, nanoseconds
//   (empty)                 RFC 3339; Promtail refuses this
//   anything else           a Go layout, read in the location if there is one, otherwise in UTC
//
// A layout without the characters "06" has no year: its times get the year that brings them near to
// now, the years around a turn of the year included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/lang/time_layout.h"
#include "pipeline/lang/zone.h"
#include "pipeline/timestamp.h"

namespace lokitail::pipeline::lang {

class TimeParser {
 public:
  static TimeParser compile(std::string_view format, const std::vector<std::string>& fallback_formats = {},
                            std::optional<std::string_view> location = std::nullopt);

  // Whether some format has no year; otherwise parse() does not look at `now`.
  bool needs_now() const;

  // The first format that takes the text decides.
  bool parse(std::string_view text, const Timestamp& now, Timestamp& out) const;

 private:
  enum class Kind : uint8_t { kRfc3339, kUnix, kUnixMs, kUnixUs, kUnixNs, kLayout, kNamedLayout };

  struct Format {
    Kind kind = Kind::kLayout;
    bool yearless = false;
    TimeLayout layout;  // for the last two kinds
  };

  static Format compile_format(std::string_view format);
  bool parse_one(const Format& format, std::string_view text, const Timestamp& now, Timestamp& out) const;
  bool parse_layout(const Format& format, std::string_view text, const Timestamp& now, Timestamp& out) const;

  std::vector<Format> formats_;
  std::optional<Zone> location_;
};

// Gives a time parsed without a year (year 0 in its own zone) the year that brings it near to now.
// False if the text had a year after all.
bool add_year(const ParsedTime& parsed, const CivilTime& now, Timestamp& out);

}  // namespace lokitail::pipeline::lang
