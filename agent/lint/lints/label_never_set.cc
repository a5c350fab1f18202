// Stages that ask for a label which no entry has, or never with such a value.

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "config/nearest.h"
#include "pipeline/flow/flow_reader.h"
#include "pipeline/lang/selector.h"

namespace lokitail::agent::lint {
namespace {

std::string effect(const std::string& stage) {
  if (stage == "match") return "it never matches";
  if (stage == "limit") return "it never limits";
  return "the stage does nothing";
}

std::string nearest_label(const FlowState& state, const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& [known, fact] : state.labels) names.push_back(known);
  return std::string(config::nearest(name, names));
}

std::string hint(const StepModel& step, const std::string& name) {
  if (step.before.values.contains(name)) {
    return fmt::format("`- labels: {{{}: }}` in front of it makes a label of the extracted value", name);
  }
  return nearest_label(step.before, name);
}

// Tests for values that a label of known values never has.
void check_values(const StepModel& step, Report& report) {
  const config::Node node = pipeline::flow::member(step.flow.body, "selector");
  pipeline::SymbolTable symbols;
  try {
    const pipeline::lang::Selector selector(pipeline::flow::text_of(node), symbols);
    for (std::size_t test = 0; test < selector.label_tests(); ++test) {
      const std::string name(symbols.name(selector.tested_label(test)));
      const auto label = step.before.labels.find(name);
      if (label == step.before.labels.end() || !label->second.values) continue;
      const auto& values = *label->second.values;
      const bool may_be_missing = label->second.only_within && selector.accepts(test, "");
      if (may_be_missing || std::ranges::any_of(values, [&](const std::string& value) {
            return selector.accepts(test, value);
          })) {
        continue;
      }
      std::string known;
      for (const std::string& value : values)
        known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", value);
      report.add(node.place(), fmt::format("the label {} is never such: it can only be {}. The stage "
                                           "never matches",
                                           name, known));
    }
  } catch (const std::invalid_argument&) {
    // An error of the configuration, which is told elsewhere.
  }
}

}  // namespace

void check_label_never_set(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    for (const StepModel& step : job->steps) {
      for (const pipeline::FlowName& label : step.flow.reads_labels) {
        if (step.before.may_have_label(label.name)) continue;
        report.add(label.place,
                   fmt::format("{} asks for the label {}, which no entry has there: {}", step.flow.stage,
                               label.name, effect(step.flow.stage)),
                   hint(step, label.name));
      }
      if (step.flow.stage == "match") check_values(step, report);
    }
  }
}

}  // namespace lokitail::agent::lint
