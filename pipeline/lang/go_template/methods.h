// The methods that Go's types have, of those that templates meet: .Unix of a time, .Major of a
// version.
#pragma once

#include <span>
#include <string_view>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

// Fails the execution where a value has no such method, or for other arguments.
Value call_method(Context& context, const Value& self, std::string_view name,
                  std::span<const Value> arguments);

}  // namespace lokitail::pipeline::lang::go_template
