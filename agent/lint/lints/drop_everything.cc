// A drop stage whose expression takes any text, or the empty text of lines that lack the value.

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "pipeline/flow/flow_reader.h"
#include "pipeline/lang/regex.h"

namespace lokitail::agent::lint {
namespace {

// Texts that have nothing in common.
constexpr std::array<std::string_view, 4> kTexts = {"a", "7 + 1", "2024-05-06T07:08:09Z ERROR: no [x] in {y}",
                                                    "\xc3\xbc"};

// Those that are meant for the empty text.
bool asks_for_empty(const std::string& expression) {
  return expression == "^$" || expression == "^\\s*$" || expression == "^\\s+$";
}

void check(const StepModel& step, Report& report) {
  const config::Node expression = pipeline::flow::member(step.flow.body, "expression");
  const std::string text = pipeline::flow::text_of(expression);
  if (text.empty()) return;
  // Other conditions have to hold as well.
  for (const char* condition : {"longer_than", "older_than"}) {
    if (!pipeline::flow::member(step.flow.body, condition).is_null()) return;
  }
  const pipeline::lang::Regex regex(text);
  const bool takes_all =
      std::ranges::all_of(kTexts, [&](std::string_view any) { return regex.matches(any); });
  const bool takes_empty = regex.matches("");
  if (takes_all && takes_empty) {
    report.add(expression.place(), fmt::format("`{}` fits every text: all entries are dropped", text));
  } else if (takes_empty && !step.flow.reads.empty() && !asks_for_empty(text)) {
    report.add(expression.place(),
               fmt::format("`{}` fits the empty text too, which is what lines without {} have: they are "
                           "dropped as well",
                           text, step.flow.reads.front().name),
               "an expression that asks for at least one character");
  }
}

}  // namespace

void check_drop_everything(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    for (const StepModel& step : job->steps) {
      if (step.flow.stage != "drop") continue;
      try {
        check(step, report);
      } catch (const std::invalid_argument&) {
        // An error of the configuration, which is told elsewhere.
      }
    }
  }
}

}  // namespace lokitail::agent::lint
