// Base64, as Go's base64.StdEncoding has it.
//
// Threads: pure functions. Ownership: results live in the context's memory.
// Errors:  an empty result for what is no base64; too much of it fails the context.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

Value encode_base64(Context& context, std::string_view bytes);
std::optional<std::string_view> decode_base64(Context& context, std::string_view text);

}  // namespace lokitail::pipeline::lang::go_template
