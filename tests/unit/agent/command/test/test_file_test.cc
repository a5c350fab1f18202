#include "agent/command/test/test_file.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/command/test/files.h"

namespace lokitail::agent::testing {
namespace {

std::vector<TestCase> read(const Folder& folder, const std::string& text,
                           const config::Options& options = {}) {
  folder.write("config.yaml", kConfig);
  config::Warnings warnings;
  return read_test_file(folder.write("test.yaml", text), options, warnings);
}

// One test of stages, of which `lines` are the rest.
std::string one_test(const std::string& lines) { return "tests:\n- name: a\n  stages: []\n" + lines; }

TEST_CASE("a test file is read") {
  Folder folder;
  folder.write("lines.log", "one\n\ntwo\r");
  const auto tests = read(folder, R"(
config: config.yaml
tests:
- name: by job
  job: app
  input: [plain, 5, 'true', '', {line: later, after: 1m30s}]
  expect:
  - only a line
  - {}
- name: with labels
  job: app
  labels: {a: 1}
  now: 2025-11-07T13:00:00.5+01:00
  input: |
    first
      second

    last
  dropped: true
  dropped_by: drop_stage
- name: by stages
  stages: [{labels: {level: }}]
  input_file: lines.log
  expect: []
)");
  REQUIRE(tests.size() == 3);
  CHECK(tests[0].name == "by job");
  CHECK(config::to_string(tests[0].place) == folder / "test.yaml" + ":4:3");
  CHECK(tests[0].pipeline.stages.items().size() == 2);
  CHECK(tests[0].pipeline.labels == config::LabelMap{{"job", "app"}});
  CHECK(pipeline::timestamp_text(tests[0].now) == "2025-01-01T00:00:00Z");
  REQUIRE(tests[0].input.size() == 5);
  CHECK(tests[0].input[1].text == "5");
  CHECK(tests[0].input[3].text.empty());
  CHECK(tests[0].input[4].text == "later");
  CHECK(tests[0].input[4].after == 90'000'000'000);
  REQUIRE(tests[0].expected.size() == 2);
  CHECK(tests[0].expected[0].line->matches("only a line"));
  CHECK_FALSE(tests[0].expected[1].line);
  CHECK_FALSE(tests[0].dropped_by);
  CHECK(tests[1].pipeline.labels == config::LabelMap{{"a", "1"}});
  CHECK(pipeline::timestamp_text(tests[1].now) == "2025-11-07T12:00:00.5Z");
  REQUIRE(tests[1].input.size() == 4);
  CHECK(tests[1].input[1].text == "  second");
  CHECK(tests[1].input[2].text.empty());
  CHECK(tests[1].expected.empty());
  CHECK(tests[1].dropped_by->matches("drop_stage"));
  REQUIRE(tests[2].input.size() == 3);
  CHECK(tests[2].input[1].text.empty());
  CHECK(tests[2].input[2].text == "two\r");  // as the agent reads it
  CHECK(tests[2].pipeline.labels.empty());
}

TEST_CASE("what a test leaves out is what there is only one of") {
  Folder folder;
  folder.write("single.yaml",
               "scrape_configs: [{job_name: only, static_configs: [{labels: {x: y, "
               "__path__: /p}}]}]\n");
  const std::string tests = "tests: [{name: a, input: [], expect: []}]\n";
  CHECK(read(folder, "config: single.yaml\n" + tests)[0].pipeline.labels == config::LabelMap{{"x", "y"}});
  config::Options options;
  options.config_file = folder / "single.yaml";
  CHECK(read(folder, "config: not-there.yaml\n" + tests, options)[0].pipeline.stages.is_null());
}

TEST_CASE("variables of the environment, where they are wanted") {
  Folder folder;
  folder.write("env.yaml",
               "scrape_configs: [{job_name: '${LOKITAIL_NO_SUCH:-app}', "
               "static_configs: [{}]}]\n");
  const std::string text = "config: env.yaml\ntests: [{name: a, job: app, input: [], expect: []}]\n";
  config::Options options;
  CHECK_THROWS_AS(read(folder, text, options), config::Error);
  options.expand_env = true;
  CHECK(read(folder, text, options).size() == 1);
}

TEST_CASE("a wrong test file is refused, with the place") {
  const std::string job = "config: config.yaml\ntests:\n- name: a\n  input: []\n  expect: []\n";
  const auto [text, why] = GENERATE_COPY(table<std::string, std::string>({
      {"", ": there are no tests in this file"},
      {"test: []", ":1:1: test file: unknown key \"test\" (did you mean \"tests\"?)"},
      {"tests: {}", ":1:8: tests: expected a list of tests, found a mapping"},
      {"tests: []", ":1:8: tests: expected a list of tests, found an empty one"},
      {"tests: [{}]", ":1:9: test: \"name\" is required"},
      {"tests: [{name: ''}]", ":1:16: name must not be empty"},
      {"tests: [{name: \"a\\nb\"}]", ":1:16: name must be one line"},
      {"confg: x\n" + one_test(""), ":1:1: test file: unknown key \"confg\" (did you mean \"config\"?)"},
      {"config: none.yaml\n" + one_test(""), ":1:9: "},
      {"tests:\n- {name: a, input: [], expect: []}\n", ":2:3: there are no stages to test"},
      {one_test("  inputs: []\n  expect: []\n"),
       ":4:3: test: unknown key \"inputs\" (did you mean \"input\"?)"},
      {one_test("  input: []\n  input_file: x\n"), ":2:3: input and input_file exclude each other"},
      {one_test("  input: {}\n"), ":4:10: input: expected a list of lines, found a mapping"},
      {one_test("  expect: []\n"), ":2:3: either input or input_file is required"},
      {one_test("  input: [{after: 5s}]\n"), ":4:11: input line: \"line\" is required"},
      {one_test("  input: []\n  expect: [{line: {}}]\n"), ":5:19: expected value: \"regex\" is required"},
      {one_test("  input:\n  - a\n  -\n  expect: []\n"), ":5:3: input: item 2 is empty; an empty line is ''"},
      {one_test("  input: [{lin: a}]\n"), ":4:12: input line: unknown key \"lin\" (did you mean \"line\"?)"},
      {one_test("  input: [{line: a, after: 5}]\n"), ":4:28: expected a duration"},
      {one_test("  input: [{line: a, after: -5s}]\n"), ":4:28: after: time does not go back"},
      {one_test("  input: [[a]]\n"), ":4:11: expected a string"},
      {one_test("  input_file: none.log\n"), "none.log is no file"},
      {one_test("  input: []\n  expects: []\n"),
       ":5:3: test: unknown key \"expects\" (did you mean \"expect\"?)"},
      {one_test("  input: []\n"), ":2:3: either expect or dropped: true is required"},
      {one_test("  input: []\n  dropped: false\n"), ":5:12: either expect or dropped: true is required"},
      {one_test("  input: []\n  dropped: true\n  expect: [a]\n"),
       ":5:12: dropped: true and entries in expect"},
      {one_test("  input: []\n  expect: a\n"), ":5:11: expect: expected a list of entries"},
      {one_test("  input: []\n  expect: [[a]]\n"), ":5:12: expected an entry"},
      {one_test("  input: []\n  expect: [{label: {}}]\n"),
       ":5:13: expected entry: unknown key \"label\" (did you mean \"labels\"?)"},
      {one_test("  input: []\n  expect: [{labels: [a]}]\n"), ":5:21: labels: expected a mapping"},
      {one_test("  input: []\n  expect: [{labels: {a: }}]\n"),
       ":5:25: expected a text or {regex: ...}, found null"},
      {one_test("  input: []\n  expect: [{labels: {}, labels_include: {}}]\n"),
       ":5:12: labels and labels_include exclude each other"},
      {one_test("  input: []\n  expect: [{line: {regexp: a}}]\n"),
       ":5:20: expected value: unknown key \"regexp\" (did you mean \"regex\"?)"},
      {one_test("  input: []\n  expect: [{line: {regex: '('}}]\n"),
       ":5:27: could not compile regular expression"},
      {one_test("  input: []\n  expect: [{timestamp: noon}]\n"), ":5:24: expected a time such as"},
      {one_test("  input: []\n  now: noon\n  expect: []\n"), ":5:8: now: expected a time such as"},
      {one_test("  job: app\n  input: []\n"), ":4:8: job and stages exclude each other"},
      {one_test("  input: []\n  expect: []\n- name: a\n  stages: []\n  input: []\n  expect: []\n"),
       ":6:9: the name \"a\" is already used at "},
      {job, ":3:3: "},
      {job, "config.yaml has several jobs, choose one: app, other"},
      {job + "  job: ap\n", ":6:8: there is no job \"ap\" in "},
      {job + "  job: ap\n", "(did you mean \"app\"?); its jobs: app, other"},
      {"tests: [", "this is not valid YAML"},
  }));
  INFO(text);
  Folder folder;
  std::string message = "nothing";
  try {
    read(folder, text);
  } catch (const config::Error& error) {
    message = error.what();
  }
  CHECK(message.find(folder / "test.yaml") == 0);
  CHECK_THAT(message, Catch::Matchers::Contains(why));
}

}  // namespace
}  // namespace lokitail::agent::testing
