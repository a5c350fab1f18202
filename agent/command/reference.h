// What `lokitail help --format=…` prints, for packages: the manual page, and the completion of
// commands and flags in shells. All of it is made of the table of flags and of the texts that
// --help shows, so none can be forgotten.
//
// Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lokitail::agent {

struct CommandText {
  std::string_view name;
  std::string_view summary;  // on one line
  std::string_view usage;    // what its --help shows
};

// `format` is man, bash, zsh or fish; std::invalid_argument for another.
std::string reference_text(std::string_view format, std::span<const CommandText> commands);

}  // namespace lokitail::agent
