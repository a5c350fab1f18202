// A file of `lokitail test`: tests of pipelines, as YAML.
//
//   config: promtail.yaml      # relative to this file; not needed where all tests have stages
//   tests:
//     - name: levels become labels
//       job: app               # whose stages; needed where the configuration has several jobs
//       stages: [...]          # or these
//       labels: {job: app}     # what entries begin with; otherwise the labels of the job's first
//                              # static target
//       now: 2025-01-01T00:00:00Z   # when lines are read, and what the time is for the stages
//       input:                 # or input_file: a path relative to this file
//         - a line
//         - {after: 5s, line: another}  # when time has gone by
//       expect:                # in order; see expectation.h
//         - {line: a line, labels: {job: app, level: info}}
//       dropped: true          # or this: nothing comes out
//       dropped_by: drop       # what drops lines: a stage, its path or the reason; at least one
//       line
//
// Threads: plain values. Errors: config::Error, at the place of what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/command/job.h"
#include "agent/command/test/expectation.h"
#include "config/flags.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent::testing {

struct InputLine {
  std::string text;
  std::int64_t after = 0;  // nanoseconds that go by before it is read
};

struct TestCase {
  std::string name;
  config::Place place;
  PipelineSource pipeline;
  pipeline::Timestamp now;
  std::vector<InputLine> input;
  std::vector<ExpectedEntry> expected;
  std::optional<Pattern> dropped_by;
};

// `options` say how to read configurations; config_file, where it is given, is read instead of the
// one that the file names.
std::vector<TestCase> read_test_file(const std::string& path, const config::Options& options,
                                     config::Warnings& warnings);

}  // namespace lokitail::agent::testing
