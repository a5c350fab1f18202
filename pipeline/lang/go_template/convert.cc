#include "pipeline/lang/go_template/convert.h"

#include "pipeline/lang/go_template/number.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// Without a fraction that is all zeros, which is no part of an integer to strconv.
std::string_view without_zero_fraction(std::string_view text) {
  const std::size_t last = text.find_last_not_of('0');
  const bool zeros_behind_point =
      last != std::string_view::npos && text[last] == '.' && last + 1 < text.size();
  return zeros_behind_point ? text.substr(0, last) : text;
}

}  // namespace

std::int64_t to_integer(const Value& value) {
  if (value.is(Type::kDuration)) return 0;  // one of the types that cast does not know
  if (value.is_integer() || value.is(Type::kBool)) return value.as_integer();
  if (value.is(Type::kFloat)) return truncate(value.as_number());
  if (!value.is(Type::kString)) return 0;
  return parse_int(without_zero_fraction(value.as_string()), 0).value_or(0);
}

double to_number(const Value& value) {
  if (value.is(Type::kDuration)) return 0;
  if (value.is(Type::kFloat)) return value.as_number();
  if (value.is_unsigned()) return static_cast<double>(value.as_unsigned());
  if (value.is_signed() || value.is(Type::kBool)) return static_cast<double>(value.as_integer());
  if (!value.is(Type::kString)) return 0;
  return parse_float(value.as_string()).value_or(0);
}

}  // namespace lokitail::pipeline::lang::go_template
