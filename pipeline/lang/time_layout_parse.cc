// TimeLayout::parse(): Go's time.Parse rule by rule, including those that look like accidents.
#include <algorithm>
#include <array>
#include <optional>

#include "config/ascii.h"
#include "pipeline/lang/civil.h"
#include "pipeline/lang/time_layout.h"
#include "pipeline/lang/time_layout_names.h"

namespace lokitail::pipeline::lang {

namespace {

// An offset of one second west cannot be told from no offset at all. So it is in Go.
constexpr int kNoOffset = -1;

constexpr int kNotGiven = -1;

bool is_fraction_separator(char c) { return c == '.' || c == ','; }

// REQUIRES: both of the same length.
bool equal_ignoring_case(std::string_view one, std::string_view other) {
  for (size_t i = 0; i < one.size(); ++i) {
    if (one[i] == other[i]) continue;
    const int lower = one[i] | 0x20;
    if (lower != (other[i] | 0x20) || lower < 'a' || lower > 'z') return false;
  }
  return true;
}

// Digits with at most one sign before them; a sign alone is zero.
std::optional<int> signed_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');  // nine digits at most
  }
  return negative ? -value : value;
}

// The length of "+3" or "-11" at the start of the text: hours up to 23. 0 if there is no such
// thing.
size_t signed_hours_length(std::string_view text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return 0;
  size_t at = 1;
  int hours = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    hours = std::min(hours * 10 + (text[at] - '0'), 1000);
  }
  return at == 1 || hours > 23 ? 0 : at;
}

// The length of the zone abbreviation at the start of the text; 0 if there is none. Three capitals,
// four or five that end in T, and what does not fit that: ChST, MeST, WITA, GMT+3, +03.
size_t zone_name_length(std::string_view text) {
  if (text.size() < 3) return 0;
  if (text.starts_with("ChST") || text.starts_with("MeST")) return 4;
  if (text.starts_with("GMT")) return 3 + signed_hours_length(text.substr(3));
  if (text[0] == '+' || text[0] == '-') return signed_hours_length(text);
  size_t capitals = 0;
  while (capitals < 6 && capitals < text.size() && text[capitals] >= 'A' && text[capitals] <= 'Z') {
    ++capitals;
  }
  switch (capitals) {
    case 3:
      return 3;
    case 4:
      return text[3] == 'T' || text.starts_with("WITA") ? 4 : 0;
    case 5:
      return text[4] == 'T' ? 5 : 0;
    default:
      return 0;
  }
}

}  // namespace

