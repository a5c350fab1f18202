// Lines that Docker and the container runtimes of Kubernetes write in pieces: they arrive whole,
// also where the agent is restarted or the log is rotated between two pieces.
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

// Longer than a stage waits for the end of a line where nothing speaks for one.
constexpr std::chrono::seconds kLong{12};

using Lines = std::vector<std::string>;

// How one container runtime writes.
struct Runtime {
  std::string stage;
  std::string begin;  // in front of the text of a piece that is not the last
  std::string last;   // in front of the text of the last
  std::string after_begin;
  std::string after_last;
  std::string ending;  // of a line as it arrives

  std::string piece(const std::string& text) const { return begin + text + after_begin; }
  std::string end(const std::string& text) const { return last + text + after_last; }
  std::string job_lines(const std::string& before = "") const {
    return "pipeline_stages:\n" + before + stage;
  }
  // What was stored, without line endings.
  Lines stored(const Loki& loki) const {
    Lines lines = loki.lines();
    for (std::string& line : lines) {
      if (line.ends_with(ending)) line.resize(line.size() - ending.size());
    }
    return lines;
  }
};

const Runtime kDocker{"- docker: {join_partial_lines: true}\n",
                      R"({"log":")",
                      R"({"log":")",
                      R"(","stream":"stdout","time":"2026-01-02T03:04:05.000000006Z"})"
                      "\n",
                      R"(\n","stream":"stdout","time":"2026-01-02T03:04:05.000000006Z"})"
                      "\n",
                      "\n"};
const Runtime kCri{"- cri: {}\n",
                   "2026-01-02T03:04:05.000000006Z stdout P ",
                   "2026-01-02T03:04:05.000000006Z stdout F ",
                   "\n",
                   "\n",
                   ""};

// Whether the agent has read so much of the file at this path.
bool wait_read(const Agent& agent, const fs::path& path, std::size_t bytes) {
  return eventually([&] {
    return agent.metric("promtail_read_bytes_total", "path=\"" + path.string() + "\"") ==
           static_cast<double>(bytes);
  });
}

bool wait_position(const Agent& agent, const fs::path& path, std::size_t offset) {
  const std::string entry = fmt::format("{}: \"{}\"\n", path.string(), offset);
  return eventually([&] { return read_file(agent.positions_file()).find(entry) != std::string::npos; });
}

}  // namespace

TEST_CASE("a line in pieces arrives whole over a restart, and nothing else twice") {
  const Runtime runtime = GENERATE(kDocker, kCri);
  const bool killed = GENERATE(false, true);
  Scene scene("", runtime.job_lines());
  const fs::path log = scene.logs / "a.log";
  const std::string whole = runtime.end("first") + runtime.end("second");
  const std::string begin(16'384, 'b'), middle(16'384, 'm');
  append_file(log, whole + runtime.piece(begin));
  const auto restart = [&] {
    // Up to the line that has no end yet.
    REQUIRE(wait_position(scene.agent, log, whole.size()));
    if (killed) {
      scene.agent.kill();
    } else {
      scene.agent.stop();
    }
    scene.agent.start();
  };
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  restart();
  append_file(log, runtime.piece(middle));
  REQUIRE(wait_read(scene.agent, log, fs::file_size(log)));
  restart();
  append_file(log, runtime.end("end") + runtime.end("last"));
  REQUIRE(scene.loki.wait_stored(4));
  CHECK(stays([&] { return scene.loki.stored_count() == 4; }, 300ms));
  scene.agent.stop();
  CHECK((runtime.stored(scene.loki) == Lines{"first", "second", begin + middle + "end", "last"}));
}

