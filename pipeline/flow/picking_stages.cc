// The stages that drop, count or divert entries.

#include <stdexcept>

#include "pipeline/flow/flow_reader.h"
#include "pipeline/lang/selector.h"

namespace lokitail::pipeline::flow {

void match(const config::Node& body, StageFlow& flow) {
  const config::Node selector = member(body, "selector");
  try {
    SymbolTable symbols;
    const lang::Selector parsed(text_of(selector), symbols);
    for (std::size_t test = 0; test < parsed.label_tests(); ++test) {
      // One that takes the empty value does not ask for the label.
      if (parsed.accepts(test, "")) continue;
      flow.reads_labels.push_back({std::string(symbols.name(parsed.tested_label(test))), selector.place()});
    }
  } catch (const std::invalid_argument&) {
    // The stage says what is wrong with it.
  }
  flow.extracts_labels = true;
  flow.inner = member(body, "stages");
}

void drop(const config::Node& body, StageFlow& flow) { flow.reads = names_of(member(body, "source")); }

void dedupe(const config::Node& body, StageFlow& flow) {
  flow.reads = names_of(member(body, "source"));
  if (const auto by = member(body, "by"); by.is_sequence()) flow.reads_labels = names_of(by);
}

// Its keys are labels or, where there is no such label, extracted values.
void throttle(const config::Node&, StageFlow& flow) { flow.reads_all = true; }

void limit(const config::Node& body, StageFlow& flow) {
  const config::Node label = member(body, "by_label_name");
  if (!text_of(label).empty()) flow.reads_labels.push_back({text_of(label), label.place()});
}

void sampling(const config::Node&, StageFlow&) {}

// The source of a metric is its own name where it gives none. With match_all none is asked for.
void metrics(const config::Node& body, StageFlow& flow) {
  for (const auto& [name, metric] : body.entries()) {
    if (is_true(member(member(metric, "config"), "match_all"))) continue;
    const config::Node source = member(metric, "source");
    flow.reads.push_back(text_of(source).empty() ? FlowName{name.text(), name.place()}
                                                 : FlowName{text_of(source), source.place()});
  }
}

}  // namespace lokitail::pipeline::flow
