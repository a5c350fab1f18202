// Fractions. Sprig adds, subtracts, multiplies and divides as decimal numbers, so that 0.1 + 0.2 is
// 0.3; a quotient has 16 digits behind the point, as github.com/shopspring/decimal has it.
#include <cmath>
#include <limits>
#include <string>

#include <boost/multiprecision/cpp_dec_float.hpp>

#include "pipeline/lang/go_template/convert.h"
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/number.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

using Decimal = boost::multiprecision::cpp_dec_float_100;

// The shortest decimal number that reads back as `number`. REQUIRES: finite.
Decimal to_decimal(double number) {
  NumberBuffer buffer;
  return Decimal(std::string(format_float(number, 'e', -1, buffer)));
}

double to_double(const Decimal& number) {
  const auto nearest = parse_float(number.str(40, std::ios_base::scientific));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return nearest ? *nearest : number < 0 ? -kInfinity : kInfinity;
}

Decimal divide(const Decimal& left, const Decimal& right) {
  const Decimal scale("1e16");
  const Decimal scaled = left / right * scale;
  if (abs(scaled) > Decimal("1e80")) return left / right;  // no fraction is left to round
  return round(scaled) / scale;
}

enum class Operation { kAdd, kSubtract, kMultiply, kDivide };

// Puts the arguments from the first on to `number`, one by one.
template <Operation kOperation>
Value calculate(Context& context, double first, std::span<const Value> arguments) {
  if (!std::isfinite(first)) return context.fail("cannot create a Decimal from NaN or infinity");
  Decimal result = to_decimal(first);
  for (const Value& value : arguments) {
    const double number = to_number(value);
    if (!std::isfinite(number)) return context.fail("cannot create a Decimal from NaN or infinity");
    if (!context.spend(100)) return {};
    const Decimal operand = to_decimal(number);
    switch (kOperation) {
      case Operation::kAdd:
        result += operand;
        break;
      case Operation::kSubtract:
        result -= operand;
        break;
      case Operation::kMultiply:
        result *= operand;
        break;
      case Operation::kDivide:
        if (number == 0) return context.fail("decimal division by 0");
        result = divide(result, operand);
        break;
    }
  }
  return Value::number(to_double(result));
}

template <Operation kOperation>
Value from_first(const Call& call) {
  return calculate<kOperation>(call.context, to_number(call[0]), call.arguments.subspan(1));
}

Value addf(const Call& call) { return calculate<Operation::kAdd>(call.context, 0, call.arguments); }

Value add1f(const Call& call) { return calculate<Operation::kAdd>(call.context, 1, call.arguments); }

Value float64(const Call& call) { return Value::number(to_number(call[0])); }

// Go's math.Max and math.Min: NaN wins, but for an infinity of the right sign, and -0 is less than 0.
Value maxf(const Call& call) {
  double largest = to_number(call[0]);
  for (const Value& value : call.arguments.subspan(1)) {
    const double number = to_number(value);
    const bool unordered = std::isnan(number) || std::isnan(largest);
    if (std::isinf(number) && number > 0)
      largest = number;
    else if (unordered)
      largest = std::isinf(largest) && largest > 0 ? largest : std::nan("");
    else if (number > largest || (number == largest && std::signbit(largest)))
      largest = number;
  }
  return Value::number(largest);
}

Value minf(const Call& call) {
  double smallest = to_number(call[0]);
  for (const Value& value : call.arguments.subspan(1)) {
    const double number = to_number(value);
    const bool unordered = std::isnan(number) || std::isnan(smallest);
    if (std::isinf(number) && number < 0)
      smallest = number;
    else if (unordered)
      smallest = std::isinf(smallest) && smallest < 0 ? smallest : std::nan("");
    else if (number < smallest || (number == smallest && std::signbit(number)))
      smallest = number;
  }
  return Value::number(smallest);
}

Value floor(const Call& call) { return Value::number(std::floor(to_number(call[0]))); }
Value ceil(const Call& call) { return Value::number(std::ceil(to_number(call[0]))); }

// As Go's math.Pow gets it, which differs from C's in the last bit where the power is no exact
// number.
double power_of_ten(std::int64_t exponent) {
  constexpr int kFarthest = 1 << 12;
  int step_exponent = 0;
  double step = std::frexp(10.0, &step_exponent);
  double fraction = 1;
  int shift = 0;
  for (std::uint64_t rest =
           static_cast<std::uint64_t>(std::abs(std::clamp<std::int64_t>(exponent, -kFarthest, kFarthest)));
       rest != 0; rest >>= 1) {
    if (step_exponent > kFarthest) {
      shift += step_exponent;
      break;
    }
    if ((rest & 1) != 0) {
      fraction *= step;
      shift += step_exponent;
    }
    step *= step;
    step_exponent *= 2;
    if (step < 0.5) {
      step += step;
      --step_exponent;
    }
  }
  return exponent < 0 ? std::ldexp(1 / fraction, -shift) : std::ldexp(fraction, shift);
}

// round value places [limit]: up where the rest reaches the limit, which is a half.
Value round_(const Call& call) {
  const double limit = call.size() > 2 ? call[2].as_number() : 0.5;
  const double power = power_of_ten(call[1].as_integer());
  const double shifted = power * to_number(call[0]);
  double whole = 0;
  const bool up = std::modf(shifted, &whole) >= limit;
  return Value::number((up ? std::ceil(shifted) : std::floor(shifted)) / power);
}

constexpr Function kFloatFunctions[] = {
    {"float64", "any", float64},
    {"add1f", "any", add1f},
    {"addf", "any...", addf},
    {"subf", "any any...", from_first<Operation::kSubtract>},
    {"mulf", "any any...", from_first<Operation::kMultiply>},
    {"divf", "any any...", from_first<Operation::kDivide>},
    {"maxf", "any any...", maxf},
    {"minf", "any any...", minf},
    {"floor", "any", floor},
    {"ceil", "any", ceil},
    {"round", "any int float...", round_},
};

}  // namespace

std::span<const Function> float_functions() { return kFloatFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
