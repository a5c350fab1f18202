#include "pipeline/lang/jmespath_functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/json_print.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang::jmespath {
namespace {

using Arguments = std::span<const JsonValue>;

bool all_numbers(const JsonValue& value) {
  return value.is_array() && std::ranges::all_of(value.items(), &JsonValue::is_number);
}

bool all_strings(const JsonValue& value) {
  return value.is_array() && std::ranges::all_of(value.items(), &JsonValue::is_string);
}

const Node& expression(const JsonValue& value) { return *static_cast<const Node*>(value.expression()); }

Result number(double value) { return {JsonValue(value)}; }
Result boolean(bool value) { return {JsonValue(value)}; }

double sum_of(const JsonValue& numbers) {
  double sum = 0;
  for (const JsonValue& item : numbers.items()) sum += item.number();
  return sum;
}

// A NaN comes before all others, as in Go's sort.
bool number_less(double left, double right) {
  return left < right || (std::isnan(left) && !std::isnan(right));
}

Result abs(Arguments a, Interpreter&) { return number(std::fabs(a[0].number())); }
Result ceil(Arguments a, Interpreter&) { return number(std::ceil(a[0].number())); }
Result floor(Arguments a, Interpreter&) { return number(std::floor(a[0].number())); }
Result sum(Arguments a, Interpreter&) { return number(sum_of(a[0])); }
Result avg(Arguments a, Interpreter&) {
  return number(sum_of(a[0]) / static_cast<double>(a[0].items().size()));
}

Result contains(Arguments a, Interpreter&) {
  const JsonValue& wanted = a[1];
  if (a[0].is_string()) {
    return boolean(wanted.is_string() && a[0].text().find(wanted.text()) != std::string_view::npos);
  }
  // What Go cannot compare with == makes Promtail crash here.
  const bool comparable =
      !wanted.is_array() && !wanted.is_object() && wanted.kind() != JsonValue::Kind::kExpression;
  for (const JsonValue& item : a[0].items()) {
    if (item.kind() != wanted.kind()) continue;
    if (!comparable) return failure("contains() cannot compare arrays and objects");
    if (deep_equal(item, wanted)) return boolean(true);  // of no containers
  }
  return boolean(false);
}

Result starts_with(Arguments a, Interpreter&) { return boolean(a[0].text().starts_with(a[1].text())); }
Result ends_with(Arguments a, Interpreter&) { return boolean(a[0].text().ends_with(a[1].text())); }

Result join(Arguments a, Interpreter& interpreter) {
  std::string joined;
  for (const JsonValue& item : a[1].items()) {
    if (joined.size() > interpreter.work_left()) return failure(kTooMuchWork);
    if (&item != a[1].items().data()) joined += a[0].text();
    joined += item.text();
  }
  return interpreter.text(joined);
}

Result keys(Arguments a, Interpreter& interpreter) {
  std::vector<JsonValue> keys;
  for (const JsonMember& member : a[0].members()) keys.push_back(JsonValue(member.key));
  return interpreter.array(keys);
}

Result values(Arguments a, Interpreter& interpreter) {
  std::vector<JsonValue> values;
  for (const JsonMember& member : a[0].members()) values.push_back(member.value);
  return interpreter.array(values);
}

Result length(Arguments a, Interpreter&) {
  if (a[0].is_array()) return number(static_cast<double>(a[0].items().size()));
  if (a[0].is_object()) return number(static_cast<double>(a[0].members().size()));
  std::size_t characters = 0;
  for (std::string_view rest = a[0].text(); !rest.empty(); ++characters) {
    rest.remove_prefix(first_character(rest).size);
  }
  return number(static_cast<double>(characters));
}

Result map(Arguments a, Interpreter& interpreter) {
  std::vector<JsonValue> mapped;
  for (const JsonValue& item : a[1].items()) {
    const Result result = interpreter.run(expression(a[0]), item);
    if (result.error != nullptr) return result;
    mapped.push_back(result.value);
  }
  return interpreter.array(mapped);
}

// REQUIRES: both numbers or both strings.
bool less(const JsonValue& left, const JsonValue& right) {
  return left.is_number() ? left.number() < right.number() : left.text() < right.text();
}

Result max(Arguments a, Interpreter&) {
  const auto items = a[0].items();
  if (items.empty()) return {};
  const JsonValue* best = &items[0];
  for (const JsonValue& item : items) {
    if (less(*best, item)) best = &item;
  }
  return {*best};
}

Result min(Arguments a, Interpreter&) {
  const auto items = a[0].items();
  if (items.empty()) return {};
  const JsonValue* best = &items[0];
  for (const JsonValue& item : items) {
    if (less(item, *best)) best = &item;
  }
  return {*best};
}

// What an expression makes of each item: all numbers or all strings, or it is an error.
struct SortKeys {
  std::vector<JsonValue> keys;
  const char* error = nullptr;
};

SortKeys sort_keys(Arguments a, Interpreter& interpreter) {
  SortKeys result;
  for (const JsonValue& item : a[0].items()) {
    const Result key = interpreter.run(expression(a[1]), item);
    if (key.error != nullptr) return {{}, key.error};
    if (!key.value.is_number() && !key.value.is_string()) {
      return {{}, "a key must be a number or a string"};
    }
    if (!result.keys.empty() && result.keys[0].kind() != key.value.kind()) {
      return {{}, "keys must be all numbers or all strings"};
    }
    result.keys.push_back(key.value);
  }
  return result;
}

// The item whose key no other's is better than; the first of them.
template <typename Better>
Result best_by(Arguments a, Interpreter& interpreter, Better better) {
  const auto items = a[0].items();
  if (items.empty()) return {};
  if (items.size() == 1) return {items[0]};
  const SortKeys sorted = sort_keys(a, interpreter);
  if (sorted.error != nullptr) return failure(sorted.error);
  std::size_t best = 0;
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (better(sorted.keys[i], sorted.keys[best])) best = i;
  }
  return {items[best]};
}

