// A job as its configuration tells: which labels its targets have, and what its stages make of an
// entry one after the other. Nothing is run and nothing is looked at but the configuration.
//
// Threads: plain values. Errors: none; a configuration that is wrong gives a model with holes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/lint/flow_state.h"
#include "config/config.h"
#include "config/node.h"

namespace lokitail::agent::lint {

// A `__path__` with what belongs to it.
struct PathModel {
  std::string path;
  std::string exclude;
  std::string host;
  config::Place place;
  // Without those that begin with `__`; nothing where they are only known when targets are found.
  std::optional<config::LabelMap> labels;
};

struct StepModel {
  pipeline::StageFlow flow;
  std::optional<std::size_t> within;  // the number of the outermost `match` around it
  FlowState before;                   // as the stage sees it
};

struct JobModel {
  std::string name;
  config::Node node;
  bool is_faulty = false;  // it has errors
  bool tails_files = false;
  std::vector<PathModel> paths;
  FlowState initial;
  std::vector<StepModel> steps;  // nested ones behind the stage they are nested in
  FlowState end;
};

// `node` is the item of `scrape_configs` that `scrape` was read from. `from_stdin`: the job's lines
// come from standard input.
JobModel model_job(const config::Node& node, const config::ScrapeConfig& scrape, bool from_stdin);

// The value of a key; a null node where it is not there.
config::Node child(const config::Node& mapping, std::string_view key);
// The key itself, for its place; a null node where it is not there.
config::Node child_key(const config::Node& mapping, std::string_view key);

}  // namespace lokitail::agent::lint
