#include "pipeline/lang/time_layout.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lokitail::pipeline::lang {

// Cuts a layout into steps. parse() and format() are in time_layout_parse.cc and
// time_layout_format.cc.
class TimeLayout::Scanner {
 public:
  explicit Scanner(std::string_view layout) : rest_(layout) {}

  // The next element with the text before it; Element::kNone at the end.
  Step next() {
    for (size_t at = 0; at < rest_.size(); ++at) {
      Step step;
      const size_t length = element_at(rest_.substr(at), step);
      if (length == 0) continue;
      step.literal = rest_.substr(0, at);
      rest_.remove_prefix(at + length);
      return step;
    }
    Step end;
    end.literal = std::exchange(rest_, {});
    return end;
  }

 private:
  struct Spelling {
    std::string_view text;
    Element element;
    OffsetForm offset = {};
  };

  // How long the element is that `text` begins with; 0 if it begins with none.
  static size_t element_at(std::string_view text, Step& step) {
    // Where one spelling begins with another, the longer one comes first.
    static constexpr Spelling kSpellings[] = {
        {"January", Element::kMonthJanuary},
        {"Jan", Element::kMonthJan},
        {"Monday", Element::kWeekdayMonday},
        {"Mon", Element::kWeekdayMon},
        {"MST", Element::kZoneName},
        {"01", Element::kMonth01},
        {"02", Element::kDay02},
        {"03", Element::kHour03},
        {"04", Element::kMinute04},
        {"05", Element::kSecond05},
        {"06", Element::kYear06},
        {"002", Element::kYearday002},
        {"15", Element::kHour15},
        {"1", Element::kMonth1},
        {"2006", Element::kYear2006},
        {"2", Element::kDay2},
        {"_2", Element::kDayPadded2},
        {"__2", Element::kYeardayPadded2},
        {"3", Element::kHour3},
        {"4", Element::kMinute4},
        {"5", Element::kSecond5},
        {"PM", Element::kUpperPm},
        {"pm", Element::kLowerPm},
        {"-070000", Element::kZoneOffset, {false, false, 3}},
        {"-07:00:00", Element::kZoneOffset, {false, true, 3}},
        {"-0700", Element::kZoneOffset, {false, false, 2}},
        {"-07:00", Element::kZoneOffset, {false, true, 2}},
        {"-07", Element::kZoneOffset, {false, false, 1}},
        {"Z070000", Element::kZoneOffset, {true, false, 3}},
        {"Z07:00:00", Element::kZoneOffset, {true, true, 3}},
        {"Z0700", Element::kZoneOffset, {true, false, 2}},
        {"Z07:00", Element::kZoneOffset, {true, true, 2}},
        {"Z07", Element::kZoneOffset, {true, false, 1}},
    };
    for (const Spelling& spelling : kSpellings) {
      if (!text.starts_with(spelling.text)) continue;
      if (is_part_of_other_text(spelling.element, text.substr(spelling.text.size()))) continue;
      step.element = spelling.element;
      step.offset = spelling.offset;
      return spelling.text.size();
    }
    return fraction_at(text, step);
  }

  // "Month" has no "Mon" in it, and "_2006" is a literal "_" before a year.
  static bool is_part_of_other_text(Element element, std::string_view following) {
    switch (element) {
      case Element::kMonthJan:
      case Element::kWeekdayMon:
        return !following.empty() && following[0] >= 'a' && following[0] <= 'z';
      case Element::kDayPadded2:
        return following.starts_with("006");
      default:
        return false;
    }
  }

  // ".000", ",999": one separator and a run of one of the two digits, which no other digit follows.
  static size_t fraction_at(std::string_view text, Step& step) {
    if (text.size() < 2 || (text[0] != '.' && text[0] != ',')) return 0;
    const char digit = text[1];
    if (digit != '0' && digit != '9') return 0;
    const size_t end = std::min(text.find_first_not_of(digit, 1), text.size());
    if (end < text.size() && text[end] >= '0' && text[end] <= '9') return 0;
    constexpr size_t kMost = std::numeric_limits<uint16_t>::max();
    step.element = digit == '0' ? Element::kFraction0 : Element::kFraction9;
    step.fraction_digits = static_cast<uint16_t>(std::min(end - 1, kMost));
    step.fraction_separator = text[0];
    return end;
  }

  std::string_view rest_;
};

TimeLayout TimeLayout::compile(std::string_view go_layout) {
  TimeLayout layout;
  layout.text_ = go_layout;
  Scanner scanner(go_layout);
  do {
    layout.steps_.push_back(scanner.next());
  } while (layout.steps_.back().element != Element::kNone);

  for (size_t i = 0; i + 1 < layout.steps_.size(); ++i) {
    const Element element = layout.steps_[i].element;
    const Element next = layout.steps_[i + 1].element;
    layout.steps_[i].hidden_fraction = (element == Element::kSecond5 || element == Element::kSecond05) &&
                                       next != Element::kFraction0 && next != Element::kFraction9;
  }
  return layout;
}

TimeLayout::Parts TimeLayout::parts() const {
  const auto letter = [](Element element) {
    switch (element) {
      case Element::kYear2006:
      case Element::kYear06:
        return 'Y';
      case Element::kMonthJanuary:
      case Element::kMonthJan:
      case Element::kMonth1:
      case Element::kMonth01:
        return 'M';
      case Element::kWeekdayMonday:
      case Element::kWeekdayMon:
        return 'W';
      case Element::kDay2:
      case Element::kDayPadded2:
      case Element::kDay02:
        return 'D';
      case Element::kYearday002:
      case Element::kYeardayPadded2:
        return 'J';
      case Element::kHour15:
        return 'H';
      case Element::kHour3:
      case Element::kHour03:
        return 'I';
      case Element::kMinute4:
      case Element::kMinute04:
        return 'm';
      case Element::kSecond5:
      case Element::kSecond05:
        return 's';
      case Element::kUpperPm:
      case Element::kLowerPm:
        return 'P';
      case Element::kZoneName:
      case Element::kZoneOffset:
        return 'Z';
      case Element::kFraction0:
      case Element::kFraction9:
        return 'f';
      case Element::kNone:
        break;
    }
    return '\0';
  };
  Parts parts;
  for (const Step& step : steps_) {
    if (!step.literal.empty()) parts.literals.push_back(step.literal);
    if (step.element != Element::kNone) parts.elements += letter(step.element);
  }
  return parts;
}

Zone ParsedTime::zone() const {
  return known_zone != nullptr ? *known_zone : Zone::fixed(std::string(abbreviation), offset);
}

}  // namespace lokitail::pipeline::lang
