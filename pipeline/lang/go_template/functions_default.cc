// Choices between values, and questions about them.
#include <algorithm>

#include "pipeline/lang/go_template/equality.h"
#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

Value default_(const Call& call) { return call.size() > 1 && truth(call[1]) ? call[1] : call[0]; }

Value empty(const Call& call) { return Value::boolean(!truth(call[0])); }

Value coalesce(const Call& call) {
  const auto found = std::ranges::find_if(call.arguments, truth);
  return found == call.arguments.end() ? Value::nil() : *found;
}

Value all(const Call& call) { return Value::boolean(std::ranges::all_of(call.arguments, truth)); }
Value any(const Call& call) { return Value::boolean(std::ranges::any_of(call.arguments, truth)); }

Value ternary(const Call& call) { return call[2].as_bool() ? call[0] : call[1]; }

Value type_of(const Call& call) { return Value::string(type_name(call[0])); }
Value kind_of(const Call& call) { return Value::string(kind_name(call[0])); }
Value type_is(const Call& call) { return Value::boolean(type_name(call[1]) == call.string(0)); }
Value kind_is(const Call& call) { return Value::boolean(kind_name(call[1]) == call.string(0)); }

Value type_is_like(const Call& call) {
  std::string_view type = type_name(call[1]);
  if (type == call.string(0)) return Value::boolean(true);
  return Value::boolean(type.starts_with('*') && type.substr(1) == call.string(0));
}

Value deep_equal_(const Call& call) { return Value::boolean(deep_equal(call.context, call[0], call[1])); }

Value fail(const Call& call) { return call.context.fail(call.string(0)); }

constexpr Function kDefaultFunctions[] = {
    {"default", "any any...", default_},
    {"empty", "any", empty},
    {"coalesce", "any...", coalesce},
    {"all", "any...", all},
    {"any", "any...", any},
    {"ternary", "any any bool", ternary},
    {"typeOf", "any", type_of},
    {"typeIs", "string any", type_is},
    {"typeIsLike", "string any", type_is_like},
    {"kindOf", "any", kind_of},
    {"kindIs", "string any", kind_is},
    {"deepEqual", "any any", deep_equal_},
    {"fail", "string", fail},
};

}  // namespace

std::span<const Function> default_functions() { return kDefaultFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
