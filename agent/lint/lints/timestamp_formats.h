// The formats of the timestamp stages of a configuration; for the lints about them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "agent/lint/lint.h"
#include "pipeline/flow/flow_reader.h"

namespace lokitail::agent::lint {

// Those that are no layouts.
inline constexpr std::array<std::string_view, 14> kNamedFormats = {
    "ANSIC",    "UnixDate", "RubyDate",    "RFC822", "RFC822Z", "RFC850", "RFC1123",
    "RFC1123Z", "RFC3339",  "RFC3339Nano", "Unix",   "UnixMs",  "UnixUs", "UnixNs"};

inline bool is_named_format(std::string_view format) {
  for (const std::string_view name : kNamedFormats) {
    if (name == format) return true;
  }
  return false;
}

// What is odd about a format that is no name, and what is meant; nothing where all is well.
struct LayoutComplaint {
  std::string what;
  std::string better{};
};
std::optional<LayoutComplaint> layout_complaint(const std::string& format);

// Calls visit(stage body, node of the format) for each that a timestamp stage gives.
template <typename Visit>
void for_each_format(const Subject& subject, Visit visit) {
  for (const JobModel* job : subject.sound_jobs()) {
    for (const StepModel& step : job->steps) {
      if (step.flow.stage != "timestamp") continue;
      const config::Node format = pipeline::flow::member(step.flow.body, "format");
      if (format.is_scalar() && !format.text().empty()) visit(step.flow.body, format);
      for (const config::Node& fallback :
           pipeline::flow::member(step.flow.body, "fallback_formats").items()) {
        if (fallback.is_scalar() && !fallback.text().empty()) visit(step.flow.body, fallback);
      }
    }
  }
}

}  // namespace lokitail::agent::lint
