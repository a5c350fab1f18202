// Builds stages that report to an observer; for pipelines that have one.
#pragma once

#include <cstddef>
#include <memory>

#include "pipeline/stage.h"

namespace lokitail::pipeline {

// As build_stage() (registry.h). `index` is the item's place in its list.
// REQUIRES: context.observer.
std::unique_ptr<Stage> build_observed_stage(const config::Node& item, std::size_t index,
                                            StageContext& context);

}  // namespace lokitail::pipeline
