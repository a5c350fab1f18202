#include "agent/discovery/target_list.h"

#include <optional>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "agent/json_members.h"
#include "pipeline/arena.h"
#include "pipeline/label_name.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent {
namespace {

using config::LabelMap;

[[noreturn]] void refuse(std::size_t group, const std::string& problem) {
  throw std::runtime_error(fmt::format("target group {}: {}", group + 1, problem));
}

LabelMap read_labels(const JsonValue& value, std::size_t group) {
  LabelMap labels;
  if (value.is_null()) return labels;
  if (!value.is_object()) refuse(group, "`labels` is no object");
  for (const JsonMember& label : value.members()) {
    const std::string name(label.key);
    if (!pipeline::is_utf8_label_name(name)) refuse(group, fmt::format("\"{}\" is no name of a label", name));
    if (!label.value.is_string()) refuse(group, fmt::format("the label {} is no text", name));
    labels[name] = label.value.text();
  }
  return labels;
}

void read_group(const JsonValue& value, std::size_t group, std::vector<LabelMap>& all) {
  if (!value.is_object()) refuse(group, "expected an object with `targets` and `labels`");
  LabelMap labels;
  for (const JsonMember& member : value.members()) {
    if (member.key == "labels") {
      labels = read_labels(member.value, group);
    } else if (member.key != "targets") {
      refuse(group, fmt::format("unknown key \"{}\": expected `targets` and `labels`", member.key));
    }
  }
  const JsonValue* const targets = value.find("targets");
  if (targets == nullptr || targets->is_null()) return;
  if (!targets->is_array()) refuse(group, "`targets` is no list");
  for (const JsonValue& address : targets->items()) {
    if (!address.is_string()) refuse(group, "an address in `targets` is no text");
    LabelMap& target = all.emplace_back(labels);
    target["__address__"] = address.text();
  }
}

}  // namespace

std::vector<LabelMap> read_json_target_list(std::string_view text) {
  pipeline::Arena arena;
  const std::optional<JsonValue> value = pipeline::lang::parse_strict_json(text, arena);
  if (!value) throw std::runtime_error("this is no JSON");
  std::vector<LabelMap> all;
  if (value->is_null()) return all;
  if (!value->is_array()) throw std::runtime_error("expected a list of target groups");
  for (std::size_t i = 0; i < value->items().size(); ++i) read_group(value->items()[i], i, all);
  return all;
}

}  // namespace lokitail::agent
