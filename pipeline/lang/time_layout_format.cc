// TimeLayout::format(): what Go's Time.Format writes.
#include <algorithm>
#include <cstdlib>

#include "pipeline/lang/time_layout.h"
#include "pipeline/lang/time_layout_names.h"

namespace lokitail::pipeline::lang {

class TimeLayout::Formatter {
 public:
  Formatter(const CivilTime& civil, std::string& out) : civil_(civil), out_(out) {}

  void put(const Step& step) {
    out_ += step.literal;
    put_element(step);
  }

 private:
  void put_element(const Step& step);
  // Zeros before the digits up to `width`; a sign is not counted.
  void put_number(int64_t value, size_t width = 0);
  // Spaces before the digits up to `width`.
  void put_padded(int value, size_t width);
  void put_offset(const OffsetForm& form);
  void put_fraction(const Step& step);

  int hour_of_twelve() const { return (civil_.hour + 11) % 12 + 1; }
  std::string_view month() const { return kMonthNames[static_cast<size_t>(civil_.month - 1)]; }
  std::string_view weekday() const { return kWeekdayNames[static_cast<size_t>(civil_.weekday)]; }

  const CivilTime& civil_;
  std::string& out_;
};

void TimeLayout::Formatter::put_element(const Step& step) {
  const bool afternoon = civil_.hour >= 12;
  switch (step.element) {
    case Element::kNone:
      return;
    case Element::kYear2006:
      return put_number(civil_.year, 4);
    case Element::kYear06:
      return put_number(std::abs(civil_.year % 100), 2);
    case Element::kMonthJanuary:
      out_ += month();
      return;
    case Element::kMonthJan:
      out_ += month().substr(0, kShortNameLength);
      return;
    case Element::kMonth1:
      return put_number(civil_.month);
    case Element::kMonth01:
      return put_number(civil_.month, 2);
    case Element::kWeekdayMonday:
      out_ += weekday();
      return;
    case Element::kWeekdayMon:
      out_ += weekday().substr(0, kShortNameLength);
      return;
    case Element::kDay2:
      return put_number(civil_.day);
    case Element::kDayPadded2:
      return put_padded(civil_.day, 2);
    case Element::kDay02:
      return put_number(civil_.day, 2);
    case Element::kYearday002:
      return put_number(civil_.yearday, 3);
    case Element::kYeardayPadded2:
      return put_padded(civil_.yearday, 3);
    case Element::kHour15:
      return put_number(civil_.hour, 2);
    case Element::kHour3:
      return put_number(hour_of_twelve());
    case Element::kHour03:
      return put_number(hour_of_twelve(), 2);
    case Element::kMinute4:
      return put_number(civil_.minute);
    case Element::kMinute04:
      return put_number(civil_.minute, 2);
    case Element::kSecond5:
      return put_number(civil_.second);
    case Element::kSecond05:
      return put_number(civil_.second, 2);
    case Element::kUpperPm:
      out_ += afternoon ? "PM" : "AM";
      return;
    case Element::kLowerPm:
      out_ += afternoon ? "pm" : "am";
      return;
    case Element::kZoneName:
      // A zone without a name shows its offset.
      if (civil_.zone.abbreviation.empty()) return put_offset(OffsetForm{});
      out_ += civil_.zone.abbreviation;
      return;
    case Element::kZoneOffset:
      return put_offset(step.offset);
    case Element::kFraction0:
    case Element::kFraction9:
      return put_fraction(step);
  }
}

void TimeLayout::Formatter::put_number(int64_t value, size_t width) {
  if (value < 0) out_ += '-';
  const std::string digits = std::to_string(std::abs(value));
  out_.append(width > digits.size() ? width - digits.size() : 0, '0');
  out_ += digits;
}

void TimeLayout::Formatter::put_padded(int value, size_t width) {
  const std::string digits = std::to_string(value);
  out_.append(width > digits.size() ? width - digits.size() : 0, ' ');
  out_ += digits;
}

void TimeLayout::Formatter::put_offset(const OffsetForm& form) {
  const int offset = civil_.zone.offset;
  if (offset == 0 && form.z_for_utc) {
    out_ += 'Z';
    return;
  }
  // The sign is that of whole minutes: half a minute west has a plus, as in Go.
  const int minutes = offset / 60;
  const char* const colon = form.colons ? ":" : "";
  out_ += minutes < 0 ? '-' : '+';
  put_number(std::abs(minutes) / 60, 2);
  if (form.fields >= 2) {
    out_ += colon;
    put_number(std::abs(minutes) % 60, 2);
  }
  if (form.fields >= 3) {
    out_ += colon;
    put_number((minutes < 0 ? -offset : offset) % 60, 2);
  }
}

void TimeLayout::Formatter::put_fraction(const Step& step) {
  constexpr size_t kDigits = 9;
  const bool trim = step.element == Element::kFraction9;
  if (trim && civil_.nanosecond == 0) return;
  const size_t start = out_.size();
  out_ += step.fraction_separator;
  put_number(civil_.nanosecond, kDigits);
  out_.resize(start + 1 + std::min<size_t>(step.fraction_digits, kDigits));
  if (!trim) return;
  while (out_.back() == '0') out_.pop_back();
  if (out_.size() == start + 1) out_.pop_back();
}

std::string TimeLayout::format(const Timestamp& time, const Zone& zone) const {
  std::string result;
  result.reserve(text_.size() + 10);
  const CivilTime civil = to_civil(time, zone);
  Formatter formatter(civil, result);
  for (const Step& step : steps_) formatter.put(step);
  return result;
}

}  // namespace lokitail::pipeline::lang
