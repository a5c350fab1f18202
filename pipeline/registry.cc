#include "pipeline/registry.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "config/nearest.h"

namespace lokitail::pipeline {

// Each is defined in pipeline/stage/<name>.cc.
StageFactory make_docker, make_json, make_labelallow, make_labeldrop, make_labels, make_output,
    make_regex, make_replace, make_static_labels, make_template, make_timestamp;

namespace {

struct StageType {
  std::string_view name;
  StageFactory* make;
};

constexpr std::array kStages = {
    StageType{"docker", make_docker},
    StageType{"json", make_json},
    StageType{"labelallow", make_labelallow},
    StageType{"labeldrop", make_labeldrop},
    StageType{"labels", make_labels},
    StageType{"output", make_output},
    StageType{"regex", make_regex},
    StageType{"replace", make_replace},
    StageType{"static_labels", make_static_labels},
    StageType{"template", make_template},
    StageType{"timestamp", make_timestamp},
};

// Promtail's other stages, which this version refuses by name rather than skip.
constexpr std::array<std::string_view, 15> kNotYet = {
    "cri",   "decolorize", "drop",  "eventlogmessage",    "geoip", "limit",    "logfmt", "match",
    "metrics", "multiline", "non_indexed_labels", "pack", "sampling", "structured_metadata", "tenant"};

static_assert(std::ranges::adjacent_find(kStages, std::ranges::greater_equal{}, &StageType::name) ==
                  std::ranges::end(kStages),
              "sorted by name, no name twice");

}  // namespace

std::unique_ptr<Stage> build_stage(const config::Node& item, StageContext& context) {
  if (!item.is_mapping()) {
    throw item.error(
        "invalid YAML config, make sure each stage of your pipeline is a YAML object (must end "
        "with a `:`), expected a mapping of one stage name, found " + item.describe());
  }
  if (item.entries().empty()) return nullptr;
  if (item.entries().size() > 1) {
    throw item.entries()[1].first.error("pipeline stage must contain only one key");
  }
  const auto& [key, body] = item.entries().front();
  if (key.type() != config::Node::Type::kString) {
    throw key.error("pipeline stage key must be a string, found " + key.describe());
  }
  const std::string& name = key.text();
  const auto stage = std::ranges::find(kStages, name, &StageType::name);
  if (stage != std::ranges::end(kStages)) return stage->make(body, context);
  if (std::ranges::find(kNotYet, name) != kNotYet.end()) {
    throw key.error("the stage " + name + " is not supported by lokitail yet");
  }
  std::vector<std::string_view> names;
  std::ranges::transform(kStages, std::back_inserter(names), &StageType::name);
  throw key.error("Unknown stage type: " + name + config::did_you_mean(name, names));
}

}  // namespace lokitail::pipeline