TEST_CASE("a line in pieces arrives whole over rotations") {
  const Runtime runtime = GENERATE(kDocker, kCri);
  const enum class When { kRead, kUnread, kDown } when = GENERATE(When::kRead, When::kUnread, When::kDown);
  INFO(runtime.stage << static_cast<int>(when));
  // Labels alone do not tell the containers apart.
  Scene scene("", runtime.job_lines("- labeldrop: [filename]\n"));
  const fs::path logs[] = {scene.logs / "a.log", scene.logs / "b.log"};
  const auto name = [](const fs::path& log) { return log.stem().string(); };
  const auto rotate = [](const fs::path& log) {
    fs::rename(log, log.string() + ".1");
    append_file(log, "");
  };
  for (const fs::path& log : logs) append_file(log, runtime.end(name(log) + "0"));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  for (const fs::path& log : logs) append_file(log, runtime.piece(name(log) + "1 "));
  for (const fs::path& log : logs) {
    if (when != When::kUnread) REQUIRE(wait_read(scene.agent, log, fs::file_size(log)));
  }
  if (when == When::kDown) scene.agent.stop();
  for (const fs::path& log : logs) rotate(log);
  for (const fs::path& log : logs) append_file(log, runtime.piece(name(log) + "2 "));
  for (const fs::path& log : logs) {
    append_file(log, runtime.end(name(log) + "3") + runtime.end(name(log) + "4"));
  }
  if (when == When::kDown) scene.agent.start();
  REQUIRE(scene.loki.wait_stored(6));
  CHECK(stays([&] { return scene.loki.stored_count() == 6; }, 300ms));
  scene.agent.stop();
  Lines lines = runtime.stored(scene.loki);
  std::ranges::sort(lines);
  CHECK(lines == Lines{"a0", "a1 a2 a3", "a4", "b0", "b1 b2 b3", "b4"});
}

TEST_CASE("a line in pieces waits for a rotation that takes its time") {
  Scene scene("", kDocker.job_lines());
  const fs::path log = scene.logs / "a.log";
  append_file(log, kDocker.piece("begin "));
  scene.agent.start();
  REQUIRE(wait_read(scene.agent, log, fs::file_size(log)));
  fs::rename(log, log.string() + ".1");
  CHECK(stays([&] { return scene.loki.stored_count() == 0; }, kLong));
  append_file(log, "");  // the next file is there, and nothing is written to it yet
  CHECK(stays([&] { return scene.loki.stored_count() == 0; }, 2s));
  append_file(log, kDocker.end("end"));
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
  CHECK(kDocker.stored(scene.loki) == Lines{"begin end"});
}

TEST_CASE("a line in pieces waits for its rest while Loki is down") {
  Scene scene("", kDocker.job_lines());
  scene.agent.top_level = "limits_config: {max_bytes_in_flight: 1kb}\n";
  const fs::path log = scene.logs / "a.log";
  append_file(log, kDocker.piece("begin "));
  scene.agent.start();
  REQUIRE(wait_read(scene.agent, log, fs::file_size(log)));
  scene.loki.answer(Reply::refuse(503));
  // Fills what may wait for delivery, so that nothing is read any more.
  std::string filler;
  for (std::minstd_rand random; filler.size() < 4096;) filler += std::to_string(random());
  append_file(scene.logs / "b.log", kDocker.end(filler));
  REQUIRE(eventually([&] { return scene.loki.request_count() > 0; }));
  append_file(log, kDocker.end("end"));
  CHECK(stays([&] { return scene.loki.stored_count() == 0; }, kLong));
  CHECK(scene.agent.metric("promtail_read_lines_total", "path=\"" + log.string() + "\"") == 1);
  scene.loki.answer(Reply::ok());
  REQUIRE(scene.loki.wait_stored(2));
  scene.agent.stop();
  Lines lines = kDocker.stored(scene.loki);
  std::ranges::sort(lines);
  CHECK(lines == Lines{filler, "begin end"});
}

TEST_CASE("a piece without an end is sent in the end") {
  Scene scene("", kDocker.job_lines());
  const fs::path log = scene.logs / "a.log";
  append_file(log, kDocker.piece("panic"));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1, 60s));
  REQUIRE(wait_position(scene.agent, log, fs::file_size(log)));
  scene.agent.stop();
  CHECK(kDocker.stored(scene.loki) == Lines{"panic"});
}
