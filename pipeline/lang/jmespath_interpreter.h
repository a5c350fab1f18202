// Evaluates a parsed JMESPath expression.
//
// Threads:   an interpreter belongs to one thread.
// Ownership: results live in the document, the expression and the arena.
// Errors:    in the result; the first one ends the evaluation, but where noted.
// Source:    go-jmespath 0.4.0, interpreter.go.
#pragma once

#include <span>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/lang/jmespath.h"
#include "pipeline/lang/jmespath_parser.h"
#include "pipeline/lang/json_value.h"

namespace lokitail::pipeline::lang::jmespath {

using Result = JmesPath::Result;

inline Result failure(const char* error) { return {{}, error}; }

class Interpreter {
 public:
  explicit Interpreter(Arena& arena) : arena_(arena) {}

  Result run(const Node& node, const JsonValue& value);

  Arena& arena() { return arena_; }

  JsonValue array(const std::vector<JsonValue>& items) {
    return JsonValue(copy_into(arena_, std::span<const JsonValue>(items)));
  }
  // Of equal keys the last one counts.
  JsonValue object(std::vector<JsonMember>& members) {
    keep_last_of_equal_keys(members, 0);
    return JsonValue(copy_into(arena_, std::span<const JsonMember>(members)));
  }

 private:
  Result compare(const Node& node, const JsonValue& value);
  Result select(const Node& node, const JsonValue& value);
  Result flatten(const Node& node, const JsonValue& value);
  Result project(const Node& node, const JsonValue& value);
  Result project_values(const Node& node, const JsonValue& value);
  Result project_filtered(const Node& node, const JsonValue& value);
  Result slice(const Node::Slice& parts, std::span<const JsonValue> items);
  Result call(const Node& node, const JsonValue& value);

  Arena& arena_;
};

// What counts as false: null, false, and what is empty.
bool is_false(const JsonValue& value);

}  // namespace lokitail::pipeline::lang::jmespath
