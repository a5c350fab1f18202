// `lokitail check` as the user runs it.
#include "tests/support/scene.h"

#include <fmt/format.h>

using namespace lokitail::test;

namespace {

Finished check(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {agent_binary(), "check"});
  return run(arguments);
}

bool says(const Finished& finished, std::string_view text) {
  return finished.out.find(text) != std::string::npos;
}

struct Checked {
  TempDir directory;
  std::string file = directory / "promtail.yaml";

  explicit Checked(const std::string& jobs) {
    write_file(file, fmt::format("positions: {{filename: '{}'}}\n"
                                 "clients: [{{url: 'http://loki:3100/loki/api/v1/push'}}]\n"
                                 "scrape_configs:\n{}",
                                 (directory / "positions.yaml").string(), jobs));
  }
};

std::string a_job(const std::string& name, const std::string& path, const std::string& stages) {
  return fmt::format(
      "- job_name: {0}\n  static_configs:\n  - labels: {{job: {0}, __path__: '{1}'}}\n"
      "  pipeline_stages:\n{2}",
      name, path, stages);
}

}  // namespace

TEST_CASE("check: a clean configuration") {
  Checked checked("");
  const Finished finished = check({checked.file});
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == checked.file + ": nothing to complain about\n");
  CHECK(finished.err.empty());
  CHECK(check({checked.file, "--strict"}).exit_code == 0);
}

TEST_CASE("check: all errors at once, of stages too, and those of lints in jobs without") {
  Checked checked(a_job("one", "/l/1.log",
                        "  - jsn: {}\n"
                        "  - regex: {expression: '('}\n"
                        "  - match:\n"
                        "      selector: '{a='\n"
                        "      stages:\n"
                        "      - timestamp: {}\n"
                        "      - labels: {a-b: }\n") +
                  a_job("two", "/l/2.log", "  - labels: {level: }\n"));
  const Finished finished = check({checked.file, "--no-filesystem"});
  INFO(finished.out);
  CHECK(finished.exit_code == 1);
  for (const char* text :
       {":8:5: error: Unknown stage type: jsn (did you mean \"json\"?)", ":9:25: error: could not compile",
        ":11:17: error: invalid selector syntax", ":13:20: error: timestamp stage: \"source\" is required",
        ":14:18: error: invalid label name: a-b", ":19:14: warning: labels reads \"level\"",
        "[source-never-set]", "5 errors, 1 warning, 0 notes"}) {
    INFO(text);
    CHECK(says(finished, text));
  }
}

TEST_CASE("check: what is no configuration at all") {
  TempDir directory;
  write_file(directory / "bad.yaml", "server: {a: 1\nclients: [\n");
  CHECK(check({directory / "bad.yaml"}).exit_code == 1);
  CHECK(says(check({directory / "bad.yaml"}), "not valid YAML"));
  const Finished missing = check({directory / "none.yaml"});
  CHECK(missing.exit_code == 1);
  CHECK(says(missing, "does not exist"));
  CHECK(check({}).exit_code == 2);
  CHECK(check({"--help"}).exit_code == 0);
  CHECK(says(check({"--list"}), "high-cardinality-label (warning)"));
}

TEST_CASE("check: warnings, --strict, --ignore and comments") {
  Checked checked(a_job("one", "/l/1.log", "  - labels: {level: }\n"));
  CHECK(check({checked.file, "--no-filesystem"}).exit_code == 0);
  CHECK(check({checked.file, "--no-filesystem", "--strict"}).exit_code == 1);
  CHECK(check({checked.file, "--no-filesystem", "--strict", "--ignore", "source-never-set"}).exit_code == 0);
  write_file(checked.file, read_file(checked.file) +
                               "  # lokitail:ignore value-never-used\n"
                               "  - regex: {expression: '(?P<a>x)'}\n");
  const Finished finished = check({checked.file, "--no-filesystem", "--format=json"});
  CHECK(says(finished, "\"errors\":0,\"warnings\":1,\"notes\":0"));
}

