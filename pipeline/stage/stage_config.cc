#include "pipeline/stage/stage_config.h"

#include <cstdint>
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

std::vector<Symbol> read_names(const config::Node& node, SymbolTable& symbols) {
  std::vector<Symbol> names;
  const auto add = [&](const config::Node& name) {
    if (name.type() != config::Node::Type::kString || name.text().empty()) {
      throw name.error("expected a name, or a list of names, found " +
                       (name.text().empty() ? name.describe() : "\"" + name.text() + "\""));
    }
    names.push_back(symbols.intern(name.text()));
  };
  if (!node.is_sequence()) add(node);
  for (const config::Node& item : node.items()) add(item);
  if (names.empty()) throw node.error("expected a name, or a list of names, found an empty list");
  return names;
}

std::size_t read_max_keys(config::Fields& fields) {
  constexpr std::int64_t kMost = 10'000'000;
  const config::Node* const node = fields.find("max_keys");
  if (node == nullptr) return 10'000;
  const std::int64_t count = config::read_int(*node);
  if (count < 1 || count > kMost) {
    throw node->error("expected a number of keys from 1 to 10000000, found \"" + node->text() + "\"");
  }
  return static_cast<std::size_t>(count);
}

lang::Regex read_regex(const config::Node& node) {
  const std::string pattern = config::read_string(node);
  try {
    return lang::Regex(pattern);
  } catch (const std::invalid_argument& error) {
    throw node.error("could not compile regular expression: " + std::string(error.what()));
  }
}

std::vector<Symbol> read_label_list(const config::Node& body, std::string_view what, SymbolTable& symbols) {
  if (!body.is_sequence() && !body.is_null()) {
    throw body.error(std::string(what) + ": expected a list of label names, found " + body.describe());
  }
  if (body.items().empty()) throw body.error(std::string(what) + " config cannot be empty");
  std::vector<Symbol> names;
  for (const config::Node& item : body.items()) {
    names.push_back(symbols.intern(config::read_string(item)));
  }
  return names;
}

}  // namespace lokitail::pipeline
