// Whole numbers. Sprig's arithmetic is on int64 and wraps as Go's does.
#include <algorithm>
#include <limits>

#include "pipeline/lang/go_template/convert.h"
#include "pipeline/lang/go_template/format.h"
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/number.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// Unsigned arithmetic wraps without being undefined.
std::uint64_t bits(const Value& value) { return static_cast<std::uint64_t>(to_integer(value)); }
Value int64(std::uint64_t value) { return Value::integer(static_cast<std::int64_t>(value), Type::kInt64); }
Value int64(std::int64_t value) { return Value::integer(value, Type::kInt64); }

// What is out of range is the number nearest to it, whatever stands behind more digits than any number has.
Value atoi(const Call& call) {
  const std::string_view text = call.string(0);
  if (const auto number = parse_int(text, 10)) return Value::integer(*number);
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative || text.starts_with('+') ? 1 : 0);
  const std::size_t end = std::min(digits.find_first_not_of("0123456789"), digits.size());
  const bool too_large = end > 0 && (end == digits.size() || !parse_uint(digits.substr(0, end), 10));
  if (!too_large) return Value::integer(0);
  using Limits = std::numeric_limits<std::int64_t>;
  return Value::integer(negative ? Limits::min() : Limits::max());
}

Value to_int(const Call& call) { return Value::integer(to_integer(call[0])); }
Value to_int64(const Call& call) { return int64(to_integer(call[0])); }

Value to_decimal(const Call& call) { return int64(parse_int(to_text(call.context, call[0]), 8).value_or(0)); }

Value add1(const Call& call) { return int64(bits(call[0]) + 1); }

Value add(const Call& call) {
  std::uint64_t sum = 0;
  for (const Value& value : call.arguments) sum += bits(value);
  return int64(sum);
}

Value sub(const Call& call) { return int64(bits(call[0]) - bits(call[1])); }

Value mul(const Call& call) {
  std::uint64_t product = 1;
  for (const Value& value : call.arguments) product *= bits(value);
  return int64(product);
}

Value div(const Call& call) {
  const std::int64_t divisor = to_integer(call[1]);
  if (divisor == 0) return call.context.fail("integer divide by zero");
  if (divisor == -1) return int64(0 - bits(call[0]));  // the one that can overflow
  return int64(to_integer(call[0]) / divisor);
}

Value mod(const Call& call) {
  const std::int64_t divisor = to_integer(call[1]);
  if (divisor == 0) return call.context.fail("integer divide by zero");
  return int64(divisor == -1 ? 0 : to_integer(call[0]) % divisor);
}

Value max(const Call& call) {
  std::int64_t largest = to_integer(call[0]);
  for (const Value& value : call.arguments) largest = std::max(largest, to_integer(value));
  return int64(largest);
}

Value min(const Call& call) {
  std::int64_t smallest = to_integer(call[0]);
  for (const Value& value : call.arguments) smallest = std::min(smallest, to_integer(value));
  return int64(smallest);
}

// Calls visit(i) from `start` towards `stop`, which is left out.
template <typename Visitor>
void count(Context& context, std::int64_t start, std::int64_t stop, std::int64_t step, Visitor visit) {
  const bool up = stop >= start;
  if (up ? step <= 0 : step >= 0) return;
  for (std::int64_t i = start; (up ? i < stop : i > stop) && context.spend(1);) {
    visit(i);
    if (__builtin_add_overflow(i, step, &i)) return;
  }
}

Value numbers(Context& context, std::int64_t start, std::int64_t stop, std::int64_t step) {
  List list(context, Type::kIntList);
  count(context, start, stop, step, [&](std::int64_t i) { list.add(Value::integer(i)); });
  return list.value();
}

Value until(const Call& call) {
  const std::int64_t stop = call[0].as_integer();
  return numbers(call.context, 0, stop, stop < 0 ? -1 : 1);
}

Value until_step(const Call& call) {
  return numbers(call.context, call[0].as_integer(), call[1].as_integer(), call[2].as_integer());
}

// Like the command seq: `last`, `first last` or `first step last`, the last one included.
Value seq(const Call& call) {
  if (call.size() == 0 || call.size() > 3) return Value::string("");
  const std::int64_t first = call.size() == 1 ? 1 : call[0].as_integer();
  const std::int64_t last = call[call.size() - 1].as_integer();
  const std::int64_t direction = last < first ? -1 : 1;
  const std::int64_t step = call.size() == 3 ? call[1].as_integer() : direction;
  if (call.size() == 3 && direction < 0 && step > 0) return Value::string("");
  std::int64_t stop = last;
  if (__builtin_add_overflow(last, direction, &stop)) stop = last;
  Text out(call.context);
  count(call.context, first, stop, step, [&](std::int64_t i) {
    NumberBuffer buffer;
    if (out.size() > 0) out += ' ';
    out += format_int(i, buffer);
  });
  return out.value();
}

constexpr Function kIntegerFunctions[] = {
    {"atoi", "string", atoi},         {"int", "any", to_int},     {"int64", "any", to_int64},
    {"toDecimal", "any", to_decimal}, {"add1", "any", add1},      {"add", "any...", add},
    {"sub", "any any", sub},          {"mul", "any any...", mul}, {"div", "any any", div},
    {"mod", "any any", mod},          {"max", "any any...", max}, {"biggest", "any any...", max},
    {"min", "any any...", min},       {"until", "int", until},    {"untilStep", "int int int", until_step},
    {"seq", "int...", seq},
};

}  // namespace

std::span<const Function> integer_functions() { return kIntegerFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
