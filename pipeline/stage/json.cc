// json: takes values out of the line, or out of an extracted value, with JMESPath expressions.
//
//   expressions     required: <name>: <expression>; an empty or null expression is the name itself
//   source          an extracted value to look at rather than the line
//   drop_malformed  true drops what is no JSON object; default false
//
// Where an expression finds nothing, its name becomes null, which hides an earlier value; where it
// cannot be evaluated, the earlier value stays. Objects and arrays become JSON text again.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/value.h"
#include "pipeline/lang/jmespath.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_print.h"
#include "pipeline/lang/json_scan.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"

namespace lokitail::pipeline {
namespace {

// Nothing for what JSON cannot express. `buffer` is kept for its memory.
std::optional<Value> to_value(const lang::JsonValue& value, std::string& buffer, Arena& arena) {
  using Kind = lang::JsonValue::Kind;
  switch (value.kind()) {
    case Kind::kNull:
      return Value::null();
    case Kind::kBool:
      return Value::boolean(value.boolean());
    case Kind::kNumber:
      return Value::number(value.number());
    case Kind::kString:
      return Value::text(value.text());
    case Kind::kArray:
    case Kind::kObject:
    case Kind::kExpression:
      break;
  }
  buffer.clear();
  if (!lang::print_json(buffer, value, lang::JsonStyle::kJsonIterator)) return std::nullopt;
  return Value::text(arena.copy(buffer));
}

// An expression that only goes from member to member, as nearly all do.
struct PlainPath {
  std::vector<std::string> keys;
  Symbol name;
};

// Takes the ends of paths out of an object without a tree of it: by one scan of the object, and one
// of each object inside of it in which paths go on.
class PathScanner {
 public:
  // The first `depth` keys of all paths are those of this object.
  explicit PathScanner(const std::vector<PlainPath>& paths, std::size_t depth = 0)
      : scanner_(keys_of(paths, depth)) {
    const std::vector<std::string> keys = keys_of(paths, depth);
    for (std::size_t field = 0; field < keys.size(); ++field) {
      std::vector<PlainPath> deeper;
      for (const PlainPath& path : paths) {
        if (path.keys[depth] != keys[field]) continue;
        if (path.keys.size() == depth + 1) {
          ends_.push_back({field, path.name});
        } else {
          deeper.push_back(path);
        }
      }
      if (!deeper.empty()) {
        inner_.push_back({field, std::make_unique<PathScanner>(deeper, depth + 1)});
      }
    }
  }

  // False if the object is none.
  bool extract(std::string_view object, Entry& entry) {
    if (scanner_.scan(object, entry.arena) == lang::JsonDocument::kMalformed) return false;
    const std::span<const lang::JsonField> fields = scanner_.fields();
    for (const End& end : ends_) {
      entry.extracted.set(end.name, to_value(fields[end.field], entry.arena));
    }
    for (const Inner& inner : inner_) {
      const lang::JsonField& field = fields[inner.field];
      const bool container = field.kind == lang::JsonField::Kind::kContainer;
      if (!container || !inner.scanner->extract(field.text, entry)) {
        inner.scanner->set_null(entry);
      }
    }
    return true;
  }

 private:
  struct End {
    std::size_t field;
    Symbol name;
  };
  struct Inner {
    std::size_t field;
    std::unique_ptr<PathScanner> scanner;
  };

  static std::vector<std::string> keys_of(const std::vector<PlainPath>& paths, std::size_t depth) {
    std::vector<std::string> keys;
    for (const PlainPath& path : paths) {
      if (std::ranges::find(keys, path.keys[depth]) == keys.end()) keys.push_back(path.keys[depth]);
    }
    return keys;
  }

  void set_null(Entry& entry) const {
    for (const End& end : ends_) entry.extracted.set(end.name, Value::null());
    for (const Inner& inner : inner_) inner.scanner->set_null(entry);
  }

