// Builds the tree of a template.
//
// Threads: belongs to one compilation.
// Errors:  throws std::invalid_argument, worded as Go does.
#pragma once

#include <string_view>

#include "pipeline/lang/go_template/node.h"

namespace lokitail::pipeline::lang::go_template {

// `text` outlives the tree.
Tree parse(std::string_view text);

}  // namespace lokitail::pipeline::lang::go_template
