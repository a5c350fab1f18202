// static_labels: sets labels to fixed values.
//
//   <label>: <value>  null and empty values are left out
#include <string>
#include <vector>

#include "config/value.h"
#include "pipeline/label_name.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {
namespace {

struct FixedLabel {
  Symbol name;
  std::string value;
};

class StaticLabelsStage final : public EntryStage {
 public:
  explicit StaticLabelsStage(std::vector<FixedLabel> labels) : labels_(std::move(labels)) {}

  Verdict process(Entry& entry) override {
    for (const FixedLabel& label : labels_) entry.labels.set(label.name, label.value);
    return Verdict::kKeep;
  }

 private:
  const std::vector<FixedLabel> labels_;
};

}  // namespace

std::unique_ptr<Stage> make_static_labels(const config::Node& body, StageContext& context) {
  if (!body.is_mapping() && !body.is_null()) {
    throw body.error("static_labels stage: expected a mapping of label names to values, found " +
                     body.describe());
  }
  std::vector<FixedLabel> labels;
  for (const auto& [key, value] : body.entries()) {
    if (!is_utf8_label_name(key.text())) throw key.error("invalid label name: " + key.text());
    if (value.is_null()) continue;
    std::string text = config::read_string(value);
    if (!text.empty()) labels.push_back({context.symbols.intern(key.text()), std::move(text)});
  }
  return std::make_unique<StaticLabelsStage>(std::move(labels));
}

}  // namespace lokitail::pipeline
