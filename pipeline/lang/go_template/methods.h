// The methods that Go's types have, of those that templates meet: .Unix of a time, .Major of a
// version.
#pragma once

#include <span>
#include <string_view>

#include "pipeline/lang/go_template/context.h"
#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {

struct Method {
  Type type;
  std::string_view name;
  std::span<const Want> parameters;
  // Gets as many arguments of the types that it wants.
  Value (*call)(Context& context, const Value& self, std::span<const Value> arguments);
};

// nullptr where a value has no such method.
const Method* find_method(const Value& self, std::string_view name);

}  // namespace lokitail::pipeline::lang::go_template
