// Walks the tree of a template and writes what it makes of the data.
#pragma once

#include <string>

#include "pipeline/lang/go_template/context.h"
#include "pipeline/lang/go_template/node.h"

namespace lokitail::pipeline::lang::go_template {

// Appends to `out`. Errors end in `context`; what has been written by then stays.
void execute(const Tree& tree, Context& context, std::string& out);

}  // namespace lokitail::pipeline::lang::go_template
