#include "agent/lint/flow_state.h"

#include <algorithm>

namespace lokitail::agent::lint {
namespace {

// What was set on one of two ways, put together with what was there on the other.
void merge_facts(std::map<std::string, Fact>& facts, const std::map<std::string, Fact>& others) {
  for (const auto& [name, other] : others) {
    const auto [found, is_new] = facts.try_emplace(name, other);
    if (is_new) continue;
    Fact& fact = found->second;
    const bool is_same = fact.place.line == other.place.line && fact.place.column == other.place.column;
    if (is_same) continue;
    const bool always = !fact.only_within || !other.only_within;
    if (fact.values && other.values) {
      fact.values->insert(other.values->begin(), other.values->end());
    } else if (fact.values) {
      fact = other;  // of which less is known
    }
    if (always) fact.only_within.reset();
  }
}

}  // namespace

void FlowState::extract_labels() {
  for (const auto& [name, fact] : labels) values.insert_or_assign(name, fact);
  has_unknown_values = has_unknown_values || has_unknown_labels;
}

void FlowState::apply(const pipeline::StageFlow& flow, std::optional<std::size_t> within) {
  if (flow.extracts_labels) extract_labels();
  set_values(flow, within);
  set_labels(flow, within);
  remove_labels(flow);
  has_unknown_values = has_unknown_values || flow.sets_unknown;
  has_unknown_labels = has_unknown_labels || !flow.is_known;
}

void FlowState::set_values(const pipeline::StageFlow& flow, std::optional<std::size_t> within) {
  for (const pipeline::FlowValue& value : flow.sets) {
    Fact fact{value.place, "", value.from};
    fact.only_within = within;
    const auto before = values.find(value.name);
    const bool is_made_of_itself = value.from.empty() && before != values.end();
    if (is_made_of_itself) fact.from = before->second.from;
    fact.is_rewritten = value.from.empty();
    values.insert_or_assign(value.name, std::move(fact));
  }
}

void FlowState::set_labels(const pipeline::StageFlow& flow, std::optional<std::size_t> within) {
  for (const pipeline::FlowLabel& label : flow.labels) {
    Fact fact{label.place, label.source, ""};
    if (label.value) {
      fact.values = std::set<std::string>{*label.value};
    } else if (const auto value = values.find(label.source); value != values.end()) {
      fact.from = value->second.from;
      fact.values = value->second.values;
      fact.is_rewritten = value->second.is_rewritten;
    } else if (!label.source.empty() && !has_unknown_values) {
      continue;  // never there: the label stays as it is
    }
    const auto before = labels.find(label.name);
    const bool was_always = before != labels.end() && !before->second.only_within;
    if (!was_always) fact.only_within = within;
    labels.insert_or_assign(label.name, std::move(fact));
  }
}

void FlowState::remove_labels(const pipeline::StageFlow& flow) {
  for (const pipeline::FlowLabel& piece : flow.metadata) {
    metadata.insert(piece.name);
    labels.erase(piece.source);
  }
  for (const pipeline::FlowName& label : flow.removes_labels) labels.erase(label.name);
  if (!flow.keeps_labels) return;
  has_unknown_labels = false;
  std::erase_if(labels, [&flow](const auto& label) {
    return std::ranges::find(*flow.keeps_labels, label.first, &pipeline::FlowName::name) ==
           flow.keeps_labels->end();
  });
}

void FlowState::merge(const FlowState& other) {
  merge_facts(labels, other.labels);
  merge_facts(values, other.values);
  metadata.insert(other.metadata.begin(), other.metadata.end());
  has_unknown_labels = has_unknown_labels || other.has_unknown_labels;
  has_unknown_values = has_unknown_values || other.has_unknown_values;
}

}  // namespace lokitail::agent::lint