  Value to_value(const lang::JsonField& field, Arena& arena) {
    using Kind = lang::JsonField::Kind;
    switch (field.kind) {
      case Kind::kString:
        return Value::text(field.text);
      case Kind::kNumber:
        return Value::number(field.number, field.text);
      case Kind::kBool:
        return Value::boolean(field.boolean);
      case Kind::kContainer: {
        const auto container = parser_.parse_value(field.text, arena);
        if (!container) break;
        return pipeline::to_value(*container, buffer_, arena).value_or(Value::null());
      }
      case Kind::kMissing:
      case Kind::kNull:
        break;
    }
    return Value::null();
  }

  std::vector<End> ends_;
  std::vector<Inner> inner_;
  lang::JsonScanner scanner_;
  lang::JsonParser parser_;
  std::string buffer_;
};

struct Expression {
  Symbol name;
  lang::JmesPath path;
};

// Evaluates expressions of any kind, on a tree of the document.
class TreeSearch {
 public:
  explicit TreeSearch(std::vector<Expression> expressions) : expressions_(std::move(expressions)) {}

  // False if the document is malformed.
  bool extract(std::string_view document, Entry& entry) {
    const auto tree = parser_.parse_document(document, entry.arena);
    if (!tree) return false;
    for (const Expression& expression : expressions_) {
      const lang::JmesPath::Result found = expression.path.evaluate(*tree, entry.arena);
      if (found.error != nullptr) continue;
      if (const auto value = to_value(found.value, buffer_, entry.arena)) {
        entry.extracted.set(expression.name, *value);
      }
    }
    return true;
  }

 private:
  const std::vector<Expression> expressions_;
  lang::JsonParser parser_;
  std::string buffer_;
};

template <typename Extractor>
class JsonStage final : public EntryStage {
 public:
  template <typename... What>
  JsonStage(TextSource source, bool drop_malformed, What&&... what)
      : source_(source), drop_malformed_(drop_malformed), extractor_(std::forward<What>(what)...) {}

  Verdict process(Entry& entry) override {
    auto text = source_.text(entry);
    if (!text) return Verdict::kKeep;
    // Of a line it is known that it is padded.
    if (text->data() != entry.line.data()) text = entry.arena.copy(*text);
    if (extractor_.extract(*text, entry) || !drop_malformed_) return Verdict::kKeep;
    return Verdict::kDrop;
  }

 private:
  const TextSource source_;
  const bool drop_malformed_;
  Extractor extractor_;
};

lang::JmesPath compile(const std::string& expression, const config::Node& place) {
  try {
    return lang::JmesPath::compile(expression);
  } catch (const lang::JmesPathError& error) {
    throw place.error("could not compile JMES expression: " + std::string(error.what()) + " (at character " +
                      std::to_string(error.offset() + 1) + " of `" + expression + "`)");
  }
}

std::vector<Expression> read_expressions(config::Fields& fields, SymbolTable& symbols) {
  const config::Node* const node = fields.find("expressions");
  if (node == nullptr) throw fields.node().error("JMES expression is required");
  if (!node->is_mapping()) {
    throw node->error("json stage: expected a mapping of names to JMESPath expressions, found " +
                      node->describe());
  }
  if (node->entries().empty()) throw node->error("JMES expression is required");
  std::vector<Expression> expressions;
  for (const auto& [key, value] : node->entries()) {
    const std::string given = value.is_null() ? "" : config::read_string(value);
    expressions.push_back(
        {symbols.intern(key.text()), given.empty() ? compile(key.text(), key) : compile(given, value)});
  }
  return expressions;
}

}  // namespace

std::unique_ptr<Stage> make_json(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "json stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  std::vector<Expression> expressions = read_expressions(fields, context.symbols);
  const TextSource source(fields, context.symbols);
  const config::Node* const drop = fields.find("drop_malformed");
  const bool drop_malformed = drop != nullptr && config::read_bool(*drop);
  fields.finish();

  std::vector<PlainPath> paths;
  for (const Expression& expression : expressions) {
    if (auto keys = expression.path.plain_path()) {
      paths.push_back({std::move(*keys), expression.name});
    }
  }
  // A tree once built serves all expressions.
  if (paths.size() == expressions.size()) {
    return std::make_unique<JsonStage<PathScanner>>(source, drop_malformed, paths);
  }
  return std::make_unique<JsonStage<TreeSearch>>(source, drop_malformed, std::move(expressions));
}

}  // namespace lokitail::pipeline
