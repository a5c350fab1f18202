#include "pipeline/registry.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "config/nearest.h"

namespace lokitail::pipeline {

// Each is defined in pipeline/stage/<name>.cc, and described in docs/stages.md.
StageFactory make_cardinality_guard, make_cri, make_decolorize, make_dedupe, make_docker, make_drop,
    make_eventlogmessage, make_geoip, make_json, make_labelallow, make_labeldrop, make_labels, make_limit,
    make_logfmt, make_match, make_metrics, make_multiline, make_output, make_pack, make_redact, make_regex,
    make_replace, make_sampling, make_static_labels, make_structured_metadata, make_template, make_tenant,
    make_throttle, make_timestamp, make_truncate;

namespace {

struct StageType {
  std::string_view name;
  StageFactory* make;
};

constexpr std::array kStages = {
    StageType{"cardinality_guard", make_cardinality_guard},
    StageType{"cri", make_cri},
    StageType{"decolorize", make_decolorize},
    StageType{"dedupe", make_dedupe},
    StageType{"docker", make_docker},
    StageType{"drop", make_drop},
    StageType{"eventlogmessage", make_eventlogmessage},
    StageType{"geoip", make_geoip},
    StageType{"json", make_json},
    StageType{"labelallow", make_labelallow},
    StageType{"labeldrop", make_labeldrop},
    StageType{"labels", make_labels},
    StageType{"limit", make_limit},
    StageType{"logfmt", make_logfmt},
    StageType{"match", make_match},
    StageType{"metrics", make_metrics},
    StageType{"multiline", make_multiline},
    StageType{"non_indexed_labels", make_structured_metadata},  // the name it had before
    StageType{"output", make_output},
    StageType{"pack", make_pack},
    StageType{"redact", make_redact},
    StageType{"regex", make_regex},
    StageType{"replace", make_replace},
    StageType{"sampling", make_sampling},
    StageType{"static_labels", make_static_labels},
    StageType{"structured_metadata", make_structured_metadata},
    StageType{"template", make_template},
    StageType{"tenant", make_tenant},
    StageType{"throttle", make_throttle},
    StageType{"timestamp", make_timestamp},
    StageType{"truncate", make_truncate},
};

static_assert(std::ranges::adjacent_find(kStages, std::ranges::greater_equal{}, &StageType::name) ==
                  std::ranges::end(kStages),
              "sorted by name, no name twice");

}  // namespace

std::unique_ptr<Stage> build_stage(const config::Node& item, StageContext& context) {
  if (!item.is_mapping()) {
    throw item.error(
        "invalid YAML config, make sure each stage of your pipeline is a YAML object (must end "
        "with a `:`), expected a mapping of one stage name, found " +
        item.describe());
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
  throw key.error("Unknown stage type: " + name + config::did_you_mean(name, stage_names()));
}

std::vector<std::string_view> stage_names() {
  std::vector<std::string_view> names;
  std::ranges::transform(kStages, std::back_inserter(names), &StageType::name);
  return names;
}

}  // namespace lokitail::pipeline
