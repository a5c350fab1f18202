// Targets that are added and removed while their files are read.
#include "agent/source/file/file_targets.h"

#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent {
namespace {

using namespace test;
using Lines = std::vector<std::string>;

std::vector<std::string> all_lines(const TailScene& scene) {
  std::vector<std::string> all;
  for (const auto& [labels, lines] : scene.received()) all.insert(all.end(), lines.begin(), lines.end());
  return all;
}

TEST_CASE("a removed target's files are read to their present end, and closed") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  scene.stall(true);
  append(scene.log("a.log"), "two\nthree\nunfini");
  scene.targets().remove(scene.target("logs/*.log"));
  CHECK(scene.stays([&] { return scene.targets().ready(); }, 30ms));
  scene.stall(false);
  REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
  REQUIRE(scene.wait_for(3));
  CHECK(scene.lines("a.log") == Lines{"one", "two", "three"});
  CHECK(scene.targets().counters().rotated == 0);
  // The unfinished line, and what was written while nobody asked for it.
  append(scene.log("a.log"), "shed\nfour\n");
  CHECK(scene.stays([&] { return scene.count() == 3; }, 50ms));
  scene.targets().add(scene.target("logs/*.log"));
  REQUIRE(scene.wait_for(5));
  CHECK(scene.lines("a.log") == Lines{"one", "two", "three", "unfinished", "four"});
}

TEST_CASE("a target that comes back before it is gone") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  scene.stall(true);
  append(scene.log("a.log"), "two\n");
  const FileTarget target = scene.target("logs/*.log");
  for (int i = 0; i < 5; ++i) {
    scene.targets().remove(target);
    scene.turn();
    scene.targets().add(target);
    append(scene.log("a.log"), "more " + std::to_string(i) + '\n');
    scene.turn();
  }
  scene.stall(false);
  REQUIRE(scene.wait_for(7));
  CHECK(scene.stays([&] { return scene.count() == 7; }, 50ms));
  CHECK(scene.lines("a.log") == Lines{"one", "two", "more 0", "more 1", "more 2", "more 3", "more 4"});
}

TEST_CASE("a target comes back when what it had left was written to and rotated away") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  const FileTarget plain = scene.target("logs/*.log");
  const FileTarget labelled = scene.target("logs/*.log", {{"version", "2"}});
  const FileTarget other = scene.target("logs/a.*", {{"other", "one"}});
  const bool settles = GENERATE(true, false);
  const bool relabelled = GENERATE(true, false);
  const bool with_other = GENERATE(false, true);
  CAPTURE(settles, relabelled, with_other);
  scene.set_targets(with_other ? std::vector{plain, other} : std::vector{plain});
  scene.settles(settles);
  scene.start();
  REQUIRE(scene.wait_for(with_other ? 2 : 1));
  scene.targets().remove(plain);
  if (!with_other) REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
  append(scene.log("a.log"), "two\n");
  fs::rename(scene.log("a.log"), scene.log("a.log.1"));
  append(scene.log("a.log"), "three\n");
  if (with_other) REQUIRE(scene.wait_for(4));
  scene.targets().add(relabelled ? labelled : plain);
  REQUIRE(scene.wait_for(with_other ? 6 : 3));
  CHECK(scene.stays([&] { return scene.count() == (with_other ? 6 : 3); }, 50ms));
}

// It is rotated away while what it had when its target was removed is read still.
TEST_CASE("a target comes back while what it left is being read, and lines keep their order") {
  TailScene::Options options;
  options.grace = 2s;
  TailScene scene(options);
  const FileTarget target = scene.target("logs/*.log");
  scene.set_targets({target});
  Application app(scene.log("a.log"));
  app.write(5);
  scene.start();
  REQUIRE(scene.wait_for(5));
  scene.stall(true);
  app.write(5);
  SECTION("rotated after the target was removed") {
    scene.turn();
    scene.targets().remove(target);
    app.write(20'000);  // more than is read at a time
    app.rotate();
  }
  SECTION("rotated before, with nothing in its place") {
    fs::rename(app.path(), app.numbered(1));
    REQUIRE(scene.until([&] { return scene.targets().counters().rotated == 1; }));
    scene.targets().remove(target);
  }
  app.write(5);
  scene.targets().add(target);
  scene.turn();
  scene.stall(false);
  REQUIRE(scene.wait_for(app.written().size()));
  CHECK(scene.lines("a.log") == app.written());
}

TEST_CASE("a target whose labels change goes on where it was, and back again") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  const FileTarget plain = scene.target("logs/*.log");
  const FileTarget labelled = scene.target("logs/*.log", {{"version", "2"}});
  // Whoever else reads the file keeps it open; its lines are a matter of their own.
  const FileTarget other = scene.target("logs/a.*", {{"other", "one"}});
  const bool with_other = GENERATE(false, true);
  scene.set_targets(with_other ? std::vector{plain, other} : std::vector{plain});
  scene.start();
  const std::size_t each = with_other ? 2 : 1;
  REQUIRE(scene.wait_for(each));
  scene.targets().change({plain}, {labelled});
  append(scene.log("a.log"), "two\n");
  REQUIRE(scene.wait_for(2 * each));
  scene.targets().change({labelled}, {plain});
  append(scene.log("a.log"), "three\n");
  REQUIRE(scene.wait_for(3 * each));
  CHECK(scene.stays([&] { return scene.count() == 3 * each; }, 50ms));
  CHECK(scene.lines("a.log").front() == "one");
  if (with_other) {
    scene.targets().remove(plain);
    append(scene.log("a.log"), "four\n");
    REQUIRE(scene.wait_for(7));
    scene.targets().add(plain);
    REQUIRE(scene.wait_for(8));
    CHECK(scene.lines("a.log").back() == "four");
  }
}

