// Several workers: what they share out, and what goes over from one to another.
#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/support/scene.h"

namespace {

using namespace lokitail::test;
using namespace std::chrono_literals;

std::vector<const LogWriter*> pointers(const std::vector<std::unique_ptr<LogWriter>>& writers) {
  std::vector<const LogWriter*> all;
  for (const auto& writer : writers) all.push_back(writer.get());
  return all;
}

TEST_CASE("workers: the lines of many files come once and in order, across rotations and a restart") {
  Scene scene;
  scene.agent.top_level = "workers: 3\n";
  scene.agent.start();
  std::vector<std::unique_ptr<LogWriter>> writers;
  for (int i = 0; i < 12; ++i) {
    const std::string name = fmt::format("app{}", i);
    writers.push_back(std::make_unique<LogWriter>(name, scene.logs / (name + ".log")));
  }
  for (int round = 0; round < 10; ++round) {
    for (const auto& writer : writers) {
      writer->write(500);
      if (round % 3 == 1) writer->rotate();
      writer->write(100);
    }
    // What nobody has seen before it is rotated for the first time, nobody looks for.
    if (round == 0) REQUIRE(scene.loki.wait_stored(12 * 600));
    if (round == 5) {
      scene.agent.stop();
      scene.agent.start();
    }
  }
  CHECK(scene.require_all(pointers(writers)) == 0);
  CHECK(scene.agent.metric("lokitail_job_lines_total", R"(job="app")") > 0);
  scene.agent.stop();
}

TEST_CASE("workers: a limit of a job is one limit, however many workers there are") {
  Scene scene("", "pipeline_stages:\n- limit: {rate: 1, burst: 50, drop: true}\n");
  scene.agent.top_level = "workers: 4\n";
  scene.agent.start();
  std::vector<std::unique_ptr<LogWriter>> writers;
  for (int i = 0; i < 4; ++i) {
    const std::string name = fmt::format("app{}", i);
    writers.push_back(std::make_unique<LogWriter>(name, scene.logs / (name + ".log")));
    writers.back()->write(100);
  }
  REQUIRE(eventually([&] { return scene.agent.metric("lokitail_job_lines_total", R"(job="app")") == 400; }));
  // All that passed is on its way when the ledger says so; a few more may have passed as time went on.
  REQUIRE(scene.loki.wait_stored(50));
  CHECK(scene.agent.metric("lokitail_job_entries_total", R"(job="app")") < 80);
  scene.agent.stop();
}

// Some milliseconds of work for each line.
const char* const kSlowStages =
    "pipeline_stages:\n"
    "- template: {source: hash, template: '{{ $x := .Entry }}{{ range until 3000 }}"
    "{{ $x = sha256sum $x }}{{ end }}{{ $x }}'}\n";

TEST_CASE("workers: what one worker cannot keep up with goes over to another, line after line") {
  Scene scene("", kSlowStages);
  scene.agent.top_level = "workers: 2\n";
  scene.agent.server_keys = "log_level: debug";
  scene.agent.start();
  // One after the other, so that the first and the third are in one worker, and the others in the other.
  std::vector<std::unique_ptr<LogWriter>> writers;
  for (int i = 0; i < 4; ++i) {
    const std::string name = fmt::format("app{}", i);
    writers.push_back(std::make_unique<LogWriter>(name, scene.logs / (name + ".log")));
    writers.back()->write();
    REQUIRE(scene.loki.wait_stored(static_cast<std::size_t>(i) + 1));
  }
  const auto has_moved = [&] {
    return scene.agent.log().find("another takes a source of it") != std::string::npos;
  };
  CHECK_FALSE(has_moved());
  // More than one worker can do and less than two can, as long as there is one at all.
  const Stopwatch watch;
  while (!has_moved() && watch.elapsed() < kPatience) {
    // Always some to do, but no more than a turn is over soon.
    if (writers[0]->written() + writers[2]->written() < scene.loki.stored_count() + 60) {
      writers[0]->write(5);
      writers[2]->write(5);
    }
    std::this_thread::sleep_for(2ms);
  }
  CHECK(has_moved());
  for (const auto& writer : writers) writer->write(20);
  CHECK(scene.require_all(pointers(writers)) == 0);
  writers[0]->rotate();
  writers[2]->rotate();
  for (const auto& writer : writers) writer->write(20);
  CHECK(scene.require_all(pointers(writers)) == 0);
  scene.agent.stop();
}

TEST_CASE("workers: what cannot be is refused, and what is not possible is told") {
  Scene scene;
  scene.agent.top_level = "workers: 0\n";
  scene.agent.launch();
  CHECK(scene.agent.process().wait(kPatience) != 0);
  CHECK_THAT(scene.agent.log(), Catch::Contains("workers must be from 1 to"));
  scene.agent.top_level = "workers: 2\nlimits_config: {readline_rate_enabled: true}\n";
  scene.agent.start();
  CHECK_THAT(scene.agent.log(), Catch::Contains("workers is 1 now"));
  CHECK_THAT(scene.agent.get("/config").body, Catch::Contains("workers: 1"));
  scene.agent.stop();
}

}  // namespace
