// Targets that are discovered while the agent runs.
#include "tests/support/page.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <fcntl.h>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

struct DiscoveryScene : Scene {
  fs::path targets = directory / "targets";

  DiscoveryScene() {
    fs::create_directories(targets);
    agent.jobs = {
        fmt::format("- job_name: app\n  file_sd_configs:\n  - files: ['{}/*.yml']\n"
                    "  relabel_configs:\n  - {{source_labels: [__address__], target_label: host}}\n"
                    "  - {{source_labels: [skip], regex: 'yes', action: drop}}\n",
                    targets.string())};
  }
  void set_targets(const std::string& name, const std::string& text) {
    write_file(targets / (name + ".tmp"), text);
    fs::rename(targets / (name + ".tmp"), targets / (name + ".yml"));
  }
  std::string target(const std::string& file, const std::string& more = "") {
    return fmt::format("- targets: [h]\n  labels: {{__path__: '{}'{}}}\n", (logs / file).string(), more);
  }
};

TEST_CASE("discovery: targets in files come and go under a running agent") {
  DiscoveryScene scene;
  LogWriter first("a", scene.logs / "a.log");
  LogWriter second("b", scene.logs / "b.log");
  first.write(10);
  second.write(10);
  scene.set_targets("one", scene.target("a.log", ", app: a"));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  CHECK(scene.loki.stored()[0].labels ==
        fmt::format(R"({{app="a", filename="{}", host="h"}})", first.path().string()));

  scene.set_targets("two", scene.target("b.log") + scene.target("c.log", ", skip: 'yes'"));
  REQUIRE(scene.loki.wait_stored(20));

  // A broken file changes nothing.
  scene.set_targets("two", "- targets: [");
  second.write(10);
  REQUIRE(scene.loki.wait_stored(30));

  // What was written before a target went is read; it goes on where it was when it comes back.
  first.write(10);
  fs::remove(scene.targets / "one.yml");
  REQUIRE(eventually([&] { return scene.agent.log().find("removing target") != std::string::npos; }));
  REQUIRE(scene.loki.wait_stored(40));
  REQUIRE(
      eventually([&] { return scene.agent.metric("promtail_files_active_total") == 1; }));  // it is closed
  first.write(10);
  CHECK(stays([&] { return scene.loki.stored_count() == 40; }, 500ms));
  scene.set_targets("one", scene.target("a.log", ", app: a"));
  CHECK(scene.require_all({&first, &second}) == 0);
  CHECK(scene.loki.stored_count() == 50);
  scene.agent.stop();
}

TEST_CASE("discovery: a target that goes while Loki is away is read to its end all the same") {
  DiscoveryScene scene;
  scene.agent.top_level = "limits_config: {max_bytes_in_flight: 100kb}\nspool: {mode: \"off\"}\n";
  LogWriter writer("a", scene.logs / "a.log", LogWriter::Format::kPlain, 200);
  scene.set_targets("one", scene.target("a.log"));
  scene.agent.start();
  scene.loki.go_down();
  writer.write(20'000);
  std::filesystem::remove(scene.targets / "one.yml");
  REQUIRE(eventually([&] { return scene.agent.log().find("removing target") != std::string::npos; }));
  scene.loki.come_back();
  scene.require_all({&writer});
  scene.agent.stop();
}

TEST_CASE("discovery: a hundred targets come and go, and nothing stays open") {
  DiscoveryScene scene;
  scene.agent.start();
  const std::size_t open_before = scene.agent.open_files();
  std::size_t expected = 0;
  for (int round = 0; round < 3; ++round) {
    std::string list;
    std::vector<std::unique_ptr<LogWriter>> writers;
    for (int i = 0; i < 100; ++i) {
      const std::string name = fmt::format("{}-{}.log", round, i);
      writers.push_back(std::make_unique<LogWriter>(name, scene.logs / name));
      writers.back()->write(3);
      list += scene.target(name);
    }
    scene.set_targets("many", list);
    REQUIRE(scene.loki.wait_stored(expected += 300));
    scene.set_targets("many", "");
    REQUIRE(eventually([&] { return scene.agent.open_files() <= open_before + 10; }, 15s));
  }
  CHECK(scene.loki.stored_count() == expected);
  scene.agent.stop();
}

TEST_CASE("discovery: the job of the page") {
  DiscoveryScene scene;
  const std::string page = read_page("discovery.md");
  scene.agent.jobs = {
      job_of_page("discovery.md", "/etc/lokitail/targets/*.yml", (scene.targets / "*.yml").string())};
  const std::size_t list_begin = page.find("- targets:");
  std::string list = page.substr(list_begin, page.find("```", list_begin) - list_begin);
  const std::string log = "/srv/shop/logs/*.log";
  list.replace(list.find(log), log.size(), (scene.logs / "*.log").string());
  scene.set_targets("shop", list);
  write_file(scene.logs / "x.log", "hello\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.stored()[0].labels ==
        fmt::format(R"({{app="shop", filename="{}", host="web-1"}})", (scene.logs / "x.log").string()));
  scene.agent.stop();
}

}  // namespace
