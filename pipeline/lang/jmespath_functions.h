// The functions of JMESPath.
//
// Threads: as the interpreter. Errors: in the result: an unknown name, a wrong number or type of
//          arguments, or what the function itself cannot do.
// Source:  go-jmespath 0.4.0, functions.go.
#pragma once

#include <span>
#include <string_view>

#include "pipeline/lang/jmespath_interpreter.h"
#include "pipeline/lang/json_value.h"

namespace lokitail::pipeline::lang::jmespath {

Result call_function(std::string_view name, std::span<const JsonValue> arguments, Interpreter& interpreter);

}  // namespace lokitail::pipeline::lang::jmespath
