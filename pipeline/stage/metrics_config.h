// What the `metrics` stage's configuration says of one metric.
//
// Threads: as the stages. Errors: config::Error at the place of what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/node.h"
#include "pipeline/metric_definition.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {

enum class MetricAction : std::uint8_t { kIncrement, kDecrement, kAdd, kSubtract, kSet, kObserve };

struct MetricRule {
  MetricDefinition metric;
  MetricAction action = MetricAction::kIncrement;
  Symbol source = 0;
  std::optional<std::string> value{};  // what the source's text must be
  bool every_line = false;             // whatever the source: match_all
  bool line_bytes = false;             // then adds the line's size
};

// `name` and `body` are one entry of the stage's mapping.
MetricRule read_metric(const config::Node& name, const config::Node& body, StageContext& context);

}  // namespace lokitail::pipeline
