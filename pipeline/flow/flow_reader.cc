#include "pipeline/flow/flow_reader.h"

#include <algorithm>
#include <stdexcept>

#include "config/nearest.h"
#include "pipeline/lang/go_template.h"
#include "pipeline/lang/regex.h"

namespace lokitail::pipeline::flow {
namespace {

// Whether a template may look at its data other than by the names of fields: a dot or a dollar that
// stands alone. Said too often rather than too seldom.
bool sees_all_data(const std::string& text) {
  static const lang::Regex alone(R"re((^|[\s(|{,=-])[.$]($|[\s)|},-]))re");
  return alone.matches(text);
}

}  // namespace

config::Node member(const config::Node& body, std::string_view key) {
  for (const auto& [name, value] : body.entries()) {
    if (name.text() == key) return value;
  }
  for (const auto& [name, value] : body.entries()) {
    if (config::equal_fold(name.text(), key)) return value;
  }
  return {};
}

std::string text_of(const config::Node& node) { return node.is_scalar() ? node.text() : ""; }

bool is_true(const config::Node& node) { return node.is_scalar() && config::equal_fold(node.text(), "true"); }

void read_source(const config::Node& body, StageFlow& flow) {
  const config::Node source = member(body, "source");
  if (const std::string name = text_of(source); !name.empty()) {
    flow.reads.push_back({name, source.place()});
  }
}

std::vector<std::string> group_names(const std::string& expression) {
  try {
    std::vector<std::string> names = lang::Regex(expression).group_names();
    std::erase(names, "");
    return names;
  } catch (const std::invalid_argument&) {
    return {};
  }
}

void read_template(const config::Node& text, StageFlow& flow) {
  try {
    const auto compiled = lang::GoTemplate::compile(text_of(text));
    for (const std::string& field : compiled.fields()) {
      // The stage itself brings these two.
      if (field != "Value" && field != "Entry") flow.reads.push_back({field, text.place()});
    }
    flow.reads_all = flow.reads_all || sees_all_data(text_of(text));
  } catch (const std::invalid_argument&) {
    flow.reads_all = true;
  }
}

std::vector<FlowName> names_of(const config::Node& node) {
  std::vector<FlowName> names;
  if (node.is_scalar()) names.push_back({node.text(), node.place()});
  for (const config::Node& item : node.items()) names.push_back({text_of(item), item.place()});
  return names;
}

std::vector<FlowLabel> sourced(const config::Node& body) {
  std::vector<FlowLabel> labels;
  for (const auto& [key, value] : body.entries()) {
    const std::string source = text_of(value);
    labels.push_back({key.text(), key.place(), source.empty() ? key.text() : source});
  }
  return labels;
}

}  // namespace lokitail::pipeline::flow
