// The subcommands with which users try out their pipelines: explain, test, help; and -inspect.
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <sstream>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

Finished run_binary(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), agent_binary());
  return run(arguments);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Neither clients nor files: what is tried out needs none of them.
const char* const kConfig =
    "scrape_configs:\n"
    "- job_name: app\n"
    "  static_configs: [{labels: {job: app, __path__: /nowhere}}]\n"
    "  pipeline_stages:\n"
    "  - regex: {expression: '^(?P<level>\\w+)'}\n"
    "  - labels: {level: }\n"
    "  - drop: {source: level, value: debug}\n";
const char* const kOtherJob = "- job_name: other\n  static_configs: [{}]\n";

const char* const kTests =
    "config: config.yaml\n"
    "tests:\n"
    "- name: levels become labels\n"
    "  input: [info a, warn b]\n"
    "  expect: [{labels: {job: app, level: info}}, {labels_include: {level: warn}}]\n"
    "- name: debug is dropped\n"
    "  input: [debug a]\n"
    "  dropped: true\n"
    "  dropped_by: drop_stage\n";
const char* const kFailing =
    "- name: 'fails <&> \"loudly\"'\n"
    "  input: [\"info \\e[2J\"]\n"
    "  expect: [{line: warn, labels: {}}]\n";

}  // namespace

TEST_CASE("help lists the subcommands, and knows each of them") {
  const Finished help = run_binary({"help"});
  CHECK(help.exit_code == 0);
  for (const std::string command : {"check", "demo", "explain", "health", "migrate", "tap", "test", "top"}) {
    INFO(command);
    CHECK(contains(help.out, "\n  " + command + " "));
    const Finished own = run_binary({"help", command});
    CHECK(own.exit_code == 0);
    CHECK(own.out.rfind("usage: lokitail " + command, 0) == 0);
    CHECK(run_binary({command, "--help"}).out == own.out);
    CHECK(run_binary({command, "--no-such-flag"}).exit_code == 2);
  }
}

TEST_CASE("an unknown subcommand is no start of the agent") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"explian", "-config.file=x"}, {"help", "explian"}}) {
    const Finished finished = run_binary(arguments);
    CHECK(finished.exit_code == 2);
    CHECK(finished.err ==
          "lokitail: unknown command 'explian' (did you mean \"explain\"?)\n"
          "Run lokitail help for what there is\n");
  }
  CHECK(contains(run_binary({"", "-version"}).out, "lokitail, version"));
}

TEST_CASE("explain shows a line's way through the stages") {
  TempDir directory;
  write_file(directory / "config.yaml", kConfig);
  const std::string file = directory / "config.yaml";
  const Finished finished =
      run_binary({"explain", "-config.file=" + file, "--line", "info a", "--now=2025-11-07T12:00:00Z"});
  CHECK(finished.exit_code == 0);
  CHECK(finished.err.empty());
  CHECK(finished.out == fmt::format(R"(line 1
  line       "info a"
  timestamp  2025-11-07T12:00:00Z
  labels     {{job="app"}}

  [0] regex  {0}:5:5
      + extracted level="info"
  [1] labels  {0}:6:5
      + label level="info"
  [2] drop  unchanged  {0}:7:5

=> entry
  line       "info a"
  timestamp  2025-11-07T12:00:00Z
  labels     {{job="app", level="info"}}
)",
                                    file));
  const Finished labelled =
      run_binary({"explain", "-config.file", file, "--line=debug b", "--labels=a=1,b=2", "--color=always"});
  CHECK(contains(labelled.out, "{a=\"1\", b=\"2\"}"));
  CHECK(contains(labelled.out, "\x1b[31m=> dropped by [2] drop (drop_stage)\x1b[0m"));
}

TEST_CASE("explain reads lines from a file or from standard input") {
  TempDir directory;
  write_file(directory / "stages.yaml", "- multiline: {firstline: '^\\d'}\n- cri:\n");
  write_file(directory / "lines.log", "1\n x\n2025-11-07T12:00:00Z stdout P unfinished");
  const std::string stages = directory / "stages.yaml";
  const std::string lines = directory / "lines.log";
  const Finished from_file = run_binary({"explain", "--stages", stages, "--file", lines});
  CHECK(from_file.exit_code == 0);
  CHECK(contains(from_file.out, "\nlines 1-2\n  line       \"1\\n x\"\n"));
  CHECK(contains(from_file.out, "\nline 3 is still held back by [1] cri\n"));
  const Finished from_stdin =
      run({"sh", "-c",
           fmt::format("'{}' explain --stages '{}' --format=json < '{}'", agent_binary(), stages, lines)});
  CHECK(from_stdin.exit_code == 0);
  std::istringstream documents(from_stdin.out);
  std::vector<std::string> heads;
  for (std::string document; std::getline(documents, document);) {
    heads.push_back(document.substr(0, document.find(",\"start\"")));
  }
  CHECK(heads ==
        std::vector<std::string>{R"({"lines":[1],"outcome":"held")", R"({"lines":[2],"outcome":"held")",
                                 R"({"lines":[1,2],"outcome":"out")", R"({"lines":[3],"outcome":"held")",
                                 R"({"lines":[3],"outcome":"held")"});
}

