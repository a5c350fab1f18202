// The arguments of `lokitail check`.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "config/flags.h"

namespace lokitail::agent::check {

enum class Format { kText, kJson };

struct Options {
  config::Options agent;  // the agent's own flags, with the file to check
  std::string sample;     // a log file
  std::string job;        // whose lines these are
  Format format = Format::kText;
  bool strict = false;
  bool looks_at_files = true;
  std::set<std::string> ignored;  // ids of lints
  bool list = false;
  bool help = false;
};

extern const std::string_view kUsage;

// Throws std::exception, whose text is for the user.
Options parse_options(std::span<const char* const> arguments);

}  // namespace lokitail::agent::check
