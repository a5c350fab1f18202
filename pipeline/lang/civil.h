// Days counted from 1970-01-01 to dates of the proleptic Gregorian calendar and back.
//
// Threads: pure functions. Errors: none.
// Source:  the calendar shifted to begin in March, so that the leap day comes last and the lengths
//          of the months before follow a straight line:
//          https://howardhinnant.github.io/date_algorithms.html
#pragma once

#include <cstdint>

namespace lokitail::pipeline::lang {

inline constexpr int64_t kSecondsPerDay = 86'400;

struct Date {
  int64_t year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
};

constexpr bool is_leap_year(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// REQUIRES: month in 1..12.
constexpr int days_in_month(int64_t year, int month) {
  // Odd up to July, even from August on: the parity of month ^ (month >> 3).
  return month == 2 ? 28 + static_cast<int>(is_leap_year(year)) : 30 + ((month ^ (month >> 3)) & 1);
}

// REQUIRES: month in 1..12. A day beyond the month's end runs on into the next month.
constexpr int64_t days_from_date(int64_t year, int month, int day) {
  const int64_t shifted_year = month <= 2 ? year - 1 : year;
  const int64_t era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
  const int64_t year_of_era = shifted_year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

constexpr Date date_from_days(int64_t days) {
  const int64_t shifted = days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const auto month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1)};
}

// 0 is Sunday.
constexpr int weekday_from_days(int64_t days) {
  const int64_t weekday = (days % 7 + 4) % 7;
  return static_cast<int>(weekday < 0 ? weekday + 7 : weekday);
}

}  // namespace lokitail::pipeline::lang