TEST_CASE("explain says what is wrong") {
  TempDir directory;
  write_file(directory / "config.yaml", std::string(kConfig) + kOtherJob);
  write_file(directory / "bad.yaml", "- jsn: {}\n");
  const std::string bad = directory / "bad.yaml";
  const std::string config = "-config.file=" + (directory / "config.yaml").string();
  const struct {
    std::vector<std::string> arguments;
    int exit_code;
    const char* why;
  } rows[] = {
      {{config, "--line=x"}, 1, "has several jobs, choose one: app, other"},
      {{config, "--job=ap", "--line=x"}, 1, "there is no job \"ap\" in "},
      {{config, "--job=app", "--file=/no/such/file"}, 1, "/no/such/file: cannot be read"},
      {{"-config.file=/no/such/file", "--line=x"}, 1, "/no/such/file does not exist"},
      {{"--stages=/no/such/file", "--line=x"}, 1, "/no/such/file: cannot be read"},
      {{"--stages", bad, "--line=x"}, 1, "bad.yaml:1:3: Unknown stage type: jsn"},
      {{"--line=x"}, 2, "either --config.file or --stages is required"},
  };
  for (const auto& row : rows) {
    std::vector<std::string> arguments = row.arguments;
    arguments.insert(arguments.begin(), "explain");
    const Finished finished = run_binary(arguments);
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code == row.exit_code);
    CHECK(contains(finished.err, "lokitail explain: "));
    CHECK(contains(finished.err, row.why));
    CHECK(finished.out.empty());
  }
}

TEST_CASE("test runs the tests of pipelines: passed, failed, broken") {
  TempDir directory;
  write_file(directory / "config.yaml", kConfig);
  write_file(directory / "good.yaml", kTests);
  write_file(directory / "failing.yaml", std::string(kTests) + kFailing);
  write_file(directory / "broken.yaml", "tests: [{nam: x}]\n");
  const std::string good = directory / "good.yaml";
  const std::string failing = directory / "failing.yaml";
  const std::string broken = directory / "broken.yaml";

  const Finished passed = run_binary({"test", good});
  CHECK(passed.exit_code == 0);
  CHECK(passed.err.empty());
  CHECK(passed.out == fmt::format("ok    {0}: levels become labels\n"
                                  "ok    {0}: debug is dropped\n"
                                  "2 tests: 2 passed\n",
                                  good));

  const Finished failed = run_binary({"test", failing, good, "--color=never"});
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.out, fmt::format("FAIL  {0}: fails <&> \"loudly\"\n"
                                         "      {0}:10:3\n"
                                         "      entry 1\n"
                                         "        line         expected \"warn\"\n"
                                         "                     actual   \"info \\x1b[2J\"\n"
                                         "        label job    expected nothing\n"
                                         "                     actual   \"app\"\n"
                                         "        label level  expected nothing\n"
                                         "                     actual   \"info\"\n",
                                         failing)));
  CHECK(contains(failed.out, "\n5 tests: 4 passed, 1 failed\n"));
  CHECK(contains(run_binary({"test", failing, "--explain"}).out, "  [1] labels  "));

  const Finished error = run_binary({"test", broken, good});
  CHECK(error.exit_code == 2);
  CHECK(
      contains(error.out, "ERROR " + broken + ":1:10: test: unknown key \"nam\" (did you mean \"name\"?)\n"));
  CHECK(contains(error.out, "\n3 tests: 2 passed, 1 error\n"));

  CHECK(run_binary({"test", failing, "--filter=^(levels|debug)"}).exit_code == 0);
  const Finished none = run_binary({"test", good, "--filter=nothing"});
  CHECK(none.exit_code == 2);
  CHECK(contains(none.err, "no test's name matches nothing"));
  CHECK(run_binary({"test", good, "--filter=("}).exit_code == 2);
  const Finished list = run_binary({"test", failing, "--list", "--filter=."});
  CHECK(list.exit_code == 0);
  CHECK(list.out == fmt::format("{0}: levels become labels\n{0}: debug is dropped\n"
                                "{0}: fails <&> \"loudly\"\n",
                                failing));
  CHECK(run_binary({"test"}).exit_code == 2);
  CHECK(run_binary({"test", "/no/such/file"}).exit_code == 2);
  CHECK(run_binary({"test", good, "--junit=/no/such/folder/x.xml"}).exit_code == 2);
}

