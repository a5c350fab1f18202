// The list of all stages there are, by the name that the configuration gives them.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {

// Builds the stage of one item of `pipeline_stages`: a mapping of one key. nullptr for an empty
// mapping, which Promtail accepts. Throws config::Error, with the nearest name for an unknown one.
std::unique_ptr<Stage> build_stage(const config::Node& item, StageContext& context);

// The names of all stages there are, in order.
std::vector<std::string_view> stage_names();

}  // namespace lokitail::pipeline
