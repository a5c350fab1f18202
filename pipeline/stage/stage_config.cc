#include "pipeline/stage/stage_config.h"

#include <stdexcept>
#include <string>

#include "config/value.h"

namespace lokitail::pipeline {

TextSource::TextSource(config::Fields& fields, SymbolTable& symbols) {
  const config::Node* const node = fields.find("source");
  if (node == nullptr) return;
  const std::string source = config::read_string(*node);
  if (source.empty()) throw node->error("empty source");
  name_ = symbols.intern(source);
}

Symbol read_required_source(config::Fields& fields, SymbolTable& symbols) {
  const config::Node& node = fields.require("source");
  const std::string source = config::read_string(node);
  if (source.empty()) throw node.error("empty source");
  return symbols.intern(source);
}

std::string read_optional_string(config::Fields& fields, std::string_view key) {
  const config::Node* const node = fields.find(key);
  return node == nullptr ? std::string() : config::read_string(*node);
}

lang::Regex read_regex(const config::Node& node) {
  const std::string pattern = config::read_string(node);
  try {
    return lang::Regex(pattern);
  } catch (const std::invalid_argument& error) {
    throw node.error("could not compile regular expression: " + std::string(error.what()));
  }
}

std::vector<Symbol> read_label_list(const config::Node& body, std::string_view what,
                                    SymbolTable& symbols) {
  if (!body.is_sequence() && !body.is_null()) {
    throw body.error(std::string(what) + ": expected a list of label names, found " +
                     body.describe());
  }
  if (body.items().empty()) throw body.error(std::string(what) + " config cannot be empty");
  std::vector<Symbol> names;
  for (const config::Node& item : body.items()) {
    names.push_back(symbols.intern(config::read_string(item)));
  }
  return names;
}

}  // namespace lokitail::pipeline