Result max_by(Arguments a, Interpreter& interpreter) {
  return best_by(a, interpreter,
                 [](const JsonValue& one, const JsonValue& other) { return less(other, one); });
}

Result min_by(Arguments a, Interpreter& interpreter) { return best_by(a, interpreter, less); }

Result merge(Arguments a, Interpreter& interpreter) {
  std::vector<JsonMember> merged;
  for (const JsonValue& object : a) {
    if (!object.is_object()) return failure("merge() takes objects");
    merged.insert(merged.end(), object.members().begin(), object.members().end());
  }
  return interpreter.object(merged);
}

Result not_null(Arguments a, Interpreter&) {
  const auto found = std::ranges::find_if_not(a, &JsonValue::is_null);
  return found == a.end() ? Result{} : Result{*found};
}

Result reverse(Arguments a, Interpreter& interpreter) {
  if (a[0].is_array()) {
    const std::vector<JsonValue> reversed(a[0].items().rbegin(), a[0].items().rend());
    return interpreter.array(reversed);
  }
  std::vector<std::string_view> characters;
  std::string_view rest = a[0].text();
  while (!rest.empty()) {
    const Character character = first_character(rest);
    characters.push_back(character.valid ? rest.substr(0, character.size) : "\uFFFD");
    rest.remove_prefix(character.size);
  }
  std::string reversed;
  std::for_each(characters.rbegin(), characters.rend(),
                [&](std::string_view character) { reversed += character; });
  return interpreter.text(reversed);
}

// The items in the order of their keys, which may be the items themselves.
Result sorted(Arguments items, Arguments keys, Interpreter& interpreter) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t one, std::size_t other) {
    const JsonValue& left = keys[one];
    const JsonValue& right = keys[other];
    return left.is_number() ? number_less(left.number(), right.number()) : left.text() < right.text();
  });
  std::vector<JsonValue> result;
  result.reserve(order.size());
  for (const std::size_t i : order) result.push_back(items[i]);
  return interpreter.array(result);
}

Result sort(Arguments a, Interpreter& interpreter) { return sorted(a[0].items(), a[0].items(), interpreter); }

Result sort_by(Arguments a, Interpreter& interpreter) {
  if (a[0].items().size() < 2) return {a[0]};  // whatever the expression makes of a single item
  const SortKeys keys = sort_keys(a, interpreter);
  if (keys.error != nullptr) return failure(keys.error);
  return sorted(a[0].items(), keys.keys, interpreter);
}

Result to_array(Arguments a, Interpreter& interpreter) {
  if (a[0].is_array()) return {a[0]};
  return interpreter.array({a[0]});
}

Result to_number(Arguments a, Interpreter&) {
  if (a[0].kind() == JsonValue::Kind::kExpression) return failure("unknown type");
  if (a[0].is_number()) return {a[0]};
  if (!a[0].is_string()) return {};
  const auto value = go_template::parse_float(a[0].text());
  return value ? number(*value) : Result{};
}

