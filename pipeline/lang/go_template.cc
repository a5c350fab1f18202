#include "pipeline/lang/go_template.h"

#include "pipeline/arena.h"
#include "pipeline/lang/go_template/context.h"
#include "pipeline/lang/go_template/execution.h"
#include "pipeline/lang/go_template/parser.h"

namespace lokitail::pipeline::lang {

struct GoTemplate::Compiled {
  Compiled(std::string_view source, DataType data_type)
      : text(source),
        tree(go_template::parse(text)),
        root_type(data_type == DataType::kMapOfAny ? go_template::Type::kMap
                                                   : go_template::Type::kStringMap) {}

  const std::string text;
  const go_template::Tree tree;
  const go_template::Type root_type;
};

GoTemplate::GoTemplate(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
GoTemplate::GoTemplate(GoTemplate&&) noexcept = default;
GoTemplate& GoTemplate::operator=(GoTemplate&&) noexcept = default;
GoTemplate::~GoTemplate() = default;

GoTemplate GoTemplate::compile(std::string_view text, DataType data_type) {
  return GoTemplate(std::make_unique<const Compiled>(text, data_type));
}

const std::vector<std::string>& GoTemplate::fields() const { return compiled_->tree.fields; }

std::optional<std::string_view> GoTemplate::constant() const {
  using Kind = go_template::Statement::Kind;
  const auto& statements = compiled_->tree.statements;
  if (statements.empty()) return "";
  if (statements.size() > 1 || statements[0].kind != Kind::kText) return std::nullopt;
  return statements[0].text;
}

bool GoTemplate::execute(const TemplateData& data, std::string& out, std::string* error) const {
  thread_local Arena memory;
  const std::size_t size_before = out.size();
  go_template::Context context(data, compiled_->root_type, memory);
  go_template::execute(compiled_->tree, context, out);
  if (context.failed()) {
    out.resize(size_before);
    if (error != nullptr) *error = context.error();
  }
  const bool succeeded = !context.failed();
  memory.reset();
  return succeeded;
}

}  // namespace lokitail::pipeline::lang
