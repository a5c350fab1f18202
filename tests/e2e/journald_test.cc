// The journal of a real journald that writes, rotates and vacuums while it is read.
#include "tests/support/journal.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <set>

using namespace lokitail::test;

namespace {

namespace fs = std::filesystem;

struct JournaldScene : Scene {
  Journald journald;
  int sent = 0;

  explicit JournaldScene(const std::string& settings = "") : journald(directory / "journald", settings) {
    agent.jobs = {
        fmt::format("- job_name: journal\n  journal:\n    path: {}\n    labels: {{job: journal}}\n"
                    "    matches: TEST=yes\n"
                    "  relabel_configs:\n"
                    "  - {{source_labels: [__journal_priority_keyword], target_label: level}}\n"
                    "  - {{source_labels: [__journal__transport], target_label: transport}}\n",
                    journald.journal().string())};
  }

  void log(int count) {
    for (int i = 0; i < count; ++i) {
      journald.log({{"MESSAGE", fmt::format("message {}", sent++)},
                    {"PRIORITY", "4"},
                    {"TEST", "yes"},
                    {"PADDING", std::string(200, 'x') + std::to_string(sent)}});
    }
  }
  std::multiset<std::string> lines() const {
    const auto all = loki.lines();
    return {all.begin(), all.end()};
  }
  // That all messages come; how often any is there more than once.
  std::size_t require_all() {
    const bool complete = eventually(
        [&] {
          const auto all = loki.lines();
          return std::set<std::string>(all.begin(), all.end()).size() == static_cast<std::size_t>(sent);
        },
        kPatience, 50ms);
    const auto stored = lines();
    for (int i = 0; i < sent && !complete; ++i) {
      INFO(i);
      REQUIRE(stored.contains(fmt::format("message {}", i)));
    }
    REQUIRE(complete);
    return stored.size() - static_cast<std::size_t>(sent);
  }
};

bool no_journald() {
  const std::string missing = Journald::missing();
  if (!missing.empty()) skip(missing);
  return !missing.empty();
}

}  // namespace

TEST_CASE("journald: what it writes comes at once, and once, across restarts") {
  if (no_journald()) return;
  JournaldScene scene;
  scene.log(10);
  scene.agent.start();
  scene.require_all();
  CHECK(scene.loki.stored()[0].labels == R"({job="journal", level="warning", transport="journal"})");
  const Stopwatch watch;
  scene.log(1);
  scene.require_all();
  // Not when the journal is looked at anyway.
  CHECK(watch.elapsed() < 5s);
  for (int run = 0; run < 3; ++run) {
    scene.log(300);
    scene.agent.stop();
    scene.log(300);
    scene.agent.start();
  }
  CHECK(scene.require_all() == 0);
  scene.agent.stop();
}

TEST_CASE("journald: kills lose nothing") {
  if (no_journald()) return;
  JournaldScene scene;
  for (int kills = 0; kills < 6; ++kills) {
    scene.agent.start();
    for (int i = 0; i < 10; ++i) {
      scene.log(100);
      if (i == kills) scene.journald.rotate();
    }
    scene.agent.kill();
    scene.log(100);
  }
  scene.agent.start();
  scene.require_all();
  scene.agent.stop();
}

TEST_CASE("journald: rotation and vacuum under load lose nothing") {
  if (no_journald()) return;
  JournaldScene scene("RuntimeMaxUse=6M\nRuntimeMaxFileSize=1M\nRuntimeKeepFree=1M\n");
  scene.log(1);
  scene.agent.start();
  scene.require_all();
  // Ten times what the journal keeps. No more than fits is ahead of what came.
  constexpr int kMessages = 30'000;
  constexpr int kAhead = 1500;
  while (scene.sent < kMessages) {
    scene.log(100);
    if (scene.sent % 3000 == 1) scene.journald.rotate();
    REQUIRE(eventually(
        [&] { return scene.loki.stored_count() + kAhead > static_cast<std::size_t>(scene.sent); }));
  }
  CHECK(scene.require_all() == 0);
  CHECK(scene.journald.files() < 15);
  // Nothing of the old files is kept.
  CHECK(scene.agent.open_files() < 60);
  scene.agent.stop();
  scene.log(100);
  scene.agent.start();
  CHECK(scene.require_all() == 0);
  scene.agent.stop();
}

TEST_CASE("journald: what was vacuumed while the agent was away is said") {
  if (no_journald()) return;
  JournaldScene scene("RuntimeMaxUse=4M\nRuntimeMaxFileSize=1M\nRuntimeKeepFree=1M\n");
  scene.log(10);
  scene.agent.start();
  scene.require_all();
  scene.agent.stop();
  scene.log(20'000);
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.lines().contains(fmt::format("message {}", scene.sent - 1)); }));
  CHECK(scene.agent.log().find("the journal's entry of the saved position is gone") != std::string::npos);
  // What is left comes once.
  const auto lines = scene.lines();
  CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == lines.size());
  CHECK(lines.size() < static_cast<std::size_t>(scene.sent));
  scene.agent.stop();
}
