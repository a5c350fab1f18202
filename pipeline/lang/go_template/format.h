// Go's fmt package for the values of templates.
//
// Errors: as Go, mistakes in a format are told in the text: %!d(string=x).
#pragma once

#include <span>
#include <string_view>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

// %v
void append_value(Text& out, const Value& value);

// fmt.Sprintf, Sprint and Sprintln.
void append_formatted(Text& out, std::string_view format, std::span<const Value> arguments);
void append_printed(Text& out, std::span<const Value> arguments);
void append_printed_line(Text& out, std::span<const Value> arguments);

// %v as a value: a string is itself.
std::string_view to_text(Context& context, const Value& value);

}  // namespace lokitail::pipeline::lang::go_template
