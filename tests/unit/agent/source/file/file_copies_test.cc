// Logs that are rotated by copying and truncating them, as logrotate does with copytruncate.
#include "agent/source/file/file_targets.h"

#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent {
namespace {

using namespace test;
using Lines = std::vector<std::string>;

// How long a file that was wrongly taken for a new one would need to be read, for sure.
constexpr auto kForGood = 400ms;

class CopiedLog : public Application {
 public:
  using Application::Application;
  // path.1 becomes path.2, and so on.
  void make_place() {
    for (int i = 50; i >= 2; --i) {
      if (fs::exists(numbered(i - 1))) fs::rename(numbered(i - 1), numbered(i));
    }
  }
  void copy() {
    make_place();
    fs::copy_file(path(), numbered(1));
  }
  void truncate() { overwrite(path(), ""); }
  void copy_and_truncate() {
    copy();
    truncate();
  }
};

TailScene::Options any_options() {
  TailScene::Options options;
  options.pattern = GENERATE(as<std::string>{}, "logs/a.log", "logs/a.log*");
  options.use_inotify = GENERATE(true, false);
  options.sync = options.use_inotify ? 1h : 50ms;
  return options;
}

// The clock of the filesystem goes in ticks.
void next_tick(const fs::path& file) {
  overwrite(file, "");
  const auto before = stat_path(file.c_str())->modified;
  do {
    overwrite(file, "");
  } while (stat_path(file.c_str())->modified == before);
}

// Each line once, in order, and under one name.
void require_all(TailScene& scene, const CopiedLog& log) {
  REQUIRE(scene.wait_for(log.written().size()));
  CHECK(scene.stays([&] { return scene.count() == log.written().size(); }, kForGood));
  CHECK(difference(scene.lines("a.log"), log.written()) == "");
  CHECK(scene.targets().counters().lost_bytes == 0);
}

TEST_CASE("copied and truncated: what was not read yet is read from the copy, before what came then") {
  TailScene scene(any_options());
  CopiedLog log(scene.log("a.log"));
  log.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  SECTION("all was read") {}
  SECTION("some was not") {
    scene.stall(true);
    log.write(20);
  }
  SECTION("a line was being written") {
    append(log.path(), "begin");
    REQUIRE(scene.until([&] { return scene.targets().status().at(0).size > scene.targets().status().at(0).read_offset; }));
    append(log.path(), "ning of " + log.next() + '\n');
    log.copy();
    scene.stall(true);
    log.truncate();
    log.write(5);
    scene.stall(false);
    REQUIRE(scene.wait_for(16));
    CHECK(scene.lines("a.log")[10] == "beginning of " + log.written()[10]);
    CHECK(scene.stays([&] { return scene.count() == 16; }, kForGood));
    return;
  }
  log.copy_and_truncate();
  const int more = GENERATE(0, 1, 60);  // with 60 the file is longer than it was
  log.write(more);
  scene.stall(false);
  require_all(scene, log);
  // All goes on as before, after a restart too.
  log.write(3);
  require_all(scene, log);
  scene.stop();
  scene.start();
  log.write(3);
  require_all(scene, log);
}

TEST_CASE("copied and truncated while the agent is down, once and several times") {
  TailScene scene(any_options());
  CopiedLog log(scene.log("a.log"));
  log.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  scene.stop();
  const int times = GENERATE(1, 3);
  for (int i = 0; i < times; ++i) {
    log.write(10 + i);
    log.copy_and_truncate();
  }
  SECTION("and nothing was written since") {}
  SECTION("and less was written since") { log.write(2); }
  SECTION("and more was written since") { log.write(90); }
  SECTION("and renamed then") {
    log.write(4);
    log.rotate();
    log.write(5);
  }
  scene.start();
  require_all(scene, log);
}

TEST_CASE("copied and truncated while the agent is down: an older copy is none of ours") {
  TailScene scene;
  CopiedLog log(scene.log("a.log"));
  append(log.path(), std::string(200, 'b') + " before our time\n");
  log.copy_and_truncate();
  append(log.path(), std::string(200, 'c') + " before our time\n");
  log.copy_and_truncate();
  next_tick(scene.folder() / "tick");
  log.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  const bool down = GENERATE(false, true);
  if (down) scene.stop();
  log.write(10);
  log.copy_and_truncate();
  log.write(1);
  if (down) scene.start();
  require_all(scene, log);
}

TEST_CASE("a copy in the making is not taken for a new file") {
  TailScene::Options options;
  options.pattern = "logs/a.log*";
  TailScene scene(options);
  CopiedLog log(scene.log("a.log"));
  log.write(200);
  scene.start();
  REQUIRE(scene.wait_for(200));
  for (std::size_t round = 0; round < 2; ++round) {
    log.write(50);
    log.make_place();
    const std::string text = slurp(log.path());
    const auto held = [&] { return scene.count() <= log.written().size(); };
    for (const std::size_t piece : {std::size_t{0}, std::size_t{10}, std::size_t{3000}, text.size()}) {
      overwrite(log.numbered(1), text.substr(0, piece));
      CHECK(scene.stays(held, 250ms));
    }
    log.truncate();
    log.write(3);
    require_all(scene, log);
  }
}

TEST_CASE("copied and truncated several times while the reader has to wait") {
  TailScene scene(any_options());
  CopiedLog log(scene.log("a.log"));
  log.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  scene.stall(true);
  const bool watched = GENERATE(false, true);
  for (int round = 0; round < 5; ++round) {
    log.write(7 + 40 * (round % 2));
    if (watched) scene.stays([] { return true; }, 120ms);
    log.copy_and_truncate();
  }
  log.write(2);
  SECTION("and is still there") {}
  SECTION("and was renamed") {
    log.rotate();
    log.write(6);
  }
  scene.stall(false);
  REQUIRE(scene.wait_for(log.written().size()));
  CHECK(scene.stays([&] { return scene.count() == log.written().size(); }, kForGood));
  CHECK(difference(scene.lines("a.log"), log.written()) == "");
}

TEST_CASE("a copy that is gone costs its own lines only") {
  TailScene::Options options;
  options.sync = 20ms;
  TailScene scene(options);
  CopiedLog log(scene.log("a.log"));
  log.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  scene.stall(true);
  log.write(10);
  scene.stays([] { return true; }, 100ms);  // some looks at its size
  log.copy_and_truncate();
  log.write(10);
  log.copy_and_truncate();
  fs::remove(log.numbered(2));
  log.write(10);
  scene.stall(false);
  REQUIRE(scene.wait_for(30));
  CHECK(scene.stays([&] { return scene.count() == 30; }, kForGood));
  CHECK(scene.lines("a.log").back() == log.written().back());
}

TEST_CASE("a copy of little, or one that only looks like one, is read") {
  TailScene::Options options;
  options.pattern = GENERATE(as<std::string>{}, "logs/a.log", "logs/a.log*");
  TailScene scene(options);
  CopiedLog log(scene.log("a.log"));
  SECTION("generations that begin alike, and are short") {
    append(log.path(), "start\n");
    scene.start();
    REQUIRE(scene.wait_for(1));
    scene.stall(true);
    log.copy_and_truncate();
    append(log.path(), "start\ntwo\n");
    log.copy_and_truncate();
    append(log.path(), "go\n");
    scene.stall(false);
    // What is in doubt comes twice.
    REQUIRE(scene.until([&] { return scene.count() >= 5; }));
    const auto arrived = [&](const std::string& line) {
      std::size_t count = 0;
      for (const auto& [labels, lines] : scene.received()) {
        count += static_cast<std::size_t>(std::count(lines.begin(), lines.end(), line));
      }
      return count;
    };
    CHECK(arrived("start") >= 3);
    CHECK(arrived("two") == 1);
    CHECK(arrived("go") == 1);
  }
  SECTION("generations that begin alike, and are long") {
    const std::string banner(2000, '=');
    append(log.path(), banner + "\none\n");
    scene.start();
    REQUIRE(scene.wait_for(2));
    const bool down = GENERATE(false, true);
    if (down) scene.stop(); else scene.stall(true);
    append(log.path(), "rest\n");
    log.copy_and_truncate();
    append(log.path(), banner + "\nand another one\nmore\n");
    log.copy_and_truncate();
    append(log.path(), banner + "\n2\n");
    if (down) scene.start(); else scene.stall(false);
    REQUIRE(scene.wait_for(8));
    CHECK(scene.stays([&] { return scene.count() == 8; }, kForGood));
    CHECK((scene.lines("a.log") ==
           Lines{banner, "one", "rest", banner, "and another one", "more", banner, "2"}));
  }
}

TEST_CASE("what is settled counts for the copy: a crash costs nothing") {
  TailScene::Options options;
  options.pattern = GENERATE(as<std::string>{}, "logs/a.log", "logs/a.log*");
  TailScene scene(options);
  CopiedLog log(scene.log("a.log"));
  log.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  REQUIRE(scene.wait_settled(log.path(), fs::file_size(log.path())));
  scene.settles(false);
  log.write(10);
  REQUIRE(scene.wait_for(20));
  scene.stall(true);
  log.write(10);
  log.copy_and_truncate();
  log.write(1);
  scene.stall(false);
  REQUIRE(scene.wait_for(31));
  CHECK(scene.positions().write() == "");
  scene.crash();
  scene.settles(true);
  scene.forget_received();
  scene.start();
  REQUIRE(scene.wait_for(21));
  CHECK(scene.stays([&] { return scene.count() == 21; }, kForGood));
  const Lines unsettled(log.written().begin() + 10, log.written().end());
  CHECK(difference(scene.lines("a.log"), unsettled) == "");
}

TEST_CASE("two sets of labels read the copy, each from where it was") {
  TailScene scene;
  scene.set_targets({scene.target("logs/a.log*", {{"job", "x"}}), scene.target("logs/a.log", {{"job", "y"}})});
  CopiedLog log(scene.log("a.log"));
  log.write(10);
  scene.start();
  REQUIRE(scene.wait_for(20));
  scene.stall(true);
  log.write(10);
  log.copy_and_truncate();
  log.write(5);
  scene.stall(false);
  REQUIRE(scene.wait_for(50));
  CHECK(scene.stays([&] { return scene.count() == 50; }, kForGood));
  CHECK(scene.received().size() == 2);
  for (const auto& [labels, lines] : scene.received()) CHECK(difference(lines, log.written()) == "");
}

TEST_CASE("a copy whose original stays as it is") {
  TailScene::Options options;
  options.pattern = "logs/a.log*";
  options.copying_time = 200ms;
  TailScene scene(options);
  CopiedLog log(scene.log("a.log"));
  log.write(30);
  scene.start();
  REQUIRE(scene.wait_for(30));
  log.copy();
  CHECK(scene.stays([&] { return scene.count() == 30; }, kForGood));
  // It is read on from its end.
  append(log.numbered(1), "more\n");
  REQUIRE(scene.wait_for(31));
  log.write(1);
  REQUIRE(scene.wait_for(32));
  CHECK(scene.stays([&] { return scene.count() == 32; }, kForGood));
  CHECK(difference(scene.lines("a.log"), log.written()) == "");
  CHECK(scene.lines("a.log.1") == Lines{"more"});
}

TEST_CASE("a new file under a rotated name is read soon if it is no copy, and any other one at once") {
  TailScene::Options options;
  options.pattern = "logs/*";
  TailScene scene(options);
  CopiedLog log(scene.log("a.log"));
  log.write(30);
  scene.start();
  REQUIRE(scene.wait_for(30));
  append(scene.log("b.log"), "b\n");
  // Of a log that nobody follows.
  append(scene.log("c.log.1"), "c\n");
  REQUIRE(scene.wait_for(32));
  append(scene.log("a.log.2024-01-31"), "");
  scene.turn();
  append(scene.log("a.log.2024-01-31"), "another\n");
  REQUIRE(scene.wait_for(33));
  CHECK(scene.lines("a.log.2024-01-31") == Lines{"another"});
}

}  // namespace
}  // namespace lokitail::agent
