#include "pipeline/lang/jmespath.h"

#include <utility>

#include "pipeline/lang/jmespath_interpreter.h"
#include "pipeline/lang/jmespath_parser.h"

namespace lokitail::pipeline::lang {

struct JmesPath::Compiled {
  explicit Compiled(std::string_view expression) : root(jmespath::parse(expression, literals)) {}

  Arena literals;
  jmespath::Node root;
};

JmesPath JmesPath::compile(std::string_view expression) {
  return JmesPath(std::make_unique<const Compiled>(expression));
}

JmesPath::JmesPath(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
JmesPath::JmesPath(JmesPath&&) noexcept = default;
JmesPath& JmesPath::operator=(JmesPath&&) noexcept = default;
JmesPath::~JmesPath() = default;

JmesPath::Result JmesPath::evaluate(const JsonValue& document, Arena& arena) const {
  return jmespath::Interpreter(arena).run(compiled_->root, document);
}

std::optional<std::vector<std::string>> JmesPath::plain_path() const {
  using Type = jmespath::Node::Type;
  std::vector<std::string> keys;
  std::vector<const jmespath::Node*> pending{&compiled_->root};
  while (!pending.empty()) {
    const jmespath::Node& node = *pending.back();
    pending.pop_back();
    if (node.type == Type::kField) {
      keys.push_back(node.text);
    } else if (node.type == Type::kSequence) {
      pending.push_back(&node.children[1]);
      pending.push_back(&node.children[0]);
    } else if (node.type != Type::kIdentity) {
      return std::nullopt;
    }
  }
  if (keys.empty()) return std::nullopt;
  return keys;
}

}  // namespace lokitail::pipeline::lang
