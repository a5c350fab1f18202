// Lines from standard input: everything that is read is delivered, and then the agent ends.
#include "tests/support/pipe.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

std::string numbered(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) text += fmt::format("line {} of many\n", i);
  return text;
}

// A Loki and an agent that reads a pipe.
struct StdinScene : Scene {
  Pipe pipe;

  explicit StdinScene(const std::string& client_keys = "", const std::string& job_lines = "")
      : Scene(client_keys, job_lines) {
    agent.jobs = {job("piped", "/does/not/matter", job_lines, "env: test")};
    agent.arguments = {"-stdin"};
    agent.input = pipe.read_end();
  }

  // Writes all of it and waits for the agent's end.
  int feed(std::string_view text) {
    agent.launch();
    CHECK(pipe.write(text) == text.size());
    return end_of_input();
  }
  int end_of_input() {
    pipe.close_write_end();
    const int code = agent.process().wait(60s).value_or(-1);
    CHECK(sanitizer_report(agent.log()) == "");
    return code;
  }
};

bool says(const StdinScene& scene, std::string_view text) {
  return scene.agent.log().find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("stdin: lines as Promtail takes them") {
  StdinScene scene;
  CHECK(scene.feed("one\r\n\n\r\ntwo \n\r\r\nthree") == 0);
  CHECK(scene.loki.lines() == std::vector<std::string>{"one", "two ", "three"});
  CHECK_FALSE(fs::exists(scene.agent.positions_file()));
  CHECK(says(scene, "standard input has ended"));
}

TEST_CASE("stdin: nothing at all") {
  StdinScene scene;
  CHECK(scene.feed("") == 0);
  CHECK(scene.loki.request_count() == 0);
}

TEST_CASE("stdin: without a configuration the labels are job and hostname") {
  Loki loki;
  TempDir directory;
  Pipe pipe;
  Process process({{agent_binary(), "-stdin", "-client.url=" + loki.url(), "-server.disable"},
                   {},
                   {},
                   directory / "out",
                   directory / "err",
                   pipe.read_end()});
  pipe.write("hello\n");
  pipe.close_write_end();
  REQUIRE(process.wait() == 0);
  REQUIRE(loki.stored_count() == 1);
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  CHECK(loki.stored()[0].labels == fmt::format("{{hostname=\"{}\", job=\"stdin\"}}", host));
}

TEST_CASE("stdin: the first job's stages and labels, as they are written") {
  StdinScene scene;
  scene.agent.jobs = {
      "- job_name: first\n"
      "  static_configs:\n"
      "  - labels: {job: a, env: x}\n"
      "  - labels: {job: b, __path__: /var/log/x}\n"
      "  relabel_configs:\n"
      "  - {target_label: env, replacement: changed}\n"
      "  pipeline_stages:\n"
      "  - regex: {expression: '^(?P<level>\\w+)'}\n"
      "  - labels: {level: }\n",
      "- job_name: second\n  static_configs:\n  - labels: {job: c, __path__: /nowhere}\n"};
  CHECK(scene.feed("warn: something\n") == 0);
  REQUIRE(scene.loki.stored_count() == 1);
  CHECK(scene.loki.stored()[0].labels == "{__path__=\"/var/log/x\", env=\"x\", job=\"b\", level=\"warn\"}");
  CHECK(says(scene, "too many scrape configs, skipping 1"));
}

TEST_CASE("stdin: a job needs no targets then, and none elsewhere") {
  StdinScene scene;
  scene.agent.jobs = {"- job_name: only\n  pipeline_stages:\n  - static_labels: {a: b}\n"};
  scene.agent.arguments.clear();
  scene.agent.target_keys = "stdin: true";
  CHECK(scene.feed("x\n") == 0);
  REQUIRE(scene.loki.stored_count() == 1);
  CHECK(scene.loki.stored()[0].labels == "{a=\"b\"}");

  StdinScene other;
  other.agent.jobs = scene.agent.jobs;
  other.agent.arguments.clear();
  CHECK(other.feed("") == 1);
  CHECK(says(other, "no valid target scrape config defined for \"only\""));
}

TEST_CASE("stdin: 100,000 lines from a pipe and from a file, complete and in order") {
  const bool from_file = GENERATE(false, true);
  INFO(from_file);
  constexpr int kLines = 100'000;
  StdinScene scene;
  const std::string text = numbered(kLines);
  int file = -1;
  if (from_file) {
    write_file(scene.directory / "input", text);
    file = ::open((scene.directory / "input").c_str(), O_RDONLY | O_CLOEXEC);
    scene.agent.input = file;
    scene.agent.launch();
    CHECK(scene.end_of_input() == 0);
    ::close(file);
  } else {
    CHECK(scene.feed(text) == 0);
    CHECK(scene.pipe.read_end_blocks());
  }
  const std::vector<Arrival> stored = scene.loki.stored();
  REQUIRE(stored.size() == kLines);
  bool in_order = true;
  bool times_grow = true;
  for (int i = 0; i < kLines; ++i) {
    const auto at = static_cast<std::size_t>(i);
    in_order = in_order && stored[at].line == fmt::format("line {} of many", i);
    times_grow = times_grow && (i == 0 || stored[at].timestamp > stored[at - 1].timestamp);
  }
  CHECK(in_order);
  CHECK(times_grow);
}

TEST_CASE("stdin: equal lines keep times of their own, so that Loki keeps them all") {
  StdinScene scene;
  CHECK(scene.feed("same\nsame\nsame\n") == 0);
  const std::vector<Arrival> stored = scene.loki.stored();
  REQUIRE(stored.size() == 3);
  CHECK(stored[0].timestamp < stored[1].timestamp);
  CHECK(stored[1].timestamp < stored[2].timestamp);
}

TEST_CASE("stdin: lines come while the input is open") {
  StdinScene scene("batchwait: 20ms");
  scene.agent.start();
  for (int i = 0; i < 5; ++i) {
    scene.pipe.write(fmt::format("line {}\n", i));
    REQUIRE(scene.loki.wait_stored(static_cast<std::size_t>(i) + 1));
  }
  CHECK(scene.agent.get("/ready").status == 200);
  CHECK(scene.end_of_input() == 0);
}

TEST_CASE("stdin: lines of any length") {
  StdinScene scene;
  const std::string mega(1'000'000, 'm');
  const std::string huge(6'000'000, 'h');
  CHECK(scene.feed("short\n" + mega + "\n" + huge + "\nbehind\n" + mega) == 0);
  const std::vector<std::string> lines = scene.loki.lines();
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == "short");
  CHECK(lines[1] == mega);
  CHECK(lines[2] == huge.substr(0, 4 * 1024 * 1024));
  CHECK(lines[3] == "behind");
  CHECK(lines[4] == mega);
  CHECK(says(scene, "too long and are cut"));
}

