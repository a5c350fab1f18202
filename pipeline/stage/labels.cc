// labels: makes labels out of extracted values.
//
//   <label>: <source>  the extracted value to take; null or empty means the label's own name
//
// A label stays as it is where its source is missing, null, or no valid UTF-8. An empty value is a
// value: the label becomes empty.
#include <vector>

#include "config/value.h"
#include "pipeline/label_name.h"
#include "pipeline/stage.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

struct LabelRule {
  Symbol label;
  Symbol source;
};

class LabelsStage final : public EntryStage {
 public:
  explicit LabelsStage(std::vector<LabelRule> rules) : rules_(std::move(rules)) {}

  Verdict process(Entry& entry) override {
    for (const LabelRule& rule : rules_) {
      const auto value = entry.text(rule.source);
      if (value && is_utf8(*value)) entry.labels.set(rule.label, *value);
    }
    return Verdict::kKeep;
  }

 private:
  const std::vector<LabelRule> rules_;
};

}  // namespace

std::unique_ptr<Stage> make_labels(const config::Node& body, StageContext& context) {
  if (!body.is_mapping() && !body.is_null()) {
    throw body.error("labels stage: expected a mapping of label names to sources, found " + body.describe());
  }
  std::vector<LabelRule> rules;
  for (const auto& [key, value] : body.entries()) {
    const std::string& label = key.text();
    if (!is_label_name(label)) throw key.error("invalid label name: " + label);
    const std::string source = value.is_null() ? "" : config::read_string(value);
    rules.push_back({context.symbols.intern(label), context.symbols.intern(source.empty() ? label : source)});
  }
  return std::make_unique<LabelsStage>(std::move(rules));
}

}  // namespace lokitail::pipeline
