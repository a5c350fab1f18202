// Names of months and weekdays, in English as Go has them. A short name is the first three letters.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace lokitail::pipeline::lang {

inline constexpr std::array<std::string_view, 12> kMonthNames = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

inline constexpr std::array<std::string_view, 7> kWeekdayNames = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

inline constexpr size_t kShortNameLength = 3;

}  // namespace lokitail::pipeline::lang
