// Time zones as Go's time package sees them: which offset and abbreviation hold at an instant, and
// which instant a wall clock means.
//
// Threads:   zones are immutable; any thread. load() and local() take a lock of the library.
// Ownership: a zone is a small value. Rules of the tz database are loaded once per name and live
//            as long as the process.
// Errors:    load() throws std::invalid_argument with Go's message; the rest cannot fail.
// Source:    Go's time.LoadLocation, Location.lookupName and time.Date; the tz database of the
//            system, read by cctz.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/lang/civil.h"
#include "pipeline/timestamp.h"

namespace lokitail::pipeline::lang {

class Zone {
 public:
  // What holds in a zone at one instant. The view lives as long as the zone.
  struct Period {
    int32_t offset = 0;  // seconds east of UTC
    std::string_view abbreviation;
  };

  Zone();  // UTC
  static const Zone& utc();
  // The zone of the process: $TZ, otherwise /etc/localtime, otherwise UTC. Looked up once.
  static const Zone& local();
  // "Europe/Prague"; "" and "UTC" are UTC, "Local" is local().
  static Zone load(std::string_view name);
  // Always `offset`. An empty abbreviation is formatted as the offset.
  static Zone fixed(std::string abbreviation, int32_t offset);

  Period at(int64_t unix_seconds) const;

  // As it was loaded: "Europe/Prague", "Local". A zone whose rules never change has but its
  // abbreviation.
  std::string name() const;

  // The instant at which the zone's clocks show what UTC clocks show at `clock_seconds`. In an hour
  // that the zone skips or repeats, Go's choice.
  int64_t instant_of(int64_t clock_seconds) const;

  // The offset that an abbreviation stands for in this zone, preferably one in effect at that
  // reading of the clocks. Empty for an abbreviation that the zone never used.
  std::optional<int32_t> offset_of(std::string_view abbreviation, int64_t clock_seconds) const;

 private:
  struct Rules;
  explicit Zone(std::shared_ptr<const Rules> rules);

  std::shared_ptr<const Rules> rules_;  // null: fixed
  int32_t offset_ = 0;
  std::string abbreviation_;
};

// A timestamp taken apart as the clocks and calendars of a zone show it.
struct CivilTime {
  int64_t year = 1970;
  int month = 1;    // 1..12
  int day = 1;      // 1..31
  int weekday = 4;  // 0 is Sunday
  int yearday = 1;  // 1..366
  int hour = 0;
  int minute = 0;
  int second = 0;
  int nanosecond = 0;
  Zone::Period zone;  // the view lives as long as the Zone
};

CivilTime to_civil(const Timestamp& time, const Zone& zone);

}  // namespace lokitail::pipeline::lang