Result to_string(Arguments a, Interpreter& interpreter) {
  if (a[0].is_string()) return {a[0]};
  std::string printed;
  if (!print_json(printed, a[0], JsonStyle::kEncodingJson)) {
    return failure("JSON has neither NaN nor infinities, and texts have an end");
  }
  return interpreter.text(printed);
}

Result type(Arguments a, Interpreter&) {
  using namespace std::string_view_literals;
  switch (a[0].kind()) {
    case JsonValue::Kind::kNull:
      return {JsonValue("null"sv)};
    case JsonValue::Kind::kBool:
      return {JsonValue("boolean"sv)};
    case JsonValue::Kind::kNumber:
      return {JsonValue("number"sv)};
    case JsonValue::Kind::kString:
      return {JsonValue("string"sv)};
    case JsonValue::Kind::kArray:
      return {JsonValue("array"sv)};
    case JsonValue::Kind::kObject:
      return {JsonValue("object"sv)};
    case JsonValue::Kind::kExpression:
      break;
  }
  return failure("unknown type");
}

// What an argument may be, as bits.
enum Types : std::uint8_t {
  kAny = 1,
  kNumber = 2,
  kString = 4,
  kArray = 8,
  kNumbers = 16,  // an array of them
  kStrings = 32,
  kObject = 64,
  kReference = 128
};

bool fits(const JsonValue& value, unsigned types) {
  if ((types & kAny) != 0) return true;
  switch (value.kind()) {
    case JsonValue::Kind::kNumber:
      return (types & kNumber) != 0;
    case JsonValue::Kind::kString:
      return (types & kString) != 0;
    case JsonValue::Kind::kObject:
      return (types & kObject) != 0;
    case JsonValue::Kind::kExpression:
      return (types & kReference) != 0;
    case JsonValue::Kind::kArray:
      return (types & kArray) != 0 || ((types & kNumbers) != 0 && all_numbers(value)) ||
             ((types & kStrings) != 0 && all_strings(value));
    case JsonValue::Kind::kNull:
    case JsonValue::Kind::kBool:
      break;
  }
  return false;
}

struct Function {
  std::string_view name;
  std::size_t count;              // of arguments
  std::array<unsigned, 2> types;  // of each of them
  Result (*call)(Arguments, Interpreter&);
  bool variadic = false;  // one argument or more, of any type
};

constexpr std::array kFunctions = {
    Function{"abs", 1, {kNumber}, abs},
    Function{"avg", 1, {kNumbers}, avg},
    Function{"ceil", 1, {kNumber}, ceil},
    Function{"contains", 2, {kArray | kString, kAny}, contains},
    Function{"ends_with", 2, {kString, kString}, ends_with},
    Function{"floor", 1, {kNumber}, floor},
    Function{"join", 2, {kString, kStrings}, join},
    Function{"keys", 1, {kObject}, keys},
    Function{"length", 1, {kString | kArray | kObject}, length},
    Function{"map", 2, {kReference, kArray}, map},
    Function{"max", 1, {kNumbers | kStrings}, max},
    Function{"max_by", 2, {kArray, kReference}, max_by},
    Function{"merge", 1, {kAny}, merge, true},
    Function{"min", 1, {kNumbers | kStrings}, min},
    Function{"min_by", 2, {kArray, kReference}, min_by},
    Function{"not_null", 1, {kAny}, not_null, true},
    Function{"reverse", 1, {kArray | kString}, reverse},
    Function{"sort", 1, {kNumbers | kStrings}, sort},
    Function{"sort_by", 2, {kArray, kReference}, sort_by},
    Function{"starts_with", 2, {kString, kString}, starts_with},
    Function{"sum", 1, {kNumbers}, sum},
    Function{"to_array", 1, {kAny}, to_array},
    Function{"to_number", 1, {kAny}, to_number},
    Function{"to_string", 1, {kAny}, to_string},
    Function{"type", 1, {kAny}, type},
    Function{"values", 1, {kObject}, values},
};

}  // namespace

Result call_function(std::string_view name, std::span<const JsonValue> arguments, Interpreter& interpreter) {
  const auto function = std::ranges::find(kFunctions, name, &Function::name);
  if (function == kFunctions.end()) return failure("unknown function");
  const bool enough =
      function->variadic ? arguments.size() >= function->count : arguments.size() == function->count;
  if (!enough) return failure("wrong number of arguments");
  for (std::size_t i = 0; i < function->count; ++i) {
    if (!fits(arguments[i], function->types[i])) return failure("wrong type of argument");
  }
  return function->call(arguments, interpreter);
}

}  // namespace lokitail::pipeline::lang::jmespath
