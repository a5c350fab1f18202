// An item of `relabel_configs`.
// Source: Prometheus' model/relabel, whose rules and messages these are. A bad regular expression
//         shows where it is compiled: agent/discovery/relabel.h.

#include <algorithm>
#include <array>

#include "config/blocks.h"
#include "config/nearest.h"
#include "config/scalar.h"

namespace lokitail::config {
namespace {

constexpr std::array<std::string_view, 11> kActionNames{"replace",   "keep",      "drop",     "keepequal",
                                                        "dropequal", "hashmod",   "labelmap", "labeldrop",
                                                        "labelkeep", "lowercase", "uppercase"};

RelabelAction read_action(const Node& node) {
  const std::string text = read_text(node);
  for (size_t i = 0; i < kActionNames.size(); ++i) {
    if (equal_fold(text, kActionNames[i])) return static_cast<RelabelAction>(i);
  }
  throw node.error("unknown relabel action \"" + text + "\"" + did_you_mean(text, kActionNames));
}

uint64_t read_modulus(const Node& node) {
  if (node.is_null()) return 0;
  const auto value = node.type() == Node::Type::kInt ? parse_yaml_int(node.text()) : std::nullopt;
  if (value && !value->negative) return value->magnitude;
  if (node.type() == Node::Type::kFloat && read_int(node) >= 0) return static_cast<uint64_t>(read_int(node));
  throw node.error("modulus: expected a whole number, found \"" + read_text(node) + "\"");
}

std::vector<std::string> read_source_labels(const Node& node) {
  for (const Node& item : node.items()) {
    const bool is_name = item.is_null() || (!item.text().empty() && is_utf8(item.text()));
    if (item.is_scalar() && !is_name) throw item.error("\"" + item.text() + "\" is not a valid label name");
  }
  return read_text_list(node);
}

// Which keys differ from their defaults. Giving a key its default value is no offence, but for a regular expression
// and a list.
struct Given {
  explicit Given(const RelabelConfig& rule) {
    const RelabelConfig standard;
    separator = rule.separator != standard.separator;
    modulus = rule.modulus != standard.modulus;
    target_label = rule.target_label != standard.target_label;
    replacement = rule.replacement != standard.replacement;
  }
  bool source_labels = false;
  bool regex = false;
  bool separator, modulus, target_label, replacement;
};

void check(const Node& node, const RelabelConfig& rule, const Given& given) {
  using Action = RelabelAction;
  const std::string action = to_string(rule.action);
  const auto is_one_of = [&](std::initializer_list<Action> actions) {
    return std::find(actions.begin(), actions.end(), rule.action) != actions.end();
  };
  if (rule.action == Action::kHashMod && rule.modulus == 0) {
    throw node.error("relabel configuration for hashmod requires non-zero modulus");
  }
  if (is_one_of({Action::kReplace, Action::kHashMod, Action::kLowercase, Action::kUppercase,
                 Action::kKeepEqual, Action::kDropEqual}) &&
      rule.target_label.empty()) {
    throw node.error("relabel configuration for " + action + " action requires 'target_label' value");
  }
  if (!is_utf8(rule.target_label)) {
    throw node.error("invalid 'target_label' for " + action + " action");
  }
  if (is_one_of({Action::kLowercase, Action::kUppercase, Action::kKeepEqual, Action::kDropEqual}) &&
      given.replacement) {
    throw node.error("'replacement' can not be set for " + action + " action");
  }
  if (rule.action == Action::kLabelMap && (rule.replacement.empty() || !is_utf8(rule.replacement))) {
    throw node.error("\"" + rule.replacement + "\" is invalid 'replacement' for labelmap action");
  }
  if (is_one_of({Action::kKeepEqual, Action::kDropEqual}) &&
      (given.regex || given.modulus || given.separator)) {
    throw node.error(action +
                     " action requires only 'source_labels' and `target_label`, and no other fields");
  }
  if (is_one_of({Action::kLabelDrop, Action::kLabelKeep}) &&
      (given.source_labels || given.target_label || given.modulus || given.separator || given.replacement)) {
    throw node.error(action + " action requires only 'regex', and no other fields");
  }
}

}  // namespace

const char* to_string(RelabelAction action) { return kActionNames[static_cast<size_t>(action)].data(); }

void read_relabel(const Node& node, RelabelConfig& rule, Warnings& warnings) {
  rule.place = node.place();
  Fields fields(node, "relabel config", kRefuseUnknown, warnings);
  // A key that is null is empty here, rather than as without it.
  const Node* const regex = fields.find_present("regex");
  const Node* const names = fields.find_present("source_labels");
  if (const Node* action = fields.find_present("action")) rule.action = read_action(*action);
  if (names) rule.source_labels = read_source_labels(*names);
  set(rule.separator, fields.find_present("separator"));
  if (regex) {
    rule.regex = read_text(*regex);
    rule.regex_place = regex->place();
  }
  if (const Node* modulus = fields.find_present("modulus")) rule.modulus = read_modulus(*modulus);
  set(rule.target_label, fields.find_present("target_label"));
  set(rule.replacement, fields.find_present("replacement"));
  fields.finish();
  Given given(rule);
  given.source_labels = names && !names->is_null();
  given.regex = regex;
  check(node, rule, given);
}

}  // namespace lokitail::config
