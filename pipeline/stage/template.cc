// template: makes an extracted value with a Go template.
//
//   source    required: the value that is set; it need not have been there. An empty text removes
//   it. template  sees all extracted values, .Value as the source's and .Entry as the line. An
//   error
//             while it runs leaves the source as it is.
#include <stdexcept>
#include <string>

#include "config/value.h"
#include "pipeline/lang/go_template.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/stage/template_data.h"

namespace lokitail::pipeline {
namespace {

class TemplateStage final : public EntryStage {
 public:
  TemplateStage(Symbol source, lang::GoTemplate go_template, StageContext& context)
      : source_(source), template_(std::move(go_template)), data_(template_.fields(), context) {}

  Verdict process(Entry& entry) override {
    text_.clear();
    data_.look_at(entry, entry.text(source_), entry.line);
    if (!template_.execute(data_, text_)) return Verdict::kKeep;
    if (text_.empty()) {
      entry.extracted.erase(source_);
    } else {
      entry.extracted.set(source_, Value::text(text_));
    }
    return Verdict::kKeep;
  }

 private:
  const Symbol source_;
  const lang::GoTemplate template_;
  EntryTemplateData data_;
  std::string text_;  // of the line at hand
};

}  // namespace

std::unique_ptr<Stage> make_template(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "template stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const Symbol source = read_required_source(fields, context.symbols);
  const config::Node* const text = fields.find("template");
  fields.finish();
  try {
    auto go_template = lang::GoTemplate::compile(text == nullptr ? "" : config::read_string(*text));
    return std::make_unique<TemplateStage>(source, std::move(go_template), context);
  } catch (const std::invalid_argument& error) {
    throw text->error(error.what());
  }
}

}  // namespace lokitail::pipeline
