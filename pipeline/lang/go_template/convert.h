// Sprig's generous conversions: what is no number is 0.
//
// Source: github.com/spf13/cast, and Sprig's strval.
#pragma once

#include <cstdint>
#include <string_view>

#include "pipeline/lang/go_template/value.h"

namespace lokitail::pipeline::lang::go_template {

std::int64_t to_integer(const Value& value);
double to_number(const Value& value);

}  // namespace lokitail::pipeline::lang::go_template
