// multiline behind output: it joins what output left of the lines.

#include <algorithm>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "pipeline/flow/flow_reader.h"

namespace lokitail::agent::lint {
namespace {

// The step that sets the value which an output stage takes; nullptr where it is no stage.
const StepModel* setter_of(const JobModel& job, std::size_t output, const std::string& name) {
  for (std::size_t i = output; i-- > 0;) {
    const auto& sets = job.steps[i].flow.sets;
    if (std::ranges::find(sets, name, &pipeline::FlowValue::name) != sets.end()) return &job.steps[i];
  }
  return nullptr;
}

// Stages that take an envelope off, as one for JSON or the CRI format does, leave whole lines:
// those are what multiline is for.
bool takes_envelope_off(const StepModel& setter) {
  if (setter.flow.stage != "regex" && setter.flow.stage != "logfmt") return true;
  const std::string expression =
      pipeline::flow::text_of(pipeline::flow::member(setter.flow.body, "expression"));
  return expression.find("stdout") != std::string::npos || expression.find("stream") != std::string::npos;
}

}  // namespace

void check_output_before_multiline(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    for (std::size_t i = 0; i < job->steps.size(); ++i) {
      const StepModel& output = job->steps[i];
      if (output.flow.stage != "output" || output.flow.reads.empty()) continue;
      const StepModel* const setter = setter_of(*job, i, output.flow.reads.front().name);
      if (setter == nullptr || takes_envelope_off(*setter)) continue;
      const auto multiline =
          std::find_if(job->steps.begin() + static_cast<std::ptrdiff_t>(i), job->steps.end(),
                       [&output](const StepModel& step) {
                         return step.flow.stage == "multiline" && step.within == output.within;
                       });
      if (multiline == job->steps.end()) continue;
      report.add(multiline->flow.place,
                 fmt::format("multiline sees what the output stage in line {} left of the lines, so "
                             "firstline does not find what {} has taken off; and lines that go on with "
                             "others are run through {} one by one before",
                             output.flow.place.line, setter->flow.stage, setter->flow.stage),
                 "multiline in front of the stages that take the line apart");
    }
  }
}

}  // namespace lokitail::agent::lint
