// The stages that take values out of a line.

#include "pipeline/flow/flow_reader.h"
#include "pipeline/lang/jmespath.h"

namespace lokitail::pipeline::flow {
namespace {

// What an expression goes for: the last key of a path. Of others their text has to do.
std::string target_of(const std::string& expression) {
  try {
    const auto keys = lang::JmesPath::compile(expression).plain_path();
    if (keys && !keys->empty()) return keys->back();
  } catch (const lang::JmesPathError&) {
    // The stage says what is wrong with it.
  }
  return expression;
}

void set(StageFlow& flow, std::string name, std::string from) {
  flow.sets.push_back({std::move(name), flow.place, std::move(from), false});
}

}  // namespace

void json(const config::Node& body, StageFlow& flow) {
  read_source(body, flow);
  for (const auto& [name, value] : member(body, "expressions").entries()) {
    const std::string expression = text_of(value);
    flow.sets.push_back(
        {name.text(), name.place(), target_of(expression.empty() ? name.text() : expression)});
  }
}

void logfmt(const config::Node& body, StageFlow& flow) {
  read_source(body, flow);
  for (const auto& [name, value] : member(body, "mapping").entries()) {
    const std::string key = text_of(value);
    flow.sets.push_back({name.text(), name.place(), key.empty() ? name.text() : key});
  }
}

void regex(const config::Node& body, StageFlow& flow) {
  read_source(body, flow);
  const config::Node expression = member(body, "expression");
  for (const std::string& name : group_names(text_of(expression))) {
    flow.sets.push_back({name, expression.place(), name});
  }
}

void docker(const config::Node&, StageFlow& flow) {
  flow.extracts_labels = true;
  set(flow, "output", "log");
  set(flow, "stream", "stream");
  set(flow, "timestamp", "time");
  flow.labels.push_back({"stream", flow.place, "stream"});
  flow.sets_time = flow.sets_line = true;
}

void cri(const config::Node&, StageFlow& flow) {
  flow.extracts_labels = true;
  for (const char* name : {"time", "stream", "flags", "content"}) set(flow, name, name);
  flow.labels.push_back({"stream", flow.place, "stream"});
  flow.sets_time = flow.sets_line = true;
}

void eventlogmessage(const config::Node& body, StageFlow& flow) {
  const config::Node source = member(body, "source");
  const std::string name = text_of(source);
  flow.reads.push_back(name.empty() ? FlowName{"message", flow.place} : FlowName{name, source.place()});
  flow.sets_unknown = true;
}

}  // namespace lokitail::pipeline::flow
