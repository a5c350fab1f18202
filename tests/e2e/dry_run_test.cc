// -dry-run: what would be sent is printed, and nothing else happens.
#include "tests/support/pipe.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <sys/ioctl.h>

#include <csignal>
#include <regex>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a dry run prints clients and entries, sends nothing and leaves positions alone") {
  Scene scene("tenant_id: t, external_labels: {dc: x}, basic_auth: {username: u, password: hush-hush}",
              "pipeline_stages:\n"
              "- regex: {expression: '^(?P<time>\\S+) (?P<text>.*)'}\n"
              "- timestamp: {source: time, format: RFC3339}\n"
              "- tenant: {value: other}\n"
              "- output: {source: text}\n");
  const std::string path = scene.logs / "a.log";
  append_file(path, "skipped\n2024-05-06T07:08:09.120Z hello\tworld\n");
  const std::string positions = fmt::format("positions:\n  {}: \"8\"\n", path);
  write_file(scene.agent.positions_file(), positions);
  Pipe pipe;
  scene.agent.arguments = {"-dry-run"};
  scene.agent.environment["TZ"] = "UTC";
  scene.agent.output = pipe.write_end();
  scene.agent.start();
  pipe.close_write_end();
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_read_lines_total") == 1; }));
  CHECK(stays([&] { return scene.loki.request_count() == 0; }, 300ms));
  scene.agent.stop();

  const std::string out = pipe.read_all();
  INFO(out);
  const std::vector<std::string> lines = lines_of(out);
  REQUIRE(lines.size() > 3);
  CHECK(lines.front() == "Clients configured:");
  CHECK(lines[1] == "----------------------");
  CHECK(out.find("url: " + scene.loki.url()) != std::string::npos);
  CHECK(out.find("hush-hush") == std::string::npos);
  CHECK(lines.back() == "2024-05-06T07:08:09.12+0000\t{__tenant_id__=\"other\", filename=\"" + path +
                            "\", job=\"app\"}\thello\tworld");
  CHECK(scene.loki.request_count() == 0);
  CHECK(read_file(scene.agent.positions_file()) == positions);
  CHECK_FALSE(fs::exists(scene.agent.positions_file().string() + ".identities"));
}

TEST_CASE("a dry run does not set a damaged positions file aside") {
  Scene scene;
  write_file(scene.agent.positions_file(), "positions: 5\n");
  scene.agent.arguments = {"-dry-run"};
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_read_lines_total") == 1; }));
  scene.agent.stop();
  CHECK(read_file(scene.agent.positions_file()) == "positions: 5\n");
  CHECK(scene.agent.log().find("damaged") != std::string::npos);
}

TEST_CASE("a dry run on standard input") {
  TempDir directory;
  write_file(directory / "in", "one\ntwo\n");
  const Finished finished = run({"/bin/sh", "-c",
                                 fmt::format("exec {} -stdin -dry-run -server.disable "
                                             "-client.url=http://127.0.0.1:1/push <{}",
                                             agent_binary(), (directory / "in").string())});
  INFO(finished.out << finished.err);
  CHECK(finished.exit_code == 0);
  const std::vector<std::string> lines = lines_of(finished.out);
  REQUIRE(lines.size() > 2);
  const std::regex entry(
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d{4}	\{hostname="[^"]+", job="stdin"\}	(one|two))");
  CHECK(std::regex_match(lines[lines.size() - 2], entry));
  CHECK(std::regex_match(lines.back(), entry));
}

TEST_CASE("a dry run ends when nobody reads what it prints") {
  Scene scene;
  Pipe pipe;
  scene.agent.arguments = {"-dry-run"};
  scene.agent.output = pipe.write_end();
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  pipe.close_write_end();
  pipe.close_read_end();
  append_file(scene.logs / "a.log", "two\n");
  CHECK(scene.agent.process().wait() == 1);
}

TEST_CASE("a dry run stops in time although its reader stands still") {
  Scene scene;
  Pipe pipe;
  scene.agent.arguments = {"-dry-run", "-shutdown.timeout=300ms"};
  scene.agent.output = pipe.write_end();
  append_file(scene.logs / "a.log", std::string(500'000, 'x') + "\n");
  scene.agent.start();
  // The pipe is full when it takes no more.
  REQUIRE(eventually([&] {
    int waiting = 0;
    return ::ioctl(pipe.read_end(), FIONREAD, &waiting) == 0 && waiting >= 60'000;
  }));
  const Stopwatch watch;
  scene.agent.process().signal(SIGTERM);
  CHECK(scene.agent.process().wait().has_value());
  CHECK(watch.elapsed() < 5s);
}
