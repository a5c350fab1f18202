// Evaluates a parsed JMESPath expression.
//
// Threads:   an interpreter belongs to one thread.
// Ownership: results live in the document, the expression and the arena.
// Errors:    in the result; the first one ends the evaluation, but where noted.
// Limits:    an evaluation that would make more than kMaxWork bytes of values, or take as many steps,
//            is ended: [@,@]|[@,@]|... doubles its result with each step.
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

// Far beyond what any log line needs.
inline constexpr std::size_t kMaxWork = std::size_t{64} * 1024 * 1024;
inline constexpr const char* kTooMuchWork = "the expression does too much work";

class Interpreter {
 public:
  explicit Interpreter(Arena& arena) : arena_(arena) {}

  Result run(const Node& node, const JsonValue& value);

  // Whether there may still be as much work as that, which is then taken as done.
  bool spend(std::size_t bytes) {
    if (bytes > work_left_) {
      work_left_ = 0;
      return false;
    }
    work_left_ -= bytes;
    return true;
  }
  std::size_t& work_left() { return work_left_; }

  Result text(std::string_view value) {
    if (!spend(value.size())) return failure(kTooMuchWork);
    return {JsonValue(arena_.copy(value))};
  }
  Result array(const std::vector<JsonValue>& items) {
    if (!spend(items.size() * sizeof(JsonValue))) return failure(kTooMuchWork);
    return {JsonValue(copy_into(arena_, std::span<const JsonValue>(items)))};
  }
  // Of equal keys the last one counts.
  Result object(std::vector<JsonMember>& members) {
    if (!spend(members.size() * sizeof(JsonMember))) return failure(kTooMuchWork);
    keep_last_of_equal_keys(members, 0);
    return {JsonValue(copy_into(arena_, std::span<const JsonMember>(members)))};
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
  std::size_t work_left_ = kMaxWork;
};

// What counts as false: null, false, and what is empty.
bool is_false(const JsonValue& value);

}  // namespace lokitail::pipeline::lang::jmespath
