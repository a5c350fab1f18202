#include "agent/command/reference.h"

#include <stdexcept>

#include "agent/command/reference/completion.h"
#include "agent/command/reference/man_page.h"

namespace lokitail::agent {

std::string reference_text(std::string_view format, std::span<const CommandText> commands) {
  if (format == "man") return reference::man_page(commands);
  if (format == "bash") return reference::bash_completion(commands);
  if (format == "zsh") return reference::zsh_completion(commands);
  if (format == "fish") return reference::fish_completion(commands);
  throw std::invalid_argument("--format: expected man, bash, zsh or fish, not '" + std::string(format) + "'");
}

}  // namespace lokitail::agent
