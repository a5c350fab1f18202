// output: makes an extracted value the line.
//
//   source  required; the line stays as it is where this value is missing or null
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"

namespace lokitail::pipeline {
namespace {

class OutputStage final : public EntryStage {
 public:
  explicit OutputStage(Symbol source) : source_(source) {}

  Verdict process(Entry& entry) override {
    if (const auto text = entry.text(source_)) set_line(entry, *text);
    return Verdict::kKeep;
  }

 private:
  const Symbol source_;
};

}  // namespace

std::unique_ptr<Stage> make_output(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "output stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const Symbol source = read_required_source(fields, context.symbols);
  fields.finish();
  return std::make_unique<OutputStage>(source);
}

}  // namespace lokitail::pipeline
