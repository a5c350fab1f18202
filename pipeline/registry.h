// The list of all stages there are, by the name that the configuration gives them.
#pragma once

#include <memory>

#include "config/node.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {

// Builds the stage of one item of `pipeline_stages`: a mapping of one key. nullptr for an empty
// mapping, which Promtail accepts. Throws config::Error, with the nearest name for an unknown one.
std::unique_ptr<Stage> build_stage(const config::Node& item, StageContext& context);

}  // namespace lokitail::pipeline
