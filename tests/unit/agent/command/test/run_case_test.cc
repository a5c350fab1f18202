#include "agent/command/test/run_case.h"

#include <catch2/catch.hpp>

#include "agent/command/test/report.h"
#include "tests/unit/agent/command/test/files.h"

namespace lokitail::agent::testing {
namespace {

// The first test of a file, whose lines these are, and what is said of it: empty if it passes.
std::string failure(const std::string& test) {
  Folder folder;
  config::Warnings warnings;
  const auto tests = read_test_file(folder.write("t.yaml", "tests:\n- name: n\n" + test), {}, warnings);
  const CaseReport report{"n", {"t.yaml", 2, 3}, run_case(tests.front(), warnings)};
  std::string text = failure_text(report, Painter(false));
  const std::string path = folder / "";
  for (std::size_t at = 0; (at = text.find(path)) != text.npos;) text.erase(at, path.size());
  return text;
}

const std::string kLevels =
    "  stages: [{regex: {expression: '^(?P<level>\\w+)'}}, {labels: {level: }}, "
    "{drop: {source: level, value: debug}}]\n";

TEST_CASE("tests that pass") {
  const std::string test = GENERATE(
      as<std::string>(), kLevels + "  input: [info a, warn b]\n  expect: [{labels: {level: info}}, warn b]\n",
      kLevels + "  input: [debug a]\n  expect: []\n", kLevels + "  input: [debug a]\n  dropped: true\n",
      kLevels + "  input: [debug a]\n  dropped: true\n  dropped_by: drop\n",
      kLevels + "  input: [debug a]\n  dropped: true\n  dropped_by: drop_stage\n",
      kLevels + "  input: [debug a, x]\n  expect: [x]\n  dropped_by: 'pipeline_stages[2]'\n",
      kLevels + "  input: [debug a]\n  dropped: true\n  dropped_by: {regex: '^dr'}\n",
      kLevels + "  input: []\n  expect: []\n",
      // Time stands still but for `after`, and is told.
      "  stages: []\n  now: 2020-02-29T00:00:00Z\n  input: [a, {line: b, after: 1s}]\n"
      "  expect: [{timestamp: '2020-02-29T00:00:00Z'}, {timestamp: '2020-02-29T00:00:01Z'}]\n",
      "  stages: [{limit: {rate: 1, burst: 1, drop: true}}]\n"
      "  input: [a, b, {line: c, after: 1s}]\n  expect: [a, c]\n  dropped_by: "
      "ratelimit_drop_stage\n",
      // What is kept back goes at the end, or when its time has come.
      "  stages: [{multiline: {firstline: '^\\d'}}]\n  input: |\n    1\n     x\n    2\n"
      "  expect: [\"1\\n x\", '2']\n",
      "  stages: [{multiline: {firstline: '^\\d', max_wait_time: 5s}}]\n"
      "  input: ['1', {line: ' x', after: 4s}, {line: ' y', after: 5s}]\n"
      "  expect: [\"1\\n x\", ' y']\n",
      "  stages: [{cri: }]\n  input: ['2025-11-07T12:00:00Z stdout P a']\n  expect: []\n");
  INFO(test);
  CHECK(failure(test).empty());
}

TEST_CASE("an entry that differs") {
  CHECK(failure(kLevels +
                "  input: [info a]\n  expect:\n  - {line: {regex: b}, labels: {level: warn, x: y}}\n") ==
        R"(      t.yaml:2:3
      entry 1
        line         expected /b/
                     actual   "info a"
        label level  expected "warn"
                     actual   "info"
        label x      expected "y"
                     actual   nothing
)");
}

TEST_CASE("a missing entry leaves the others in their places") {
  CHECK(failure(kLevels + "  input: [info a, debug b, warn c]\n  expect: [info a, debug b, warn c]\n") ==
        "      t.yaml:2:3\n"
        "      entry 2 is missing\n"
        "        line  \"debug b\"\n"
        "      line 2: dropped by [2] drop (drop_stage)  " +
            std::string("t.yaml:3:76\n"));
}

TEST_CASE("an entry too many") {
  CHECK(failure("  stages: []\n  input: [a, b, c]\n  expect: [a, c]\n") == R"(      t.yaml:2:3
      entry 2 was not expected
        line    "b"
        labels  {}
)");
}

TEST_CASE("entries that differ are compared with those at their place") {
  CHECK(failure("  stages: []\n  input: [x, a, b, y]\n  expect: [a, c, z, w]\n") ==
        R"(      t.yaml:2:3
      entry 1 was not expected
        line    "x"
        labels  {}
      entry 3, expected as entry 2
        line  expected "c"
              actual   "b"
      entry 4, expected as entry 3
        line  expected "z"
              actual   "y"
      entry 4 is missing
        line  "w"
)");
}

TEST_CASE("lines that something else drops, or nothing") {
  CHECK(failure(kLevels + "  input: [debug a]\n  dropped: true\n  dropped_by: match\n") ==
        R"(      t.yaml:2:3
      dropped_by
        line 1  expected dropped by "match"
                actual   dropped by [2] drop (drop_stage)
      line 1: dropped by [2] drop (drop_stage)  t.yaml:3:76
)");
  CHECK(failure(kLevels + "  input: [info a]\n  dropped: true\n  dropped_by: drop\n") ==
        R"(      t.yaml:2:3
      entry 1 was not expected
        line    "info a"
        labels  {level="info"}
      dropped_by
        lines  expected dropped by "drop"
               actual   nothing
)");
}

TEST_CASE("a line that stays kept back is told") {
  CHECK(failure("  stages: [{cri: }]\n  input: ['2025-11-07T12:00:00Z stdout P a']\n  expect: [a]\n") ==
        R"(      t.yaml:2:3
      entry 1 is missing
        line  "a"
      line 1: to the end held back by [0] cri  t.yaml:3:13
)");
}

TEST_CASE("many entries are compared one by one") {
  std::string input = "  stages: []\n  input:\n";
  std::string expect = "  expect:\n";
  for (int i = 0; i < 600; ++i) {
    input += "  - " + std::to_string(i) + "\n";
    expect += "  - " + std::to_string(i == 300 ? 0 : i) + "\n";
  }
  CHECK(failure(input + expect) ==
        "      t.yaml:2:3\n      entry 301\n        line  expected \"0\"\n              actual   "
        "\"300\"\n");
}

TEST_CASE("stages that cannot be are an error of their place") {
  Folder folder;
  config::Warnings warnings;
  const auto tests = read_test_file(
      folder.write("t.yaml", "tests:\n- {name: n, stages: [{jsn: }], input: [], expect: []}\n"), {},
      warnings);
  CHECK_THROWS_WITH(
      run_case(tests.front(), warnings),
      Catch::Matchers::EndsWith("t.yaml:2:23: Unknown stage type: jsn (did you mean \"json\"?)"));
}

}  // namespace
}  // namespace lokitail::agent::testing