TEST_CASE("stdin: while Loki is down reading stops, and all arrives when it is back") {
  StdinScene scene;
  scene.agent.arguments.emplace_back("-shutdown.timeout=300ms");
  scene.agent.top_level = "limits_config: {max_bytes_in_flight: 65536}\n";
  scene.loki.go_down();
  scene.agent.launch();
  std::string text;
  for (int i = 0; i < 60'000; ++i) {
    text += fmt::format("{} {:x}\n", i, static_cast<unsigned>(i) * 2654435761U);
  }
  for (int i = 0; text.size() < 4'000'000; ++i) {
    text += fmt::format("more {} {:x}{:x}\n", i, static_cast<unsigned>(i) * 2246822519U,
                        static_cast<unsigned>(i) * 3266489917U);
  }
  std::size_t written = 0;
  for (;;) {
    const std::size_t n = scene.pipe.write(std::string_view(text).substr(written), 2s);
    written += n;
    if (n == 0) break;
  }
  INFO(written);
  CHECK(written < text.size() / 2 + text.size() / 4);
  scene.loki.come_back();
  CHECK(scene.pipe.write(std::string_view(text).substr(written)) == text.size() - written);
  CHECK(scene.end_of_input() == 0);
  std::string arrived;
  for (const std::string& line : scene.loki.lines()) arrived += line + "\n";
  CHECK(arrived == text);
}

