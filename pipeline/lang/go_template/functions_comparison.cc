// eq ne lt le gt ge. Values compare within a kind; integers with and without sign do with each
// other.
#include <compare>
#include <optional>

#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

enum class Kind { kNone, kBool, kSigned, kUnsigned, kFloat, kString };

Kind kind_of(const Value& value) {
  if (value.is(Type::kBool)) return Kind::kBool;
  if (value.is(Type::kFloat)) return Kind::kFloat;
  if (value.is(Type::kString)) return Kind::kString;
  if (value.is_signed()) return Kind::kSigned;
  return value.is_unsigned() ? Kind::kUnsigned : Kind::kNone;
}

// REQUIRES: both of the same kind, or both integers.
std::partial_ordering order(const Value& left, const Value& right) {
  switch (kind_of(left)) {
    case Kind::kBool:
      return left.as_bool() <=> right.as_bool();
    case Kind::kFloat:
      return left.as_number() <=> right.as_number();
    case Kind::kString:
      return left.as_string() <=> right.as_string();
    default:
      break;
  }
  if (left.is_signed() && right.is_signed()) return left.as_integer() <=> right.as_integer();
  if (left.is_signed() && left.as_integer() < 0) return std::partial_ordering::less;
  if (right.is_signed() && right.as_integer() < 0) return std::partial_ordering::greater;
  return left.as_unsigned() <=> right.as_unsigned();
}

bool is_nil(const Value& value) {
  return value.empty() || (value.is_list() && value.as_list().data() == nullptr);
}

// What Go compares with ==, of two values of one type that is no basic one; nothing for what it
// does not.
std::optional<bool> same(const Value& left, const Value& right) {
  switch (left.type()) {
    case Type::kTime:
      return left.as_time().instant == right.as_time().instant &&
             left.as_time().zone.name() == right.as_time().zone.name();
    case Type::kVersion:
      return &left.as_version() == &right.as_version();
    case Type::kKeyPair:
      return left.as_key_pair().certificate == right.as_key_pair().certificate &&
             left.as_key_pair().key == right.as_key_pair().key;
    default:
      return std::nullopt;
  }
}

// Of two values of which neither is of a basic kind.
std::optional<bool> equal_others(Context& context, const Value& left, const Value& right) {
  const bool comparable = left.empty() || right.empty() || kind_name(left) == kind_name(right);
  if (comparable && (is_nil(left) || is_nil(right))) return is_nil(left) && is_nil(right);
  std::optional<bool> result;
  if (comparable && left.is(right.type())) {
    result = same(left, right);
  } else if (comparable && same(right, right)) {
    result = false;  // two structs of different types
  }
  if (!result) context.fail("non-comparable type ", type_name(left));
  return result;
}

std::optional<bool> equal(Context& context, const Value& left, const Value& right) {
  const Kind kind = kind_of(left);
  if (kind == kind_of(right)) {
    return kind == Kind::kNone ? equal_others(context, left, right) : order(left, right) == 0;
  }
  if (left.is_integer() && right.is_integer()) return order(left, right) == 0;
  if (left.empty() || right.empty()) return false;
  context.fail("incompatible types for comparison");
  return std::nullopt;
}

// Nothing where the two have no order.
std::optional<std::partial_ordering> ordered(Context& context, const Value& left, const Value& right) {
  const Kind left_kind = kind_of(left);
  const Kind right_kind = kind_of(right);
  const bool same = left_kind == right_kind || (left.is_integer() && right.is_integer());
  if (left_kind == Kind::kNone || right_kind == Kind::kNone || (same && left_kind == Kind::kBool)) {
    context.fail("invalid type for comparison");
  } else if (!same) {
    context.fail("incompatible types for comparison");
  } else {
    return order(left, right);
  }
  return std::nullopt;
}

Value eq(const Call& call) {
  if (call.size() < 2) return call.context.fail("missing argument for comparison");
  for (const Value& other : call.arguments.subspan(1)) {
    const auto result = equal(call.context, call[0], other);
    if (!result) return {};
    if (*result) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value ne(const Call& call) { return Value::boolean(!equal(call.context, call[0], call[1]).value_or(false)); }

Value lt(const Call& call) {
  const auto result = ordered(call.context, call[0], call[1]);
  return Value::boolean(result && *result < 0);
}

Value le(const Call& call) {
  const auto result = ordered(call.context, call[0], call[1]);
  return Value::boolean(result && *result <= 0);
}

// Go's gt and ge are what le and lt are not, also for NaN.
Value gt(const Call& call) {
  const auto result = ordered(call.context, call[0], call[1]);
  return Value::boolean(result && !(*result <= 0));
}

Value ge(const Call& call) {
  const auto result = ordered(call.context, call[0], call[1]);
  return Value::boolean(result && !(*result < 0));
}

constexpr Function kComparisonFunctions[] = {
    {"eq", "any any...", eq}, {"ne", "any any", ne}, {"lt", "any any", lt},
    {"le", "any any", le},    {"gt", "any any", gt}, {"ge", "any any", ge},
};

}  // namespace

std::span<const Function> comparison_functions() { return kComparisonFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