TEST_CASE("check: files of this machine") {
  Checked checked(a_job("one", "/does/not/exist/*.log", "  - docker: {}\n"));
  CHECK(says(check({checked.file}), "[path-matches-nothing]"));
  CHECK_FALSE(says(check({checked.file, "--no-filesystem"}), "[path-matches-nothing]"));
}

TEST_CASE("check: a sample goes through the real stages of the job it belongs to") {
  TempDir logs;
  const std::string one = logs / "one.log";
  write_file(one, "level=info a=1\nlevel=warn a=2\nlevel=warn a=3\n");
  Checked checked(a_job("other", "/nowhere/*.log", "  - cri: {}\n") +
                  a_job("one", logs / "*.log",
                        "  - logfmt: {mapping: {level: , b: }}\n"
                        "  - labels: {level: }\n"
                        "  - regex: {expression: 'x=(?P<x>\\d)'}\n"
                        "  - structured_metadata: {b: , x: }\n"));
  const Finished finished = check({checked.file, "--sample", one});
  INFO(finished.out << finished.err);
  CHECK(finished.exit_code == 0);
  CHECK(says(finished, one + " in job one: 3 lines, 3 entries out, 2 streams"));
  CHECK(says(finished, "logfmt               read 3 of 3"));
  CHECK(says(finished, "matched none of 3 texts of the sample, such as `level=info a=1`"));
  CHECK(says(finished, "[regex-never-matches]"));
  CHECK(says(finished, "logfmt found \"b\" in none of 3 entries of the sample"));

  CHECK(says(check({checked.file, "--sample", one, "--job=other"}),
             "none of 3 lines of the sample is in the CRI"));
  const Finished wrong = check({checked.file, "--sample", one, "--job=none"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err.find("there is no job 'none', only other, one") != std::string::npos);
  CHECK(check({checked.file, "--sample", "/etc/hostname"}).exit_code == 2);
  CHECK(check({checked.file, "--sample", logs / "none.log"}).exit_code == 2);
}

TEST_CASE("check: the environment, and flags of the agent") {
  TempDir directory;
  const std::string file = directory / "p.yaml";
  write_file(file, "clients: [{url: 'http://loki/', bearer_token: '${LT_TOKEN}', batchsize: ${LT_SIZE}}]\n");
  const Finished unexpanded = check({file, "--no-filesystem"});
  CHECK(unexpanded.exit_code == 1);
  CHECK(says(unexpanded, "config.expand-env"));
  const Finished expanded = run({agent_binary(), "check", file, "--no-filesystem", "--config.expand-env"},
                                {{"LT_TOKEN", "hush"}, {"LT_SIZE", "9000000"}});
  INFO(expanded.out);
  CHECK(expanded.exit_code == 0);
  CHECK(says(expanded, "[batch-size]"));
  CHECK_FALSE(says(expanded, "[inline-credentials]"));
  CHECK_FALSE(says(expanded, "hush"));
  write_file(file, "positions: {}\n");
  CHECK(check({file, "--no-filesystem"}).exit_code == 1);
  CHECK(check({file, "--no-filesystem", "-client.url=http://loki/push"}).exit_code == 0);
}

TEST_CASE("check: the selectors and relabel rules of clients") {
  const TempDir directory;
  const std::string file = directory / "promtail.yaml";
  write_file(file,
             "clients:\n- {url: 'http://a/push', match: '{job=', name: a}\n"
             "- {url: 'http://b/push', relabel_configs: [{regex: '(', action: labeldrop}]}\n"
             "scrape_configs: []\n");
  const Finished finished = check({file});
  INFO(finished.out);
  CHECK(finished.exit_code == 1);
  CHECK(says(finished, ":2:33: error: the client's match: parse error"));
  CHECK(says(finished, ":3:"));
  CHECK(says(finished, "2 errors"));
  const Finished syntax = run({agent_binary(), "-check-syntax", "-config.file=" + file});
  CHECK(syntax.exit_code == 1);
  CHECK(says(syntax, ":2:33: the client's match: parse error"));
}
