#include "agent/discovery/file_sd.h"

#include <catch2/catch.hpp>

#include <filesystem>

#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace lokitail::agent {
namespace {

using namespace lokitail::test;
namespace fs = std::filesystem;

TEST_CASE("lists of targets, as JSON and as YAML", "[discovery]") {
  const std::vector<config::LabelMap> want = {{{"__address__", "a"}, {"job", "x"}},
                                              {{"__address__", "b"}, {"job", "x"}}};
  CHECK(read_target_list(R"([{"targets":["a","b"],"labels":{"job":"x"}}])", "f.json") == want);
  CHECK(read_target_list("- targets: [a, b]\n  labels: {job: x}\n", "f.yml") == want);
  CHECK(read_target_list("", "f.yml").empty());
  CHECK(read_target_list("[]", "f.json").empty());
  CHECK(read_target_list("- labels: {job: x}\n", "f.yml").empty());
  for (const char* wrong :
       {"{}", "[1]", "- targets: a\n  x: y\n", "- targets: {a: b}\n", "- labels: [a]\n", "["}) {
    INFO(wrong);
    CHECK_THROWS_AS(read_target_list(wrong, "f"), config::Error);
  }
}

// Discovery of files in a folder; what it told last, by file name.
struct Watched {
  explicit Watched(const std::string& pattern) {
    config.files = {(folder / pattern).string()};
    config.refresh_interval = std::chrono::hours(1);
    discovery =
        std::make_unique<FileSd>(control, inotify, config, [this](const std::string& group, auto targets) {
          told[fs::path(group).filename()] = std::move(targets);
          ++times;
        });
  }
  ~Watched() { discovery->stop(); }
  bool run_until(const std::function<bool()>& condition) {
    return eventually([&] {
      control.restart();
      control.poll();
      return condition();
    });
  }

  TempDir folder;
  boost::asio::io_context control;
  Inotify inotify{control, [] {}};
  config::FileSdConfig config;
  std::map<std::string, std::vector<config::LabelMap>> told;
  int times = 0;
  std::unique_ptr<FileSd> discovery;
};

TEST_CASE("relative patterns are those of the working directory", "[discovery]") {
  struct WorkingDirectory {
    explicit WorkingDirectory(const fs::path& folder) { fs::current_path(folder); }
    ~WorkingDirectory() { fs::current_path(before); }
    const fs::path before = fs::current_path();
  };
  TempDir folder;
  const WorkingDirectory there(folder.path());
  fs::create_directory("targets");
  write_file("targets/t1.yml", "- targets: [a]\n");
  write_file("here.yml", "- targets: [b]\n");
  const auto [pattern, path, address] =
      GENERATE(table<std::string, std::string, std::string>({{"targets/*.yml", "targets/t1.yml", "a"},
                                                             {"targets/t1.yml", "targets/t1.yml", "a"},
                                                             {"h*.yml", "here.yml", "b"},
                                                             {"here.yml", "here.yml", "b"}}));
  CAPTURE(pattern);
  boost::asio::io_context control;
  Inotify inotify(control, [] {});
  config::FileSdConfig config;
  config.files = {pattern};
  std::map<std::string, std::vector<config::LabelMap>> told;
  FileSd discovery(control, inotify, config,
                   [&told](const std::string& group, auto targets) { told[group] = std::move(targets); });
  discovery.start();
  CHECK(told[path] == std::vector<config::LabelMap>{{{"__address__", address}, {"__meta_filepath", path}}});
  discovery.stop();
}

TEST_CASE("files of targets are read when they come, change and go", "[discovery]") {
  Watched scene("t*.yml");
  write_file(scene.folder / "t1.yml", "- targets: [a]\n");
  write_file(scene.folder / "other.yml", "- targets: [x]\n");
  scene.discovery->start();
  const std::string path = (scene.folder / "t1.yml").string();
  CHECK(scene.told["t1.yml"] ==
        std::vector<config::LabelMap>{{{"__address__", "a"}, {"__meta_filepath", path}}});
  CHECK(scene.times == 1);

  write_file(scene.folder / "new.tmp", "- targets: [b]\n");
  fs::rename(scene.folder / "new.tmp", scene.folder / "t2.yml");
  REQUIRE(scene.run_until([&] { return scene.told.contains("t2.yml"); }));
  CHECK(scene.times == 2);  // the other file has not changed

  write_file(scene.folder / "t1.yml", "- targets: [a, c]\n");
  REQUIRE(scene.run_until([&] { return scene.told["t1.yml"].size() == 2; }));
  write_file(scene.folder / "t1.yml", "- targets: [");
  write_file(scene.folder / "t2.yml", "- targets: [b, d]\n");
  REQUIRE(scene.run_until([&] { return scene.told["t2.yml"].size() == 2; }));
  CHECK(scene.told["t1.yml"].size() == 2);  // broken: what it had stays
  fs::remove(scene.folder / "t1.yml");
  REQUIRE(scene.run_until([&] { return scene.told["t1.yml"].empty(); }));
  CHECK_FALSE(scene.told.contains("other.yml"));
}

}  // namespace
}  // namespace lokitail::agent
