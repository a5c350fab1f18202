// Timestamps that do not say in which zone they are, with nobody else saying it.

#include <algorithm>

#include <fmt/format.h>

#include "agent/lint/lints/timestamp_formats.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::agent::lint {
namespace {

// Times of day without a zone; not such that say in other ways that they are UTC.
bool lacks_zone(const std::string& format) {
  const auto parts = pipeline::lang::TimeLayout::compile(format).parts();
  const auto has = [&parts](char element) { return parts.elements.find(element) != std::string::npos; };
  const bool says_utc = std::ranges::any_of(parts.literals, [](const std::string& text) {
    return text.find('Z') != std::string::npos || text.find("UTC") != std::string::npos ||
           text.find("GMT") != std::string::npos;
  });
  return (has('H') || has('I')) && !has('Z') && !says_utc;
}

}  // namespace

void check_timestamp_zone(const Subject& subject, Report& report) {
  for_each_format(subject, [&](const config::Node& stage, const config::Node& node) {
    if (node.text() == "ANSIC") {
      report.add(node.place(), "ANSIC has no zone and does not look at location: times are taken for UTC",
                 "format: Mon Jan _2 15:04:05 2006, and a location");
      return;
    }
    if (is_named_format(node.text()) || !lacks_zone(node.text())) return;
    if (layout_complaint(node.text())) return;  // that comes first
    if (!pipeline::flow::member(stage, "location").is_null()) return;
    report.add(node.place(),
               fmt::format("`{}` has no zone, and there is no location: times are taken for UTC. Those "
                           "of another zone land hours away, and Loki refuses what lies in the future",
                           node.text()),
               "the zone in which the lines are written, such as `location: Europe/Prague`, or "
               "`location: UTC`");
  });
}

}  // namespace lokitail::agent::lint
