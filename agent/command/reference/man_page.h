// The manual page lokitail(1), in the language of man(7).
//
// Threads: a pure function.
#pragma once

#include <span>
#include <string>

#include "agent/command/reference.h"

namespace lokitail::agent::reference {

std::string man_page(std::span<const CommandText> commands);

}  // namespace lokitail::agent::reference