TEST_CASE("stdin: after the end of the input it waits for Loki, however long that takes") {
  StdinScene scene;
  scene.agent.arguments.emplace_back("-shutdown.timeout=100ms");
  scene.loki.go_down();
  scene.agent.launch();
  scene.pipe.write("patience\n");
  scene.pipe.close_write_end();
  REQUIRE(eventually([&] { return says(scene, "standard input has ended"); }));
  CHECK(stays([&] { return scene.agent.running(); }, 1s));
  scene.loki.come_back();
  CHECK(scene.agent.process().wait() == 0);
  CHECK(scene.loki.lines() == std::vector<std::string>{"patience"});
}

TEST_CASE("stdin: SIGTERM while it waits for Loki ends it, and the status says that lines are lost") {
  StdinScene scene;
  scene.agent.arguments.emplace_back("-shutdown.timeout=300ms");
  scene.loki.go_down();
  scene.agent.launch();
  scene.pipe.write("lost\n");
  scene.pipe.close_write_end();
  REQUIRE(eventually([&] { return says(scene, "standard input has ended"); }));
  const Stopwatch watch;
  scene.agent.process().signal(SIGTERM);
  CHECK(scene.agent.process().wait() == 1);
  CHECK(watch.elapsed() < 5s);
  CHECK(says(scene, "they are lost"));
}

TEST_CASE("stdin: SIGTERM while it waits for input sends what was read, the unfinished line too") {
  StdinScene scene("batchwait: 1h");
  scene.agent.start();
  scene.pipe.write("whole\nunfinished");
  REQUIRE(eventually([&] { return scene.agent.get("/ready").status == 200; }));
  // What is in the pipe has been read when it is empty again.
  REQUIRE(eventually([&] {
    int waiting = -1;
    return ::ioctl(scene.pipe.read_end(), FIONREAD, &waiting) == 0 && waiting == 0;
  }));
  scene.agent.process().signal(SIGTERM);
  CHECK(scene.agent.process().wait() == 0);
  CHECK(scene.loki.lines() == std::vector<std::string>{"whole", "unfinished"});
}

TEST_CASE("stdin: multiline blocks are complete at the end") {
  StdinScene scene("", "pipeline_stages:\n- multiline: {firstline: '^\\d', max_wait_time: 1h}\n");
  CHECK(scene.feed("1 first\n  more\n2 second\n  more") == 0);
  CHECK(scene.loki.lines() == std::vector<std::string>{"1 first\n  more", "2 second\n  more"});
}

TEST_CASE("stdin: a terminal") {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const int input = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(input >= 0);
  StdinScene scene("batchwait: 20ms");
  scene.agent.input = input;
  scene.agent.start();
  REQUIRE(::write(terminal, "typed\n", 6) == 6);
  REQUIRE(scene.loki.wait_stored(1));
  CHECK((::fcntl(input, F_GETFL) & O_NONBLOCK) == 0);
  const char end_of_file = 4;  // ^D
  REQUIRE(::write(terminal, &end_of_file, 1) == 1);
  CHECK(scene.agent.process().wait() == 0);
  CHECK(scene.loki.lines() == std::vector<std::string>{"typed"});
  ::close(input);
  ::close(terminal);
}

TEST_CASE("stdin: an input that is closed, or cannot be read") {
  Loki loki;
  const auto [redirection, code] = GENERATE(table<const char*, int>({{"<&-", 0}, {"</", 1}}));
  INFO(redirection);
  const Finished finished = run({"/bin/sh", "-c",
                                 fmt::format("exec {} -stdin -server.disable -client.url={} {}",
                                             agent_binary(), loki.url(), redirection)});
  INFO(finished.err);
  CHECK(finished.exit_code == code);
}
