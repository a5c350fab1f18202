// Completion of commands, flags and their values in bash, zsh and fish.
//
// Threads: pure functions.
#pragma once

#include <span>
#include <string>

#include "agent/command/reference.h"

namespace lokitail::agent::reference {

std::string bash_completion(std::span<const CommandText> commands);
std::string zsh_completion(std::span<const CommandText> commands);
std::string fish_completion(std::span<const CommandText> commands);

}  // namespace lokitail::agent::reference
