// docker_sd_configs by the folder of the engine, and by an engine, neither of which is there: what takes many
// containers, and what no engine does on request. With a real engine: docker_test.cc.
#include "tests/support/docker_folder.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

std::string docker_job(const std::string& keys) {
  return fmt::format(
      "- job_name: docker\n  docker_sd_configs:\n  - {}\n"
      "  relabel_configs:\n"
      "  - {{source_labels: [__meta_docker_container_name], regex: /(.*), target_label: container}}\n"
      "  - {{source_labels: [__meta_docker_container_log_stream], target_label: stream}}\n",
      keys);
}

std::string labels_of(const std::string& container, const std::string& stream = "stdout") {
  return fmt::format(R"({{container="{}", stream="{}"}})", container, stream);
}

struct FolderScene : Scene {
  DockerFolder docker{directory / "containers"};

  FolderScene() { agent.jobs = {docker_job("containers_directory: " + docker.path().string())}; }
  std::size_t count(const std::string& labels) const {
    return static_cast<std::size_t>(
        std::ranges::count(loki.stored(), labels, [](const Arrival& arrival) { return arrival.labels; }));
  }
  bool wait_count(const std::string& labels, std::size_t entries) const {
    return eventually([&] { return count(labels) == entries; });
  }
  std::size_t told(const std::string& text) const {
    const std::string log = agent.log();
    std::size_t times = 0;
    for (std::size_t at = 0; (at = log.find(text, at)) != log.npos; at += text.size()) ++times;
    return times;
  }
};

TEST_CASE("docker folder: containers start, are renamed, stop, run again and go") {
  FolderScene scene;
  const std::string old = scene.docker.start("old");
  scene.docker.log(old, "of yesterday");
  scene.docker.set(old, "old", false);
  const std::string first = scene.docker.start("first");
  scene.docker.log(first, "one");
  scene.docker.log(first, "oops", "stderr");
  scene.agent.start();
  REQUIRE(scene.wait_count(labels_of("first"), 1));
  REQUIRE(scene.wait_count(labels_of("first", "stderr"), 1));
  CHECK(scene.agent.wait_ready());

  const std::string second = scene.docker.start("second");
  scene.docker.log(second, "two");
  REQUIRE(scene.wait_count(labels_of("second"), 1));

  scene.docker.set(first, "renamed", true);
  REQUIRE(eventually([&] {
    scene.docker.log(first, "again");
    return scene.count(labels_of("renamed")) > 0;
  }));

  scene.docker.set(second, "second", false);
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_files_active_total") == 1; }));
  scene.docker.set(second, "second", true);
  scene.docker.log(second, "three");
  REQUIRE(scene.wait_count(labels_of("second"), 2));

  // What it wrote last is read, though all of it is gone.
  scene.docker.log(second, "last");
  REQUIRE(eventually([&] { return scene.count(labels_of("second")) == 3; }));
  scene.docker.remove(second);
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_files_active_total") == 1; }));
  CHECK(scene.count(labels_of("old")) == 0);
  scene.agent.stop();
}

TEST_CASE(
    "docker folder: a file that is half written, one that cannot be read and a folder that comes late") {
  FolderScene scene;
  fs::remove(scene.docker.path());
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.told("cannot be read from their folder") == 1; }));

  fs::create_directories(scene.docker.path());
  const std::string broken = scene.docker.start("broken");
  const std::string text = DockerFolder::config(broken, "broken", true);
  write_file(scene.docker.config_file(broken), text.substr(0, text.size() / 2));
  scene.docker.log(broken, "line");
  const std::string strange = scene.docker.start("strange");
  fs::remove(scene.docker.config_file(strange));
  fs::create_directories(scene.docker.config_file(strange));
  REQUIRE(eventually([&] { return scene.told("cannot be understood") == 1; }));
  CHECK(scene.loki.stored_count() == 0);

  scene.docker.set(broken, "broken", true);
  CHECK(scene.wait_count(labels_of("broken"), 1));
  // A broken one changes nothing, and nothing more is told of the others.
  write_file(scene.docker.config_file(broken), "{");
  scene.docker.log(broken, "line");
  CHECK(scene.wait_count(labels_of("broken"), 2));
  scene.docker.start("another");
  CHECK(scene.told("cannot be understood") == 1);
  CHECK(scene.told("cannot be read from their folder") == 2);
  fs::remove(scene.docker.config_file(strange));
  scene.docker.set(strange, "strange", true);
  scene.docker.log(strange, "line");
  CHECK(scene.wait_count(labels_of("strange"), 1));
  scene.agent.stop();
}

