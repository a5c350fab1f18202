// Files as they live: they appear, grow, are rotated, truncated, deleted, and sometimes hold
// strange things.
#include "tests/support/compress.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

// A new file is seen by inotify, not by the scan: with a scan that never comes in a test.
constexpr const char* kNoScan = "sync_period: 1h";
// What is promised is 100 ms; the rest is batchwait and a busy machine.
constexpr std::chrono::milliseconds kSoon{1000};

std::vector<std::string> sorted_lines(const Loki& loki) {
  std::vector<std::string> lines = loki.lines();
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

TEST_CASE("a new file is found at once", "[alone]") {
  Scene scene;
  scene.agent.target_keys = kNoScan;
  append_file(scene.logs / "old.log", "old\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  Stopwatch watch;
  append_file(scene.logs / "new.log", "new\n");
  REQUIRE(scene.loki.wait_stored(2));
  CHECK(watch.elapsed() < kSoon);
  scene.agent.stop();
}

TEST_CASE("a new line of a known file is sent at once", "[alone]") {
  Scene scene;
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  Stopwatch watch;
  append_file(scene.logs / "a.log", "two\n");
  REQUIRE(scene.loki.wait_stored(2));
  CHECK(watch.elapsed() < kSoon);
  scene.agent.stop();
}

TEST_CASE("from start to the first push it is a matter of milliseconds", "[alone]") {
  Scene scene("batchwait: 10ms");
  append_file(scene.logs / "a.log", "one\n");
  Stopwatch watch;
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  std::cout << "start to first push: " << watch.elapsed().count() << " ms\n";
  CHECK(watch.elapsed() < kSoon);
  scene.agent.stop();
}

TEST_CASE("no file at start: the glob is not forgotten") {
  Scene scene;
  scene.agent.target_keys = kNoScan;
  scene.agent.start();
  append_file(scene.logs / "a.log", "one\n");
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
}

TEST_CASE("a folder that does not exist at start") {
  Scene scene;
  fs::remove(scene.logs);
  scene.agent.start();
  CHECK(stays([&] { return scene.agent.running(); }, 200ms));
  fs::create_directories(scene.logs);
  append_file(scene.logs / "a.log", "one\n");
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
}

TEST_CASE("** reaches files in new folders at any depth, within a scan") {
  Scene scene;
  scene.agent.jobs = {job("app", scene.logs / "**" / "*.log")};
  append_file(scene.logs / "flat.log", "flat\n");
  fs::create_directories(scene.logs / "a" / "b");
  append_file(scene.logs / "a" / "b" / "deep.log", "deep\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  fs::create_directories(scene.logs / "new" / "er");
  append_file(scene.logs / "new" / "er" / "x.log", "new\n");
  append_file(scene.logs / "new" / "er" / "x.txt", "not\n");
  REQUIRE(scene.loki.wait_stored(3));
  scene.agent.stop();
  CHECK(sorted_lines(scene.loki) == std::vector<std::string>{"deep", "flat", "new"});
}

TEST_CASE("a new folder under ** is found without a scan") {
  Scene scene;
  scene.agent.target_keys = kNoScan;
  scene.agent.jobs = {job("app", scene.logs / "**" / "*.log")};
  append_file(scene.logs / "flat.log", "flat\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  fs::create_directories(scene.logs / "new" / "er");
  append_file(scene.logs / "new" / "er" / "x.log", "new\n");
  REQUIRE(scene.loki.wait_stored(2));
  scene.agent.stop();
}

TEST_CASE("a folder that is removed with its files, while these are open, and made anew") {
  const std::string pattern = GENERATE("**/*.log", "sub/*.log", "s*/*.log");
  Scene scene;
  scene.agent.target_keys = kNoScan;
  scene.agent.jobs = {job("app", scene.logs / pattern)};
  const fs::path folder = scene.logs / "sub";
  fs::create_directories(folder);
  append_file(folder / "a.log", "a\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  // The agent has it open for four more seconds, for which the kernel keeps the folder, and its watch.
  constexpr std::chrono::seconds kLessThanThat{3};
  fs::remove_all(folder);
  fs::create_directories(folder);
  append_file(folder / "b.log", "b\n");
  REQUIRE(scene.loki.wait_stored(2, kLessThanThat));
  append_file(folder / "c.log", "c\n");
  REQUIRE(scene.loki.wait_stored(3, kLessThanThat));
  scene.agent.stop();
}

TEST_CASE("__path_exclude__ holds for the scan and for new files") {
  Scene scene;
  scene.agent.jobs = {job("app", scene.logs / "*.log", "",
                          fmt::format("__path_exclude__: '{}'", (scene.logs / "no*").string()))};
  append_file(scene.logs / "no1.log", "excluded\n");
  append_file(scene.logs / "yes1.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  append_file(scene.logs / "no2.log", "excluded\n");
  append_file(scene.logs / "yes2.log", "two\n");
  REQUIRE(scene.loki.wait_stored(2));
  scene.agent.stop();
  CHECK(sorted_lines(scene.loki) == std::vector<std::string>{"one", "two"});
}

TEST_CASE("rename and create, as logrotate and Docker do it: no line lost, none twice") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  scene.agent.start();
  for (int generation = 0; generation < 5; ++generation) {
    log.write(100);
    // Lines that the agent finds only after the rename, under the old name.
    log.rotate(3);
    log.write(10);
    scene.require_all({&log});
  }
  CHECK(scene.loki.stored_count() == log.written());
  scene.agent.stop();
}

TEST_CASE("an application that goes on writing to the renamed file") {
  Scene scene;
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  fs::rename(scene.logs / "a.log", scene.logs / "a.log.1");
  append_file(scene.logs / "a.log.1", "two\n");
  REQUIRE(scene.loki.wait_stored(2));
  append_file(scene.logs / "a.log", "three\n");
  REQUIRE(scene.loki.wait_stored(3));
  scene.agent.stop();
  CHECK(scene.loki.lines() == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("a rotated file that the glob also matches is known by its identity") {
  Scene scene;
  scene.agent.jobs = {job("app", scene.logs / "a.log*")};
  LogWriter log("a", scene.logs / "a.log");
  log.write(50);
  scene.agent.start();
  scene.require_all({&log});
  for (int generation = 0; generation < 3; ++generation) {
    log.rotate(5);
    log.write(50);
    scene.require_all({&log});
  }
  REQUIRE(stays([&] { return scene.loki.stored_count() == log.written(); }, 1s));
  scene.agent.stop();
  // And after a restart.
  scene.agent.start();
  log.write(1);
  scene.require_all({&log});
  REQUIRE(stays([&] { return scene.loki.stored_count() == log.written(); }, 500ms));
  scene.agent.stop();
}

TEST_CASE("a file that is rotated while the agent is down is read to its end first") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  log.write(50);
  scene.agent.start();
  scene.require_all({&log});
  scene.agent.stop();
  log.write(50);
  log.rotate();
  log.write(50);
  scene.agent.start();
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
}

// As kubelet's container log manager does it (pkg/kubelet/logs): leftovers go, what was rotated before is
// compressed beside it and renamed, the present file gets the time in its name, and the runtime makes another.
TEST_CASE("rotation as the kubelet does it, the agent being there or not") {
  Scene scene("", "pipeline_stages: [{cri: {}}]\n");
  const fs::path log = scene.logs / "0.log";
  std::vector<std::string> expected;
  int rotations = 0;
  const auto write = [&](int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) {
      expected.push_back(fmt::format("line {} {}", expected.size(), std::string(expected.size() % 50, '.')));
      text += fmt::format("2026-11-23T10:49:14.{:09}+00:00 stdout F {}\n", expected.size(), expected.back());
    }
    append_file(log, text);
  };
  const auto rotate = [&] {
    for (const auto& entry : fs::directory_iterator(scene.logs)) {
      const fs::path& old = entry.path();
      if (old == log || old.extension() == ".gz") continue;
      const std::string packed = old.string() + ".tmp";
      write_file(packed, compressed(read_file(old), lokitail::agent::Compression::kGzip));
      fs::rename(packed, old.string() + ".gz");
      fs::remove(old);
    }
    fs::rename(log, fmt::format("{}.20261123-1049{:02}", log.string(), ++rotations));
  };
  write(100);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(100));
  for (int i = 0; i < 4; ++i) {
    rotate();
    write(100);
  }
  REQUIRE(scene.loki.wait_stored(500));
  scene.agent.stop();
  for (int i = 0; i < 4; ++i) {
    write(20);
    rotate();
    write(100);
  }
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(expected.size()));
  CHECK(stays([&] { return scene.loki.stored_count() == expected.size(); }, 300ms));
  CHECK(scene.loki.lines() == expected);
  scene.agent.stop();
}

TEST_CASE(
    "a file that came from another folder, and is rotated while the agent is down, is read to its end "
    "first") {
  Scene scene;
  scene.agent.jobs = {job("app", scene.logs / "**" / "*.log")};
  fs::create_directories(scene.logs / "there");
  append_file(scene.logs / "there" / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  fs::rename(scene.logs / "there" / "a.log", scene.logs / "b.log");
  append_file(scene.logs / "b.log", "two\n");
  REQUIRE(scene.loki.wait_stored(2));
  scene.agent.stop();
  append_file(scene.logs / "b.log", "three\n");
  fs::rename(scene.logs / "b.log", scene.logs / "b.log.1");
  append_file(scene.logs / "b.log.1", "four\n");
  append_file(scene.logs / "b.log", "five\n");
  append_file(scene.logs / "there" / "a.log", "six\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(6));
  CHECK(sorted_lines(scene.loki) == std::vector<std::string>{"five", "four", "one", "six", "three", "two"});
  scene.agent.stop();
}

TEST_CASE("a file that is replaced while the agent is down is read from its beginning") {
  Scene scene;
  append_file(scene.logs / "a.log", "one of the old file\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
  fs::remove(scene.logs / "a.log");
  // Longer than the saved position, so that only its identity tells it from the old one.
  append_file(scene.logs / "a.log", "first line of the new file\nsecond line of the new file\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(3));
  scene.agent.stop();
  CHECK(scene.loki.lines() == std::vector<std::string>{"one of the old file", "first line of the new file",
                                                       "second line of the new file"});
}

TEST_CASE("a file that is deleted while it is open is read to its end") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  log.write(10);
  scene.agent.start();
  scene.require_all({&log});
  const std::size_t files_before = scene.agent.open_files();
  fs::remove(log.path());
  log.write(10);
  scene.require_all({&log});
  // And let go of, when nobody can write to it any more or at the next scan.
  CHECK(eventually([&] { return scene.agent.open_files() < files_before; }));
  scene.agent.stop();
}

TEST_CASE("a file that is deleted, or moved away, right before a stop is read to its end") {
  const bool is_deleted = GENERATE(true, false);
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  scene.agent.start();
  log.write(100);
  scene.require_all({&log});
  // An event, after which the agent does not look for others for a moment.
  log.write(1);
  std::this_thread::sleep_for(5ms);
  log.write(100);
  if (is_deleted) {
    fs::remove(scene.logs / "a.log");
  } else {
    fs::rename(scene.logs / "a.log", scene.directory / "elsewhere.log");
  }
  scene.agent.stop();
  scene.require_all({&log});
}

TEST_CASE("a file that is deleted and made anew") {
  Scene scene;
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  fs::remove(scene.logs / "a.log");
  append_file(scene.logs / "a.log", "two\n");
  REQUIRE(scene.loki.wait_stored(2));
  fs::remove(scene.logs / "a.log");
  append_file(scene.logs / "a.log", "three is longer than those before\n");
  REQUIRE(scene.loki.wait_stored(3));
  scene.agent.stop();
}

TEST_CASE("truncation, as copytruncate does it") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  log.write(100);
  scene.agent.start();
  scene.require_all({&log});
  for (int round = 0; round < 3; ++round) {
    log.truncate();
    // Less than before, then more than before: shrinking must be noticed in both cases.
    log.write(20);
    scene.require_all({&log});
    log.write(200);
    CHECK(scene.require_all({&log}) == 0);
  }
  scene.agent.stop();
}

TEST_CASE("a file that is truncated and at once longer than before") {
  Scene scene;
  append_file(scene.logs / "a.log", "the first text, 1\nthe first text, 2\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  write_file(scene.logs / "a.log", "another text, 1\nanother text, 2\nanother text, 3\n");
  REQUIRE(scene.loki.wait_stored(5));
  scene.agent.stop();
  CHECK(scene.loki.lines() == std::vector<std::string>{"the first text, 1", "the first text, 2",
                                                       "another text, 1", "another text, 2",
                                                       "another text, 3"});
}

TEST_CASE("a symlink is read under its own name, and followed when it is switched") {
  Scene scene;
  append_file(scene.directory / "v1.txt", "one\n");
  append_file(scene.directory / "v2.txt", "two\n");
  fs::create_symlink(scene.directory / "v1.txt", scene.logs / "current.log");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  fs::create_symlink(scene.directory / "v2.txt", scene.logs / "next");
  fs::rename(scene.logs / "next", scene.logs / "current.log");
  REQUIRE(scene.loki.wait_stored(2));
  append_file(scene.directory / "v2.txt", "three\n");
  REQUIRE(scene.loki.wait_stored(3));
  scene.agent.stop();
  CHECK(scene.loki.lines() == std::vector<std::string>{"one", "two", "three"});
  CHECK(scene.loki.stored().back().labels ==
        fmt::format("{{filename=\"{}\", job=\"app\"}}", (scene.logs / "current.log").string()));
}

TEST_CASE("an unfinished line waits for its end, also over a restart") {
  Scene scene;
  append_file(scene.logs / "a.log", "whole\nbegin");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(stays([&] { return scene.loki.stored_count() == 1; }, 300ms));
  append_file(scene.logs / "a.log", "ning");
  CHECK(stays([&] { return scene.loki.stored_count() == 1; }, 300ms));
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == 1);
  scene.agent.start();
  append_file(scene.logs / "a.log", " and end\n");
  REQUIRE(scene.loki.wait_stored(2));
  scene.agent.stop();
  CHECK(scene.loki.lines() == std::vector<std::string>{"whole", "beginning and end"});
}

TEST_CASE("a line of 8 MiB is cut at 4 MiB, in bounded memory", "[alone]") {
  Scene scene;
  append_file(scene.logs / "a.log", "before\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  std::string line(8 * 1024 * 1024, ' ');
  std::minstd_rand random;
  for (char& c : line) c = static_cast<char>(' ' + random() % 90);
  append_file(scene.logs / "a.log", line + "\nafter\n");
  REQUIRE(scene.loki.wait_stored(3));
  // In brackets: nobody wants to see it.
  CHECK((scene.loki.lines()[1] == line.substr(0, 4 * 1024 * 1024)));
  CHECK(scene.loki.lines()[2] == "after");
  const std::size_t peak = scene.agent.peak_resident() / 1024;
  std::cout << "peak resident memory: " << peak << " KiB\n";
  if (!sanitized()) CHECK(peak < 40 * 1024);
  CHECK(scene.agent.metric("lokitail_cut_lines_total") == 1);
  scene.agent.stop();
}

TEST_CASE("max_line_size drops longer lines, or cuts them, and counts") {
  const bool truncate = GENERATE(false, true);
  Scene scene;
  scene.agent.top_level =
      fmt::format("limits_config: {{max_line_size: 10, max_line_size_truncate: {}}}\n", truncate);
  append_file(scene.logs / "a.log", "0123456789\n0123456789a\nshort\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(truncate ? 3 : 2));
  const std::string labels = "reason=\"line_too_long\"";
  CHECK(scene.agent.metric("promtail_dropped_entries_total", labels) == (truncate ? 0 : 1));
  CHECK(scene.agent.metric("promtail_dropped_bytes_total", labels) == (truncate ? 0 : 11));
  CHECK(scene.agent.metric("promtail_mutated_entries_total", labels) == (truncate ? 1 : 0));
  CHECK(scene.agent.metric("promtail_mutated_bytes_total", labels) == (truncate ? 1 : 0));
  scene.agent.stop();
  CHECK(scene.loki.lines() == (truncate ? std::vector<std::string>{"0123456789", "0123456789", "short"}
                                        : std::vector<std::string>{"0123456789", "short"}));
  // Dropped is settled.
  scene.agent.start();
  append_file(scene.logs / "a.log", "more\n");
  REQUIRE(scene.loki.wait_stored(truncate ? 4 : 3));
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == (truncate ? 4 : 3));
}

TEST_CASE("1,000 files", "[alone]") {
  Scene scene("", kDockerStage);
  std::vector<std::unique_ptr<LogWriter>> logs;
  std::vector<const LogWriter*> all;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = fmt::format("f{}", i);
    logs.push_back(
        std::make_unique<LogWriter>(name, scene.logs / (name + ".log"), LogWriter::Format::kDocker));
    logs.back()->write(20);
    all.push_back(logs.back().get());
  }
  scene.agent.start();
  CHECK(scene.require_all(all, 60s) == 0);
  for (auto& log : logs) log->write(20);
  CHECK(scene.require_all(all, 60s) == 0);
  CHECK(scene.agent.metric("promtail_files_active_total") == 1000);
  const std::size_t peak = scene.agent.peak_resident() / 1024;
  std::cout << "peak resident memory: " << peak << " KiB\n";
  if (!sanitized()) CHECK(peak < 40 * 1024);
  scene.agent.stop();
}

TEST_CASE("one file reached by two globs with equal labels is read once, with different labels twice") {
  const bool equal = GENERATE(true, false);
  Scene scene;
  scene.agent.jobs = {job("app", scene.logs / "*.log"),
                      fmt::format("- job_name: second\n"
                                  "  static_configs:\n"
                                  "  - labels: {{job: app, __path__: '{}'{}}}\n",
                                  (scene.logs / "a.*").string(), equal ? "" : ", more: x")};
  append_file(scene.logs / "a.log", "one\ntwo\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(equal ? 2 : 4));
  CHECK(stays([&] { return scene.loki.stored_count() == (equal ? 2U : 4U); }, 500ms));
  scene.agent.stop();
}

TEST_CASE("a folder, a FIFO and an unreadable place among the matches hold nothing up") {
  Scene scene;
  fs::create_directory(scene.logs / "folder.log");
  REQUIRE(run({"mkfifo", scene.logs / "fifo.log"}).exit_code == 0);
  fs::create_symlink(scene.directory / "nowhere", scene.logs / "dangling.log");
  fs::create_symlink(scene.logs / "loop.log", scene.logs / "loop.log");
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
}
