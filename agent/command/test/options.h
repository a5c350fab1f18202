// The arguments of `lokitail test`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/flags.h"

namespace lokitail::agent::testing {

struct Options {
  std::vector<std::string> files;
  config::Options config;  // how to read configurations; the file, where it is given, for all tests
  std::string filter;      // a regular expression; empty: all tests
  std::string junit_file;  // empty: none
  bool list = false;
  bool explain = false;
  bool colours = false;
  bool help = false;
};

extern const std::string_view kUsage;

// Throws std::invalid_argument, whose text is for the user.
Options parse_options(std::span<const char* const> all);

}  // namespace lokitail::agent::testing
