#include "pipeline/lang/jmespath_interpreter.h"

#include <algorithm>
#include <cstdint>

#include "pipeline/lang/jmespath_functions.h"

namespace lokitail::pipeline::lang::jmespath {
namespace {

Result index(const JsonValue& value, std::int64_t index) {
  if (!value.is_array()) return {};
  const auto size = static_cast<std::int64_t>(value.items().size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return {};
  return {value.items()[static_cast<std::size_t>(index)]};
}

// A slice's start or stop, brought into the array's range.
std::int64_t bounded(std::int64_t position, std::int64_t size, bool backwards) {
  if (position < 0) {
    position += size;
    return position >= 0 ? position : backwards ? -1 : 0;
  }
  if (position >= size) return backwards ? size - 1 : size;
  return position;
}

}  // namespace

bool is_false(const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      return true;
    case JsonValue::Kind::kBool:
      return !value.boolean();
    case JsonValue::Kind::kString:
      return value.text().empty();
    case JsonValue::Kind::kArray:
      return value.items().empty();
    case JsonValue::Kind::kObject:
      return value.members().empty();
    case JsonValue::Kind::kNumber:
    case JsonValue::Kind::kExpression:
      break;
  }
  return false;
}

Result Interpreter::run(const Node& node, const JsonValue& value) {
  constexpr std::size_t kWorkOfStep = 16;
  if (!spend(kWorkOfStep)) return failure(kTooMuchWork);
  switch (node.type) {
    case Node::Type::kBroken:
      return failure("broken expression");
    case Node::Type::kIdentity:
      return {value};
    case Node::Type::kLiteral:
      return {node.literal};
    case Node::Type::kReference:
      return {JsonValue::expression(&node.children[0])};
    case Node::Type::kIndex:
      return index(value, node.index);
    case Node::Type::kField: {
      const JsonValue* const member = value.find(node.text);
      return member == nullptr ? Result{} : Result{*member};
    }
    case Node::Type::kSlice:
      return value.is_array() ? slice(node.slice, value.items()) : Result{};
    case Node::Type::kSequence: {
      const Result left = run(node.children[0], value);
      return left.error != nullptr ? left : run(node.children[1], left.value);
    }
    case Node::Type::kOr:
    case Node::Type::kAnd: {
      const Result left = run(node.children[0], value);
      const bool go_on = is_false(left.value) == (node.type == Node::Type::kOr);
      return left.error == nullptr && go_on ? run(node.children[1], value) : left;
    }
    case Node::Type::kNot: {
      const Result operand = run(node.children[0], value);
      return operand.error != nullptr ? operand : Result{JsonValue(is_false(operand.value))};
    }
    case Node::Type::kKeyValue:
      return run(node.children[0], value);
    case Node::Type::kComparison:
      return compare(node, value);
    case Node::Type::kMultiSelectList:
    case Node::Type::kMultiSelectHash:
      return select(node, value);
    case Node::Type::kFlatten:
      return flatten(node, value);
    case Node::Type::kProjection:
      return project(node, value);
    case Node::Type::kValueProjection:
      return project_values(node, value);
    case Node::Type::kFilterProjection:
      return project_filtered(node, value);
    case Node::Type::kFunction:
      return call(node, value);
  }
  return failure("broken expression");
}

Result Interpreter::compare(const Node& node, const JsonValue& value) {
  const Result left = run(node.children[0], value);
  if (left.error != nullptr) return left;
  const Result right = run(node.children[1], value);
  if (right.error != nullptr) return right;
  const bool wants_equal = node.comparison == Token::Type::kEqual;
  if (wants_equal || node.comparison == Token::Type::kNotEqual) {
    const auto equal = deep_equal(left.value, right.value, work_left_);
    return equal ? Result{JsonValue(*equal == wants_equal)} : failure(kTooMuchWork);
  }
  if (!left.value.is_number() || !right.value.is_number()) return {};
  const double one = left.value.number();
  const double other = right.value.number();
  switch (node.comparison) {
    case Token::Type::kLess:
      return {JsonValue(one < other)};
    case Token::Type::kLessOrEqual:
      return {JsonValue(one <= other)};
    case Token::Type::kGreater:
      return {JsonValue(one > other)};
    default:
      return {JsonValue(one >= other)};
  }
}

Result Interpreter::select(const Node& node, const JsonValue& value) {
  if (value.is_null()) return {};
  std::vector<JsonMember> selected;
  for (const Node& child : node.children) {
    const Result item = run(child, value);
    if (item.error != nullptr) return item;
    selected.push_back({child.text, item.value});
  }
  if (node.type == Node::Type::kMultiSelectHash) return object(selected);
  std::vector<JsonValue> items;
  items.reserve(selected.size());
  for (const JsonMember& member : selected) items.push_back(member.value);
  return array(items);
}

Result Interpreter::flatten(const Node& node, const JsonValue& value) {
  const Result left = run(node.children[0], value);
  if (left.error != nullptr || !left.value.is_array()) return {};  // an error here is forgotten
  std::vector<JsonValue> flat;
  for (const JsonValue& item : left.value.items()) {
    if (item.is_array()) {
      if (!spend(item.items().size_bytes())) return failure(kTooMuchWork);
      flat.insert(flat.end(), item.items().begin(), item.items().end());
    } else {
      flat.push_back(item);
    }
  }
  return array(flat);
}

Result Interpreter::project(const Node& node, const JsonValue& value) {
  const Result left = run(node.children[0], value);
  if (left.error != nullptr) return left;
  if (!left.value.is_array()) return {};
  std::vector<JsonValue> projected;
  for (const JsonValue& item : left.value.items()) {
    const Result result = run(node.children[1], item);
    if (result.error != nullptr) return result;
    if (!result.value.is_null()) projected.push_back(result.value);
  }
  return array(projected);
}

Result Interpreter::project_values(const Node& node, const JsonValue& value) {
  const Result left = run(node.children[0], value);
  if (left.error != nullptr || !left.value.is_object()) return {};  // an error here is forgotten
  // The library makes room for as many values again, and so works on a null for each of them first.
  // It shows where nulls give a result: `*.type(@)`.
  std::vector<JsonValue> values(left.value.members().size());
  for (const JsonMember& member : left.value.members()) values.push_back(member.value);
  std::vector<JsonValue> projected;
  for (const JsonValue& item : values) {
    const Result result = run(node.children[1], item);
    if (result.error != nullptr) return result;
    if (!result.value.is_null()) projected.push_back(result.value);
  }
  return array(projected);
}

Result Interpreter::project_filtered(const Node& node, const JsonValue& value) {
  const Result left = run(node.children[0], value);
  if (left.error != nullptr || !left.value.is_array()) return {};  // an error here is forgotten
  std::vector<JsonValue> projected;
  for (const JsonValue& item : left.value.items()) {
    const Result condition = run(node.children[2], item);
    if (condition.error != nullptr) return condition;
    if (is_false(condition.value)) continue;
    const Result result = run(node.children[1], item);
    if (result.error != nullptr) return result;
    if (!result.value.is_null()) projected.push_back(result.value);
  }
  return array(projected);
}

Result Interpreter::slice(const Node::Slice& parts, std::span<const JsonValue> items) {
  const auto size = static_cast<std::int64_t>(items.size());
  const std::int64_t step = parts[2].value_or(1);
  if (step == 0) return failure("a slice's step may not be 0");
  const bool backwards = step < 0;
  std::int64_t at = backwards ? size - 1 : 0;
  std::int64_t stop = backwards ? -1 : size;
  if (parts[0]) at = bounded(*parts[0], size, backwards);
  if (parts[1]) stop = bounded(*parts[1], size, backwards);
  std::vector<JsonValue> taken;
  while (backwards ? at > stop : at < stop) {
    taken.push_back(items[static_cast<std::size_t>(at)]);
    const std::int64_t left = stop - at;
    if (backwards ? step <= left : step >= left) break;  // before the sum can overflow
    at += step;
  }
  return array(taken);
}

Result Interpreter::call(const Node& node, const JsonValue& value) {
  std::vector<JsonValue> arguments;
  for (const Node& child : node.children) {
    const Result argument = run(child, value);
    if (argument.error != nullptr) return argument;
    arguments.push_back(argument.value);
    // Functions go through their arguments.
    const bool is_array = argument.value.is_array();
    if (is_array && !spend(argument.value.items().size())) return failure(kTooMuchWork);
  }
  return call_function(node.text, arguments, *this);
}

}  // namespace lokitail::pipeline::lang::jmespath
