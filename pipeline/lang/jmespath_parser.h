// Parses a JMESPath expression into a tree.
//
// Threads:   pure function; trees are immutable afterwards.
// Ownership: the values of literals live in the arena.
// Errors:    throws JmesPathError.
// Source:    go-jmespath 0.4.0, parser.go.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/lang/jmespath_lexer.h"
#include "pipeline/lang/json_value.h"

namespace lokitail::pipeline::lang::jmespath {

struct Node {
  enum class Type : std::uint8_t {
    kBroken,  // accepted by the library's oversight; an error when evaluated
    kIdentity,
    kField,
    kLiteral,
    kIndex,
    kSlice,
    kSequence,  // the second child, on the result of the first
    kComparison,
    kOr,
    kAnd,
    kNot,
    kFlatten,
    kProjection,        // of children: the array, what is done with each item
    kValueProjection,   // the object, what is done with each value
    kFilterProjection,  // the array, what is done with each item, the condition
    kMultiSelectList,
    kMultiSelectHash,  // keys are the texts of the children
    kKeyValue,
    kFunction,
    kReference
  };

  using Slice = std::array<std::optional<std::int64_t>, 3>;  // start, stop, step

  explicit Node(Type node_type) : type(node_type) {}

  Type type;
  Token::Type comparison = Token::Type::kUnknown;
  std::string text;  // kField, kFunction, kKeyValue: the name
  JsonValue literal;
  std::int64_t index = 0;
  Slice slice;
  std::vector<Node> children;
  std::size_t depth = 1;
};

Node parse(std::string_view expression, Arena& arena);

}  // namespace lokitail::pipeline::lang::jmespath
