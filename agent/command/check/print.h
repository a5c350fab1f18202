// What `lokitail check` prints.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <string>

#include "agent/command/check/inspection.h"

namespace lokitail::agent::check {

std::string as_text(const Inspection& inspection, bool colored);
// One object; its keys are told in docs/checking.md.
std::string as_json(const Inspection& inspection);
// All lints there are.
std::string lint_list();

}  // namespace lokitail::agent::check
