// What a stage reads and sets, as far as its configuration tells: which extracted values, which
// labels, the line, the time. Nothing is run for it. Who checks a configuration walks over these.
//
// To tell it of a new stage: one function in pipeline/flow/ and one row in stage_flow.cc. A stage
// without one counts as one of which nothing is known.
//
// Threads: pure functions. Ownership: plain values, and nodes that share their document.
// Errors:  none. The stage's factory says what is wrong with a configuration; here, whatever is no
//          part of a good one is passed over.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"

namespace lokitail::pipeline {

// A name, and where in the configuration it stands.
struct FlowName {
  std::string name;
  config::Place place;
};

// An extracted value that a stage sets.
struct FlowValue {
  std::string name;
  config::Place place;
  // What of the input it is: the last key of a JMESPath, the logfmt key, the name of the group.
  // Empty where it is no part of the input.
  std::string from;
  // Of these the user wrote down the name for its own sake; the others come along (docker's
  // `time`).
  bool asked_for = true;
};

// A label, or a piece of structured metadata, that a stage sets.
struct FlowLabel {
  std::string name;
  config::Place place;
  std::string source;                  // the extracted value it is; empty for none
  std::optional<std::string> value{};  // where it is always the same
};

struct StageFlow {
  std::string stage;
  config::Place place;  // of its name
  config::Node body;
  bool is_known = true;  // otherwise it may read and set anything

  // --- Extracted values. ---
  std::vector<FlowName> reads;
  bool reads_all = false;
  std::vector<FlowValue> sets;
  bool sets_unknown = false;  // values whose names only lines bring

  // --- Labels and structured metadata. ---
  std::vector<FlowName> reads_labels;
  std::vector<FlowLabel> labels;
  std::vector<FlowName> removes_labels;
  std::optional<std::vector<FlowName>> keeps_labels{};  // and removes all others
  std::vector<FlowLabel> metadata;                      // a label that is the source of one is removed

  // --- The rest of the entry. ---
  bool sets_line = false;
  bool sets_time = false;

  // Before anything else, all labels are extracted anew.
  bool extracts_labels = false;
  // Stages that only some of the entries go through; null for none.
  config::Node inner;
};

// The flow of an item of `pipeline_stages`; nothing for what is no stage at all.
std::optional<StageFlow> stage_flow(const config::Node& item);

// The names of all stages of which something is known, sorted.
std::vector<std::string_view> stages_with_flow();

}  // namespace lokitail::pipeline
