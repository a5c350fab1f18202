// labeldrop: removes the labels that it lists. Names are taken literally.
#include <algorithm>
#include <vector>

#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"

namespace lokitail::pipeline {
namespace {

class LabelDropStage final : public EntryStage {
 public:
  explicit LabelDropStage(std::vector<Symbol> names) : names_(std::move(names)) {}

  Verdict process(Entry& entry) override {
    entry.labels.erase_if(
        [this](const Label& label) { return std::ranges::find(names_, label.name) != names_.end(); });
    return Verdict::kKeep;
  }

 private:
  const std::vector<Symbol> names_;
};

}  // namespace

std::unique_ptr<Stage> make_labeldrop(const config::Node& body, StageContext& context) {
  return std::make_unique<LabelDropStage>(read_label_list(body, "labeldrop stage", context.symbols));
}

}  // namespace lokitail::pipeline
