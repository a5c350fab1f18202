// The arguments of `lokitail explain`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/flags.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent::explain {

struct Options {
  config::Options config;   // the file, and how to read it
  std::string stages_file;  // instead of a job of the configuration
  std::string job;
  std::vector<std::string> lines;
  std::string file;                        // of lines; empty: standard input, where there are no lines
  std::optional<config::LabelMap> labels;  // instead of the job's own
  std::optional<pipeline::Timestamp> now;  // when the lines are read; otherwise by the clock
  bool json = false;
  bool colours = false;
  bool help = false;
};

extern const std::string_view kUsage;

// Throws std::invalid_argument or config::FlagError, whose text is for the user.
Options parse_options(std::span<const char* const> all);

}  // namespace lokitail::agent::explain
