// What came of running a sample of lines through a job's pipeline.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.h"

namespace lokitail::agent::lint {

// What one stage did.
struct SampleStage {
  std::string stage;
  config::Place place;        // of its name
  std::uint64_t entries = 0;  // that came to it
  std::uint64_t passed = 0;   // that it handed on
  // What `matched` counts, as in "matched 3 of 10"; empty where the stage has nothing to match.
  std::string_view verb{};
  std::uint64_t matched = 0;
  // A few that did not match.
  std::vector<std::string> unmatched{};
  // How many entries had a value under each name that the stage sets, afterwards.
  struct Name {
    std::string name;
    config::Place place;
    std::uint64_t found = 0;
  };
  std::vector<Name> names{};
};

struct SampleResult {
  std::string file;
  std::string job;
  config::Place place;  // of the job
  std::uint64_t lines = 0;
  std::uint64_t entries = 0;  // that came out
  std::uint64_t streams = 0;
  std::vector<SampleStage> stages{};

  // Of the entries that came out; limits are Loki's defaults.
  std::map<std::string, std::uint64_t> label_values{};  // how many there are of each label
  std::uint64_t too_long = 0;
  std::uint64_t longest = 0;  // bytes
  std::uint64_t too_old = 0;
  std::uint64_t too_new = 0;
  std::uint64_t too_many_labels = 0;
  std::uint64_t no_labels = 0;
  std::uint64_t too_much_metadata = 0;
};

}  // namespace lokitail::agent::lint
