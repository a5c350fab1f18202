// Whether two values are deeply equal, and copies of values all the way down.
#pragma once

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

// reflect.DeepEqual: types have to be the same, too.
bool deep_equal(Context& context, const Value& left, const Value& right, int depth = 0);

// A copy that shares no map with the original.
Value deep_copy(Context& context, const Value& value, int depth = 0);

}  // namespace lokitail::pipeline::lang::go_template