class TimeLayout::Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  // Takes the step's literal and element off the text.
  bool take(const Step& step) { return take_literal(step.literal) && take_element(step); }

  bool finish(const Zone& default_zone, const Zone& local, ParsedTime& out);

 private:
  // Any run of spaces matches any other, and no spaces at all where the text ends.
  bool take_literal(std::string_view literal);
  bool take_element(const Step& step);

  bool take_name(const auto& names, size_t shortened_to, int& index);
  // One or two digits; `fixed` wants two.
  bool take_number(bool fixed, int& value);
  bool take_yearday(bool padded_with_space);
  bool take_long_year();
  bool take_short_year();
  bool take_month(bool fixed) { return take_number(fixed, month_) && month_ >= 1 && month_ <= 12; }
  bool take_padded_day() {
    take_space();
    return take_number(false, day_);
  }
  bool take_second(bool fixed, bool hidden_fraction);
  // `size` characters from a separator on.
  bool take_fraction(size_t size);
  size_t fraction_length() const;
  bool take_half_of_day(std::string_view am, std::string_view pm);
  bool take_offset(const OffsetForm& form);
  bool take_zone_name();
  void take_space() {
    if (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  std::string_view take_first(size_t size) {
    const std::string_view first = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return first;
  }

  // Makes month_ and day_ of the day of the year; false if it contradicts those given.
  bool resolve_yearday();

  std::string_view rest_;
  int year_ = 0;
  int month_ = kNotGiven;
  int day_ = kNotGiven;
  int yearday_ = kNotGiven;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
  int nanosecond_ = 0;
  bool am_ = false;
  bool pm_ = false;
  bool utc_ = false;
  int offset_ = kNoOffset;
  std::string_view zone_name_;
};

bool TimeLayout::Parser::take_literal(std::string_view literal) {
  for (size_t i = 0; i < literal.size();) {
    if (literal[i] != ' ') {
      if (rest_.empty() || rest_[0] != literal[i]) return false;
      rest_.remove_prefix(1);
      ++i;
      continue;
    }
    if (!rest_.empty() && rest_[0] != ' ') return false;
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    while (i < literal.size() && literal[i] == ' ') ++i;
  }
  return true;
}

bool TimeLayout::Parser::take_element(const Step& step) {
  int weekday;  // not compared with the date
  switch (step.element) {
    case Element::kNone:
      return rest_.empty();
    case Element::kYear2006:
      return take_long_year();
    case Element::kYear06:
      return take_short_year();
    case Element::kMonthJanuary:
      return take_name(kMonthNames, 0, month_) && ++month_ > 0;
    case Element::kMonthJan:
      return take_name(kMonthNames, kShortNameLength, month_) && ++month_ > 0;
    case Element::kMonth1:
      return take_month(false);
    case Element::kMonth01:
      return take_month(true);
    case Element::kWeekdayMonday:
      return take_name(kWeekdayNames, 0, weekday);
    case Element::kWeekdayMon:
      return take_name(kWeekdayNames, kShortNameLength, weekday);
    case Element::kDay2:
      return take_number(false, day_);
    case Element::kDayPadded2:
      return take_padded_day();
    case Element::kDay02:
      return take_number(true, day_);
    case Element::kYearday002:
      return take_yearday(false);
    case Element::kYeardayPadded2:
      return take_yearday(true);
    case Element::kHour15:
      return take_number(false, hour_) && hour_ < 24;
    case Element::kHour3:
      return take_number(false, hour_) && hour_ <= 12;
    case Element::kHour03:
      return take_number(true, hour_) && hour_ <= 12;
    case Element::kMinute4:
      return take_number(false, minute_) && minute_ < 60;
    case Element::kMinute04:
      return take_number(true, minute_) && minute_ < 60;
    case Element::kSecond5:
      return take_second(false, step.hidden_fraction);
    case Element::kSecond05:
      return take_second(true, step.hidden_fraction);
    case Element::kUpperPm:
      return take_half_of_day("AM", "PM");
    case Element::kLowerPm:
      return take_half_of_day("am", "pm");
    case Element::kZoneName:
      return take_zone_name();
    case Element::kZoneOffset:
      return take_offset(step.offset);
    case Element::kFraction0:
      return take_fraction(size_t{1} + step.fraction_digits);
    case Element::kFraction9: {
      const size_t length = fraction_length();
      return length == 0 || take_fraction(length);
    }
  }
  return false;
}

bool TimeLayout::Parser::take_name(const auto& names, size_t shortened_to, int& index) {
  if (rest_.empty()) return false;
  const int initial = rest_[0] | 0x20;
  for (size_t i = 0; i < names.size(); ++i) {
    if ((names[i][0] | 0x20) != initial) continue;
    const std::string_view name = shortened_to == 0 ? names[i] : names[i].substr(0, shortened_to);
    if (rest_.size() < name.size() || !equal_ignoring_case(rest_.substr(0, name.size()), name)) {
      continue;
    }
    rest_.remove_prefix(name.size());
    index = static_cast<int>(i);
    return true;
  }
  return false;
}

bool TimeLayout::Parser::take_number(bool fixed, int& value) {
  if (rest_.empty() || !is_digit(rest_[0])) return false;
  value = rest_[0] - '0';
  if (rest_.size() >= 2 && is_digit(rest_[1])) {
    value = value * 10 + (rest_[1] - '0');
    rest_.remove_prefix(2);
    return true;
  }
  rest_.remove_prefix(1);
  return !fixed;
}

bool TimeLayout::Parser::take_yearday(bool padded_with_space) {
  if (padded_with_space) {
    take_space();
    take_space();
  }
  size_t digits = 0;
  yearday_ = 0;
  while (digits < 3 && digits < rest_.size() && is_digit(rest_[digits])) {
    yearday_ = yearday_ * 10 + (rest_[digits++] - '0');
  }
  rest_.remove_prefix(digits);
  return padded_with_space ? digits > 0 : digits == 3;
}

bool TimeLayout::Parser::take_long_year() {
  if (rest_.size() < 4 || !is_digit(rest_[0])) return false;
  const auto year = signed_number(take_first(4));
  year_ = year.value_or(0);
  return year.has_value();
}

bool TimeLayout::Parser::take_short_year() {
  if (rest_.size() < 2) return false;
  const auto year = signed_number(take_first(2));
  if (!year) return false;
  year_ = *year + (*year >= 69 ? 1900 : 2000);
  return true;
}

bool TimeLayout::Parser::take_second(bool fixed, bool hidden_fraction) {
  if (!take_number(fixed, second_) || second_ >= 60) return false;
  const size_t length = hidden_fraction ? fraction_length() : 0;
  return length == 0 || take_fraction(length);
}

// How long a separator with all digits behind it is; 0 if there is none.
size_t TimeLayout::Parser::fraction_length() const {
  if (rest_.size() < 2 || !is_fraction_separator(rest_[0]) || !is_digit(rest_[1])) return 0;
  size_t length = 2;
  while (length < rest_.size() && is_digit(rest_[length])) ++length;
  return length;
}

bool TimeLayout::Parser::take_fraction(size_t size) {
  constexpr size_t kMostDigits = 9;
  if (rest_.size() < size || !is_fraction_separator(rest_[0])) return false;
  // Digits past the ninth are not even looked at.
  const size_t digits = std::min(size - 1, kMostDigits);
  const auto value = signed_number(take_first(size).substr(1, digits));
  if (!value || *value < 0) return false;
  nanosecond_ = *value;
  for (size_t i = digits; i < kMostDigits; ++i) nanosecond_ *= 10;
  return true;
}

bool TimeLayout::Parser::take_half_of_day(std::string_view am, std::string_view pm) {
  if (rest_.starts_with(pm)) {
    pm_ = true;
  } else if (rest_.starts_with(am)) {
    am_ = true;
  } else {
    return false;
  }
  rest_.remove_prefix(am.size());
  return true;
}

bool TimeLayout::Parser::take_offset(const OffsetForm& form) {
  if (form.z_for_utc && rest_.starts_with('Z')) {
    rest_.remove_prefix(1);
    utc_ = true;
    return true;
  }
  if (!rest_.starts_with('+') && !rest_.starts_with('-')) return false;
  const bool west = take_first(1) == "-";
  std::array<int, 3> values{};
  for (size_t i = 0; i < form.fields; ++i) {
    if (i > 0 && form.colons) {
      if (!rest_.starts_with(':')) return false;
      rest_.remove_prefix(1);
    }
    if (!take_number(true, values[i])) return false;
  }
  const auto [hours, minutes, seconds] = values;
  // One more than there can be: some write 24 hours or 60 minutes.
  if (hours > 24 || minutes > 60 || seconds > 60) return false;
  offset_ = hours * 3600 + minutes * 60 + seconds;
  if (west) offset_ = -offset_;
  return true;
}

bool TimeLayout::Parser::take_zone_name() {
  if (rest_.starts_with("UTC")) {
    rest_.remove_prefix(3);
    utc_ = true;
    return true;
  }
  const size_t length = zone_name_length(rest_);
  if (length == 0) return false;
  zone_name_ = take_first(length);
  return true;
}

bool TimeLayout::Parser::resolve_yearday() {
  if (yearday_ == kNotGiven) {
    if (month_ == kNotGiven) month_ = 1;
    if (day_ == kNotGiven) day_ = 1;
    return true;
  }
  const int days = is_leap_year(year_) ? 366 : 365;
  if (yearday_ < 1 || yearday_ > days) return false;
  const Date date = date_from_days(days_from_date(year_, 1, 1) + yearday_ - 1);
  if ((month_ != kNotGiven && month_ != date.month) || (day_ != kNotGiven && day_ != date.day)) {
    return false;
  }
  month_ = date.month;
  day_ = date.day;
  return true;
}

bool TimeLayout::Parser::finish(const Zone& default_zone, const Zone& local, ParsedTime& out) {
  if (pm_ && hour_ < 12) {
    hour_ += 12;
  } else if (am_ && hour_ == 12) {
    hour_ = 0;
  }
  if (!resolve_yearday()) return false;
  if (day_ < 1 || day_ > days_in_month(year_, month_)) return false;

  const int second_of_day = hour_ * 3600 + minute_ * 60 + second_;
  const int64_t clock = days_from_date(year_, month_, day_) * kSecondsPerDay + second_of_day;
  out = {.time = {clock, nanosecond_}, .known_zone = nullptr, .offset = 0, .abbreviation = {}};
  if (utc_) {
    out.known_zone = &Zone::utc();
  } else if (offset_ != kNoOffset) {
    out.time.seconds -= offset_;
    const Zone::Period period = local.at(out.time.seconds);
    if (period.offset == offset_ && (zone_name_.empty() || zone_name_ == period.abbreviation)) {
      out.known_zone = &local;
    } else {
      out.offset = offset_;
      out.abbreviation = zone_name_;
    }
  } else if (!zone_name_.empty()) {
    if (const auto offset = local.offset_of(zone_name_, clock)) {
      out.time.seconds -= *offset;
      out.known_zone = &local;
    } else {
      // A zone made up: the offset of GMT+3 shows when it is formatted, but is not subtracted here.
      if (zone_name_.size() > 3 && zone_name_.starts_with("GMT")) {
        out.offset = signed_number(zone_name_.substr(3)).value_or(0) * 3600;
      }
      out.abbreviation = zone_name_;
    }
  } else {
    out.time.seconds = default_zone.instant_of(clock);
    out.known_zone = &default_zone;
  }
  return true;
}

bool TimeLayout::parse(std::string_view text, const Zone& default_zone, const Zone& local,
                       ParsedTime& out) const {
  Parser parser(text);
  for (const Step& step : steps_) {
    if (!parser.take(step)) return false;
  }
  return parser.finish(default_zone, local, out);
}

}  // namespace lokitail::pipeline::lang
