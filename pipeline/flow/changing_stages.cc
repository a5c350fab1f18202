// The stages that change values, the line or the time.

#include "pipeline/flow/flow_reader.h"

namespace lokitail::pipeline::flow {

void go_template(const config::Node& body, StageFlow& flow) {
  read_template(member(body, "template"), flow);
  // The source is what it sets. That it is read too, where it is there, asks nobody to set it.
  const config::Node source = member(body, "source");
  flow.sets.push_back({text_of(source), source.place(), ""});
}

void replace(const config::Node& body, StageFlow& flow) {
  read_source(body, flow);
  read_template(member(body, "replace"), flow);
  const config::Node expression = member(body, "expression");
  for (const std::string& name : group_names(text_of(expression))) {
    flow.sets.push_back({name, expression.place(), name, false});
  }
  const config::Node source = member(body, "source");
  if (source.is_null()) {
    flow.sets_line = true;
  } else {
    flow.sets.push_back({text_of(source), source.place(), "", false});
  }
}

void timestamp(const config::Node& body, StageFlow& flow) {
  read_source(body, flow);
  flow.sets_time = true;
}

void output(const config::Node& body, StageFlow& flow) {
  read_source(body, flow);
  flow.sets_line = true;
}

void decolorize(const config::Node&, StageFlow& flow) { flow.sets_line = true; }

void multiline(const config::Node&, StageFlow& flow) { flow.sets_line = true; }

void truncate(const config::Node&, StageFlow& flow) {
  flow.reads_all = true;
  flow.sets_line = true;
  flow.sets.push_back({"truncated", flow.place, "", false});
}

void redact(const config::Node& body, StageFlow& flow) {
  flow.reads = names_of(member(body, "source"));
  flow.sets_line = flow.reads.empty();
  flow.reads_labels = names_of(member(body, "labels"));
}

void pack(const config::Node& body, StageFlow& flow) {
  flow.reads = names_of(member(body, "labels"));
  flow.removes_labels = flow.reads;
  flow.sets_line = true;
  const config::Node ingest = member(body, "ingest_timestamp");
  flow.sets_time = ingest.is_null() || is_true(ingest);
}

}  // namespace lokitail::pipeline::flow