TEST_CASE("docker folder: filters and the other log drivers") {
  FolderScene scene;
  scene.agent.jobs = {
      docker_job("containers_directory: " + scene.docker.path().string() +
                 "\n    filters: [{name: name, values: [^web]}, {name: status, values: [running]}]")};
  scene.agent.start();
  for (const char* name : {"db", "web1", "web2"}) scene.docker.log(scene.docker.start(name), name);
  const std::string local = scene.docker.start("web-local");
  write_file(scene.docker.path() / local / "hostconfig.json", R"({"LogConfig":{"Type":"local"}})");
  scene.docker.set(local, "web-local", true);
  CHECK(scene.wait_count(labels_of("web1"), 1));
  CHECK(scene.wait_count(labels_of("web2"), 1));
  CHECK(eventually([&] { return scene.told("cannot be read without the engine") == 1; }));
  CHECK(scene.count(labels_of("db")) == 0);
  scene.agent.stop();
}

struct Level {
  std::size_t files = 0;
  std::size_t watches = 0;
  std::size_t resident = 0;
};

// The containers of a round come, log, stop and vanish. Requires that every line comes, and that nothing
// stays open.
void come_and_go(FolderScene& scene, int round, int containers, const Level& start) {
  std::vector<std::string> ids;
  for (int i = 0; i < containers; ++i) {
    ids.push_back(scene.docker.start(fmt::format("c{}-{}", round, i)));
    for (int line = 0; line < 3; ++line)
      scene.docker.log(ids.back(), fmt::format("{} {} {}", round, i, line));
  }
  const auto total = static_cast<std::size_t>(3 * containers * (round + 1));
  REQUIRE(scene.loki.wait_stored(total));
  for (int i = 0; i < containers; ++i) {
    const std::string& id = ids[static_cast<std::size_t>(i)];
    if (i % 2 == 0) scene.docker.set(id, fmt::format("c{}-{}", round, i), false);
    scene.docker.remove(id);
  }
  const bool is_closed = eventually([&] {
    return scene.agent.open_files() <= start.files + 5 && scene.agent.inotify_watches() <= start.watches;
  });
  INFO(scene.agent.open_files() << " files, " << scene.agent.inotify_watches() << " watches; at the start "
                                << start.files << ", " << start.watches);
  REQUIRE(is_closed);
  CHECK(scene.loki.stored_count() == total);
}

std::set<std::string> all_lines(const Scene& scene) {
  const auto lines = scene.loki.lines();
  return {lines.begin(), lines.end()};
}

TEST_CASE("docker folder: containers come and vanish, and nothing stays open") {
  FolderScene scene;
  scene.agent.start();
  const Level start{scene.agent.open_files(), scene.agent.inotify_watches(), 0};
  for (int round = 0; round < 3; ++round) come_and_go(scene, round, 100, start);
  CHECK(all_lines(scene).size() == 3 * 100 * 3);
  CHECK(eventually(
      [&] { return read_file(scene.agent.positions_file()).find("json.log") == std::string::npos; }));
  scene.agent.stop();
}

TEST_CASE("docker folder: a thousand containers a minute come and vanish without a leak", "[alone]") {
  FolderScene scene;
  scene.agent.start();
  const Level start{scene.agent.open_files(), scene.agent.inotify_watches(), scene.agent.resident()};
  constexpr int kRounds = 5;
  for (int round = 0; round < kRounds; ++round) {
    const Stopwatch watch;
    come_and_go(scene, round, 1000, start);
    std::cout << "round " << round << ": " << watch.elapsed().count() << " ms, "
              << scene.agent.resident() / 1024 << " KiB resident (" << start.resident / 1024
              << " at the start), "
              << fs::file_size(scene.agent.positions_file().string() + ".identities") / 1024
              << " KiB of identities\n";
    CHECK(watch.elapsed() < 60s);
  }
  CHECK(all_lines(scene).size() == kRounds * 1000 * 3);
  // What is remembered for a minute is forgotten then.
  if (!sanitized()) CHECK(eventually([&] { return scene.agent.resident() < start.resident * 2; }, 150s));
  CHECK(eventually(
      [&] { return read_file(scene.agent.positions_file()).find("json.log") == std::string::npos; }));
  scene.agent.stop();
}

}  // namespace
