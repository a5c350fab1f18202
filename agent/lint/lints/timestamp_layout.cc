// Layouts of timestamps that are not what Go takes for one: other languages' letters, an example in
// place of the reference time, a day and a month that have changed places.

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "agent/lint/lints/timestamp_formats.h"
#include "config/nearest.h"
#include "pipeline/lang/regex.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::agent::lint {
namespace {

using pipeline::lang::TimeLayout;

using Complaint = LayoutComplaint;

struct Translation {
  std::string_view from;
  std::string_view to;
};

// strftime's.
constexpr Translation kPercent[] = {
    {"%Y", "2006"},     {"%y", "06"},         {"%m", "01"},       {"%d", "02"},   {"%e", "_2"},
    {"%H", "15"},       {"%I", "03"},         {"%M", "04"},       {"%S", "05"},   {"%f", "000000"},
    {"%L", "000"},      {"%N", "000000000"},  {"%z", "-0700"},    {"%Z", "MST"},  {"%b", "Jan"},
    {"%B", "January"},  {"%a", "Mon"},        {"%A", "Monday"},   {"%p", "PM"},   {"%j", "002"},
    {"%T", "15:04:05"}, {"%F", "2006-01-02"}, {"%D", "01/02/06"}, {"%s", "Unix"},
};

// Java's and its relatives'. The longer ones come first.
constexpr Translation kLetters[] = {
    {"yyyy", "2006"},
    {"YYYY", "2006"},
    {"yy", "06"},
    {"YY", "06"},
    {"MMMM", "January"},
    {"MMM", "Jan"},
    {"MM", "01"},
    {"dd", "02"},
    {"DD", "02"},
    {"EEEE", "Monday"},
    {"EEE", "Mon"},
    {"ddd", "Mon"},
    {"HH", "15"},
    {"hh", "03"},
    {"mm", "04"},
    {"ss", "05"},
    {"SSSSSSSSS", "000000000"},
    {"SSSSSS", "000000"},
    {"SSS", "000"},
    {"ffffff", "000000"},
    {"fff", "000"},
    {"XXX", "Z07:00"},
    {"xxx", "-07:00"},
    {"ZZ", "-0700"},
    {"'T'", "T"},
    {"'Z'", "Z"},
    {"Z", "-0700"},
};

template <std::size_t n>
std::string translate(std::string_view format, const Translation (&translations)[n]) {
  std::string result;
  while (!format.empty()) {
    const Translation* best = nullptr;
    for (const Translation& translation : translations) {
      const bool fits = format.starts_with(translation.from);
      if (fits && (best == nullptr || translation.from.size() > best->from.size())) best = &translation;
    }
    result += best == nullptr ? format.substr(0, 1) : best->to;
    format.remove_prefix(best == nullptr ? 1 : best->from.size());
  }
  return result;
}

std::optional<Complaint> other_languages(const std::string& format) {
  static const pipeline::lang::Regex percent("%[a-zA-Z]");
  static const pipeline::lang::Regex letters("[yY]{4}|d{2}|D{2}|H{2}|m{2}:|:m{2}|s{2}");
  if (percent.matches(format)) {
    return Complaint{"these are strftime's letters, which Go's layouts do not know",
                     translate(format, kPercent)};
  }
  if (letters.matches(format)) {
    return Complaint{"these are letters of other languages' formats, which Go's layouts do not know",
                     translate(format, kLetters)};
  }
  return std::nullopt;
}

// A format that Go or others have under this name, and the stage does not know.
std::optional<Complaint> unknown_name(const std::string& format) {
  for (const std::string_view name : kNamedFormats) {
    if (config::equal_fold(name, format)) {
      return Complaint{"this is not the name of a format: letter case matters", std::string(name)};
    }
  }
  constexpr Translation kOthers[] = {
      {"Kitchen", "3:04PM"},
      {"Stamp", "Jan _2 15:04:05"},
      {"StampMilli", "Jan _2 15:04:05.000"},
      {"DateTime", "2006-01-02 15:04:05"},
      {"DateOnly", "2006-01-02"},
      {"TimeOnly", "15:04:05"},
      {"ISO8601", "RFC3339"},
      {"ISO-8601", "RFC3339"},
      {"ISO 8601", "RFC3339"},
      {"iso8601", "RFC3339"},
      {"epoch", "Unix"},
      {"unix_ms", "UnixMs"},
      {"epoch_millis", "UnixMs"},
  };
  for (const Translation& other : kOthers) {
    if (other.from == format) {
      return Complaint{"the stage knows no format of this name", std::string(other.to)};
    }
  }
  return std::nullopt;
}

bool has_digit(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool comes_twice(const std::string& elements) {
  return std::ranges::any_of(std::string_view("YMDHIms"),
                             [&](char element) { return std::ranges::count(elements, element) > 1; });
}

// Going by what Go makes of it.
std::optional<Complaint> odd_elements(const std::string& format) {
  const TimeLayout::Parts parts = TimeLayout::compile(format).parts();
  const std::string& elements = parts.elements;
  const auto has = [&elements](char element) { return elements.find(element) != std::string::npos; };
  if (elements.empty()) {
    return Complaint{
        "nothing of the reference time is in it, Mon Jan 2 15:04:05 MST 2006: it fits no "
        "time"};
  }
  if (comes_twice(elements) || std::ranges::any_of(parts.literals, has_digit)) {
    return Complaint{
        "this is not the reference time that Go's layouts are written with, "
        "2006-01-02 15:04:05 -0700, but another one: it fits next to no time"};
  }
  if (elements.find("YDM") != std::string::npos) {
    std::string better = format;
    const std::size_t day = better.find("02");
    const std::size_t month = better.find("01");
    if (day != std::string::npos && month != std::string::npos) {
      better.replace(day, 2, "01").replace(month, 2, "02");
    }
    return Complaint{"year, day, month: 02 is the day and 01 the month", better};
  }
  const bool names_half = std::ranges::any_of(parts.literals, [](const std::string& text) {
    return text.find("AM") != std::string::npos || text.find(" am") != std::string::npos;
  });
  if (has('I') && !has('P')) {
    return Complaint{names_half ? "AM stands for itself: PM stands for both halves of the day"
                                : "03 is an hour of a half day: hours from 13 on are refused, and 12 "
                                  "is taken for midnight or noon as it comes; 15 is that of a whole day"};
  }
  const bool has_clock = has('H') || has('I');
  if (has_clock && !has('D') && !has('J')) {
    return Complaint{"there is no day in it: every line is taken for one of January 1"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<LayoutComplaint> layout_complaint(const std::string& format) {
  if (is_named_format(format)) return std::nullopt;
  auto complaint = unknown_name(format);
  if (!complaint) complaint = other_languages(format);
  if (!complaint) complaint = odd_elements(format);
  return complaint;
}

void check_timestamp_layout(const Subject& subject, Report& report) {
  for_each_format(subject, [&](const config::Node&, const config::Node& node) {
    const auto complaint = layout_complaint(node.text());
    if (!complaint) return;
    report.add(node.place(), fmt::format("`{}`: {}", node.text(), complaint->what), complaint->better);
  });
}

}  // namespace lokitail::agent::lint