TEST_CASE("a wrong stage of the configuration is an error of the test, not a failure") {
  TempDir directory;
  write_file(directory / "config.yaml", std::string(kConfig) + "  - jsn: {}\n");
  write_file(directory / "test.yaml", kTests);
  const Finished finished = run_binary({"test", directory / "test.yaml"});
  CHECK(finished.exit_code == 2);
  CHECK(contains(finished.out, (directory / "config.yaml").string() +
                                   ":8:5: Unknown stage type: jsn (did you mean \"json\"?)"));
}

TEST_CASE("JUnit's XML is XML, whatever the tests are called") {
  const auto python = find_program("python3");
  if (!python) return skip("no python3 to read XML");
  TempDir directory;
  write_file(directory / "config.yaml", kConfig);
  write_file(directory / "test.yaml", std::string(kTests) + kFailing);
  write_file(directory / "broken.yaml", "tests: [\n");
  const std::string xml = directory / "results.xml";
  CHECK(run_binary({"test", directory / "test.yaml", directory / "broken.yaml", "--junit", xml}).exit_code ==
        2);
  const Finished read = run({*python, "-c", R"(
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print(root.tag, root.get('tests'), root.get('failures'), root.get('errors'))
for suite in root:
    print(suite.tag, suite.get('name').rsplit('/')[-1], suite.get('tests'))
    for case in suite:
        print(case.tag, case.get('name').rsplit('/')[-1], [child.tag for child in case])
print(root.find('.//failure').text.split('\n')[2].strip())
)",
                             xml});
  CHECK(read.err.empty());
  CHECK(read.out ==
        "testsuites 4 1 1\n"
        "testsuite test.yaml 3\n"
        "testcase levels become labels []\n"
        "testcase debug is dropped []\n"
        "testcase fails <&> \"loudly\" ['failure']\n"
        "testsuite broken.yaml 1\n"
        "testcase broken.yaml ['error']\n"
        "entry 1\n");
}

TEST_CASE("with -inspect the agent prints what stages do") {
  Scene scene("",
              "pipeline_stages:\n"
              "- multiline: {firstline: '^\\d', max_wait_time: 100ms}\n"
              "- regex: {expression: '^(?P<n>\\d+)'}\n- labels: {n: }\n");
  scene.agent.arguments = {"-inspect"};
  append_file(scene.logs / "a.log", "1 one\n more\n2 two\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  scene.agent.stop();
  CHECK(scene.loki.lines() == std::vector<std::string>{"1 one\n more", "2 two"});
  const std::string log = scene.agent.log();
  INFO(log);
  CHECK(contains(log, "[inspect: multiline stage]: held back\n"));
  CHECK(contains(log, "{stages.Entry}.Entry.Entry.Line:\n\t+: 1 one\n more\n"));
  CHECK(contains(log, "[inspect: regex stage]: \n{stages.Entry}.Extracted[\"n\"]:\n\t+: 1\n"));
  CHECK(contains(log, "[inspect: labels stage]: \n{stages.Entry}.Entry.Labels:\n\t-: {"));
  // All of it is settled: origins go their way as without -inspect.
  CHECK(contains(read_file(scene.agent.positions_file()),
                 fmt::format("{}: \"18\"\n", (scene.logs / "a.log").string())));
}

// Runs what the page says a reader would run: `# file: NAME` begins a file, `$ ` a command, and
// what follows is its output.
TEST_CASE("the examples in docs/testing-pipelines.md are true") {
  TempDir directory;
  fs::create_symlink(fs::absolute(agent_binary()), directory / "lokitail");
  std::istringstream page(read_file(fs::path(LOKITAIL_DOCS) / "testing-pipelines.md"));
  std::string command, expected, file;
  bool in_console = false;
  int commands = 0;
  const auto run_command = [&] {
    if (command.empty()) return;
    const std::string script =
        fmt::format("cd '{}'; PATH=\"$PWD:$PATH\"; {{ {}; }} 2>&1", directory.path().string(), command);
    CHECK(command + "\n" + run({"sh", "-c", script}).out == command + "\n" + expected);
    ++commands;
    command.clear();
    expected.clear();
  };
  for (std::string row; std::getline(page, row);) {
    if (row.rfind("```", 0) == 0) {
      run_command();
      file.clear();
      in_console = row == "```console";
    } else if (row.rfind("# file: ", 0) == 0) {
      file = row.substr(8);
      write_file(directory / file, "");
    } else if (in_console && row.rfind("$ ", 0) == 0) {
      run_command();
      command = row.substr(2);
    } else if (in_console) {
      expected += row + "\n";
    } else if (!file.empty()) {
      append_file(directory / file, row + "\n");
    }
  }
  CHECK(commands >= 4);
}