TEST_CASE("another target for the same file takes it over") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  append(scene.log("b.log"), "one\n");
  const FileTarget all = scene.target("logs/*.log");
  const FileTarget one = scene.target("logs/a*");
  scene.set_targets({all, one});
  scene.start();
  REQUIRE(scene.wait_for(2));
  const bool first = GENERATE(true, false);
  scene.targets().remove(first ? all : one);
  append(scene.log("a.log"), "two\n");
  REQUIRE(scene.wait_for(3));
  append(scene.log("b.log"), "two\n");
  if (first) {
    CHECK(scene.stays([&] { return scene.count() == 3; }, 50ms));
  } else {
    REQUIRE(scene.wait_for(4));
  }
  CHECK(scene.lines("a.log") == Lines{"one", "two"});
}

TEST_CASE("what was rotated while its target was away is read when it comes back") {
  TailScene scene;
  Application app(scene.log("a.log"));
  app.write(3);
  scene.start();
  REQUIRE(scene.wait_for(3));
  const FileTarget target = scene.target("logs/*.log");
  scene.targets().remove(target);
  REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
  app.write(2);
  app.rotate();
  app.write(2);
  scene.targets().add(target);
  REQUIRE(scene.wait_for(7));
  CHECK(scene.stays([&] { return scene.count() == 7; }, 50ms));
  CHECK(scene.lines("a.log") == app.written());
}

// What was rotated while the agent was down is found by the one and the other.
TEST_CASE("a target comes back while a generation that it has found and read is followed still") {
  TailScene::Options options;
  options.grace = 1min;
  TailScene scene(options);
  const FileTarget plain = scene.target("logs/*.log");
  const FileTarget other = scene.target("logs/a.log", {{"other", "one"}});
  scene.set_targets({plain, other});
  append(scene.log("a.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(2));
  scene.stop();
  append(scene.log("a.log"), "two\n");
  fs::rename(scene.log("a.log"), scene.log("a.log.1"));
  append(scene.log("a.log"), "three\n");
  scene.start();
  REQUIRE(scene.wait_for(6));
  scene.targets().remove(plain);
  CHECK(scene.stays([&] { return scene.count() == 6; }, 100ms));
  scene.targets().add(plain);
  CHECK(scene.stays([&] { return scene.count() == 6; }, 100ms));
  append(scene.log("a.log"), "four\n");
  REQUIRE(scene.wait_for(8));
  CHECK(scene.lines("a.log") == Lines{"one", "two", "three", "four"});
}

TEST_CASE("what two targets with equal labels left of a log that is gone is read once") {
  TailScene scene;
  scene.set_targets({scene.target("logs/a*.log"), scene.target("logs/*b.log")});
  append(scene.log("ab.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  REQUIRE(scene.wait_settled(scene.log("ab.log"), 4));
  scene.stop();
  append(scene.log("ab.log"), "two\n");
  fs::rename(scene.log("ab.log"), scene.log("ab.log.1"));
  scene.start();
  REQUIRE(scene.wait_for(2));
  CHECK(scene.stays([&] { return scene.count() == 2; }, 100ms));
  CHECK(scene.lines("ab.log") == Lines{"one", "two"});
}

TEST_CASE("positions of a removed target outlive the agent") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  scene.targets().remove(scene.target("logs/*.log"));
  REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
  REQUIRE(scene.wait_settled(scene.log("a.log"), 4));
  scene.stop();
  CHECK(slurp(scene.positions_file()).find("a.log: \"4\"") != std::string::npos);
  append(scene.log("a.log"), "two\n");
  scene.start();
  REQUIRE(scene.wait_for(2));
  CHECK(all_lines(scene) == Lines{"one", "two"});
}

TEST_CASE("a thousand targets that come and go") {
  constexpr int kTargets = 1000;
  TailScene scene;
  std::vector<FileTarget> targets;
  for (int i = 0; i < kTargets; ++i) {
    const std::string name = "pod-" + std::to_string(i);
    targets.push_back(scene.target("logs/" + name + "/*.log", {{"pod", name}}));
    fs::create_directories(scene.log(name));
    append(scene.log(name) / "0.log", "line 0\n");
  }
  scene.set_targets({scene.target("none/*")});
  scene.start();
  for (int round = 0; round < 3; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    scene.targets().change({}, targets);
    REQUIRE(scene.wait_for(static_cast<std::size_t>(kTargets * (round + 1))));
    scene.targets().change(targets, {});
    REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took < 10s);  // some 100 ms
    CHECK(scene.targets().targets() == 1);
    for (int i = 0; i < kTargets; ++i) {
      append(scene.log("pod-" + std::to_string(i)) / "0.log", "line " + std::to_string(round + 1) + '\n');
    }
  }
  CHECK(scene.count() == 3 * kTargets);
}

}  // namespace
}  // namespace lokitail::agent
