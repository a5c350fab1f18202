// Stages that had nothing to do with any line of the sample.

#include <fmt/format.h>

#include "agent/lint/lint.h"

namespace lokitail::agent::lint {
namespace {

// The stages of the sample that saw entries and matched none.
template <typename Visit>
void for_each_idle(const Subject& subject, Visit visit) {
  if (!subject.sample) return;
  for (const SampleStage& stage : subject.sample->stages) {
    if (stage.entries > 0 && !stage.verb.empty() && stage.matched == 0) visit(stage);
  }
}

std::string example(const SampleStage& stage) {
  return stage.unmatched.empty() ? "" : fmt::format(", such as `{}`", stage.unmatched.front());
}

}  // namespace

void check_regex_never_matches(const Subject& subject, Report& report) {
  for_each_idle(subject, [&](const SampleStage& stage) {
    if (stage.stage == "regex" || stage.stage == "replace") {
      report.add(stage.place, fmt::format("the expression of {} matched none of {} texts of the sample{}",
                                          stage.stage, stage.entries, example(stage)));
    } else if (stage.stage == "multiline") {
      report.add(stage.place,
                 fmt::format("firstline matched none of {} lines of the sample{}: nothing is joined",
                             stage.entries, example(stage)));
    }
  });
}

void check_format_never_fits(const Subject& subject, Report& report) {
  for_each_idle(subject, [&](const SampleStage& stage) {
    if (stage.stage == "json" || stage.stage == "docker") {
      report.add(stage.place, fmt::format("none of {} texts of the sample is {}{}", stage.entries,
                                          stage.stage == "json" ? "a JSON object" : "a record of Docker's",
                                          example(stage)));
    } else if (stage.stage == "cri") {
      report.add(stage.place, fmt::format("none of {} lines of the sample is in the CRI format{}",
                                          stage.entries, example(stage)));
    } else if (stage.stage == "logfmt") {
      report.add(stage.place, fmt::format("none of {} texts of the sample has a key of this mapping{}",
                                          stage.entries, example(stage)));
    }
  });
}

void check_timestamp_never_parses(const Subject& subject, Report& report) {
  for_each_idle(subject, [&](const SampleStage& stage) {
    if (stage.stage != "timestamp") return;
    report.add(stage.place,
               fmt::format("no time could be read from any of {} entries of the sample{}: they keep the "
                           "time at which they were read",
                           stage.entries, example(stage)));
  });
}

void check_stage_never_applies(const Subject& subject, Report& report) {
  for_each_idle(subject, [&](const SampleStage& stage) {
    if (stage.stage == "match" || stage.stage == "drop") {
      report.note(stage.place,
                  fmt::format("{} picked none of {} entries of the sample", stage.stage, stage.entries));
    }
  });
  if (!subject.sample) return;
  for (const SampleStage& stage : subject.sample->stages) {
    // Of stages that matched nothing the others tell already.
    if (stage.matched == 0) continue;
    for (const SampleStage::Name& name : stage.names) {
      if (name.found > 0) continue;
      report.note(name.place, fmt::format("{} found \"{}\" in none of {} entries of the sample", stage.stage,
                                          name.name, stage.entries));
    }
  }
}

}  // namespace lokitail::agent::lint
