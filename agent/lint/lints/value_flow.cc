// Extracted values that are read and never set, or set and never read.

#include <algorithm>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "config/nearest.h"
#include "pipeline/flow/flow_reader.h"

namespace lokitail::agent::lint {
namespace {

// The first step behind `after` that sets this value; nullptr if none does.
const StepModel* later_setter(const JobModel& job, std::size_t after, const std::string& name) {
  for (std::size_t i = after + 1; i < job.steps.size(); ++i) {
    const auto& sets = job.steps[i].flow.sets;
    if (std::ranges::find(sets, name, &pipeline::FlowValue::name) != sets.end()) return &job.steps[i];
  }
  return nullptr;
}

bool is_metadata_of_label(const StepModel& step, const pipeline::FlowName& read) {
  return !step.flow.metadata.empty() && step.before.may_have_label(read.name);
}

// Calls visit(step number, read) for each value that is read where nothing can have set it.
template <typename Visit>
void for_each_missing(const JobModel& job, Visit visit) {
  for (std::size_t i = 0; i < job.steps.size(); ++i) {
    const StepModel& step = job.steps[i];
    for (const pipeline::FlowName& read : step.flow.reads) {
      if (read.name.empty() || step.before.may_have_value(read.name)) continue;
      if (is_metadata_of_label(step, read)) continue;
      visit(i, read);
    }
  }
}

std::string effect(const StepModel& step, const pipeline::FlowName& read) {
  const config::Node source = pipeline::flow::member(step.flow.body, "source");
  const bool is_source = source.place().line == read.place.line && source.place().column == read.place.column;
  const std::string& stage = step.flow.stage;
  const bool is_field = (stage == "template" || stage == "replace") && !is_source;
  return is_field || stage == "drop" ? "it is never there" : "the stage does nothing";
}

std::string hint(const StepModel& step, const std::string& name) {
  if (step.before.labels.contains(name)) {
    return fmt::format(
        "the label {} is no extracted value: labels become values at the start of the pipeline and "
        "inside of match only",
        name);
  }
  std::vector<std::string_view> names;
  for (const auto& [known, fact] : step.before.values) names.push_back(known);
  const std::string_view nearest = config::nearest(name, names);
  return nearest.empty() ? "" : std::string(nearest);
}

// Whether any stage behind the step reads the value.
bool is_read_later(const JobModel& job, std::size_t step, const std::string& name) {
  return std::any_of(job.steps.begin() + static_cast<std::ptrdiff_t>(step) + 1, job.steps.end(),
                     [&name](const StepModel& later) {
                       const auto& reads = later.flow.reads;
                       return later.flow.reads_all ||
                              std::ranges::find(reads, name, &pipeline::FlowName::name) != reads.end();
                     });
}

}  // namespace

void check_source_never_set(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    for_each_missing(*job, [&](std::size_t number, const pipeline::FlowName& read) {
      if (later_setter(*job, number, read.name) != nullptr) return;
      const StepModel& step = job->steps[number];
      report.add(read.place,
                 fmt::format("{} reads \"{}\", which no stage sets and no target has as a label: {}",
                             step.flow.stage, read.name, effect(step, read)),
                 hint(step, read.name));
    });
  }
}

void check_stage_order(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    for_each_missing(*job, [&](std::size_t number, const pipeline::FlowName& read) {
      const StepModel* const setter = later_setter(*job, number, read.name);
      if (setter == nullptr) return;
      const StepModel& step = job->steps[number];
      report.add(read.place,
                 fmt::format("{} reads \"{}\", which only the {} stage below sets, in line {}: stages "
                             "run in the order in which they stand, and {}",
                             step.flow.stage, read.name, setter->flow.stage, setter->flow.place.line,
                             effect(step, read)),
                 fmt::format("the {} stage behind it", step.flow.stage));
    });
  }
}

void check_value_never_used(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    for (std::size_t i = 0; i < job->steps.size(); ++i) {
      const pipeline::StageFlow& flow = job->steps[i].flow;
      for (const pipeline::FlowValue& value : flow.sets) {
        if (!value.asked_for || value.name.empty() || is_read_later(*job, i, value.name)) continue;
        report.add(value.place,
                   fmt::format("{} extracts \"{}\", which no stage behind it reads", flow.stage, value.name));
      }
    }
  }
}

}  // namespace lokitail::agent::lint
