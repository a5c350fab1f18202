// structured_metadata: attaches extracted values, or labels, to the entry as structured metadata.
//
//   <name>: <source>  the extracted value to take; null or empty means the name itself
//
// Where there is no such value, or only one that is null or no valid UTF-8, the label of that name
// is taken. A label whose value has become structured metadata is removed.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"
#include "pipeline/label_name.h"
#include "pipeline/stage.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

struct MetadataRule {
  std::string name;
  Symbol source;
};

class StructuredMetadataStage final : public EntryStage {
 public:
  explicit StructuredMetadataStage(std::vector<MetadataRule> rules) : rules_(std::move(rules)) {}

  Verdict process(Entry& entry) override {
    moved_labels_.clear();
    for (const MetadataRule& rule : rules_) {
      const Label* const label = entry.labels.find(rule.source);
      auto value = entry.text(rule.source);
      if (value && !is_utf8(*value)) value.reset();
      if (!value && label != nullptr) value = label->value;
      if (!value) continue;
      Metadata& metadata = entry.structured_metadata.emplace_back();
      metadata.name = rule.name;  // field by field, for the reason at the end of Value
      metadata.value = *value;
      if (label != nullptr && label->value == *value) moved_labels_.push_back(rule.source);
    }
    // Only now: two rules may have one source.
    for (const Symbol label : moved_labels_) entry.labels.erase(label);
    return Verdict::kKeep;
  }

 private:
  const std::vector<MetadataRule> rules_;
  std::vector<Symbol> moved_labels_;  // of the entry at hand
};

}  // namespace

std::unique_ptr<Stage> make_structured_metadata(const config::Node& body, StageContext& context) {
  if (!body.is_mapping() && !body.is_null()) {
    throw body.error("structured_metadata stage: expected a mapping of names to sources, found " +
                     body.describe());
  }
  std::vector<MetadataRule> rules;
  for (const auto& [key, value] : body.entries()) {
    const std::string& name = key.text();
    if (!is_label_name(name)) throw key.error("invalid label name: " + name);
    const std::string source = value.is_null() ? "" : config::read_string(value);
    rules.push_back({name, context.symbols.intern(source.empty() ? name : source)});
  }
  return std::make_unique<StructuredMetadataStage>(std::move(rules));
}

}  // namespace lokitail::pipeline
