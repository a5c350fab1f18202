// What is known of an entry at some point of a pipeline: which labels and extracted values it may
// have there, where they come from, and what they can be.
//
// "May have" is meant generously: whatever some line could bring there is in it, so that a name
// which is not in it is certainly not there.
//
// Threads: plain values. Errors: none.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "config/error.h"
#include "pipeline/flow/stage_flow.h"

namespace lokitail::agent::lint {

// Of a label or an extracted value.
struct Fact {
  config::Place place;  // where it was set last
  std::string source;   // the extracted value, or discovered label, that it is made of
  std::string from;     // what of the line: a JSON key, the name of a group, ...
  // All that it can be, where that is known.
  std::optional<std::set<std::string>> values{};
  bool is_rewritten = false;  // a template or a replacement has made something else of it
  // The outermost `match` without which it would not be there: the number of its step.
  std::optional<std::size_t> only_within{};
};

struct FlowState {
  std::map<std::string, Fact> labels;
  std::map<std::string, Fact> values;  // extracted
  std::set<std::string> metadata;
  // There may be others, of which no name is known.
  bool has_unknown_labels = false;
  bool has_unknown_values = false;

  bool may_have_label(const std::string& name) const { return has_unknown_labels || labels.contains(name); }
  bool may_have_value(const std::string& name) const { return has_unknown_values || values.contains(name); }

  // As at the beginning of each pipeline.
  void extract_labels();
  // What a stage does. `within`: the number of the outermost `match` that it is inside of.
  void apply(const pipeline::StageFlow& flow, std::optional<std::size_t> within);
  // What is there where `other` was one of two ways.
  void merge(const FlowState& other);

 private:
  void set_values(const pipeline::StageFlow& flow, std::optional<std::size_t> within);
  void set_labels(const pipeline::StageFlow& flow, std::optional<std::size_t> within);
  void remove_labels(const pipeline::StageFlow& flow);
};

}  // namespace lokitail::agent::lint
