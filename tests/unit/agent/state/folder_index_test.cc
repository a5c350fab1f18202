#include "agent/state/folder_index.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"

namespace lokitail::agent {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct IndexScene {
  IndexScene() { fs::create_directory(folder); }

  void write(const std::string& name) const { lokitail::test::write_file(folder / name, "x"); }
  std::uint64_t inode(const std::string& name) const {
    struct stat facts {};
    REQUIRE(::stat((folder / name).c_str(), &facts) == 0);
    return facts.st_ino;
  }
  std::vector<std::string> names() { return index.folder(folder).names; }
  bool has(const std::string& name) {
    const auto all = names();
    return std::find(all.begin(), all.end(), name) != all.end();
  }

  lokitail::test::TempDir dir;
  fs::path folder = dir / "logs";
  FolderIndex index;
};

TEST_CASE("folder index: a file is found by its inode under the name that it has now") {
  IndexScene scene;
  scene.write("app.log");
  const std::uint64_t inode = scene.inode("app.log");
  fs::rename(scene.folder / "app.log", scene.folder / "app.log.1");
  const std::string path = scene.folder / "app.log";
  CHECK(scene.index.find(path, inode) == std::vector<std::string>{path + ".1"});
  CHECK(scene.index.find(path, inode + 1'000'000).empty());
  CHECK(scene.index.complete(path));
}

TEST_CASE("folder index: a folder is read again where it may have changed, and only when that is asked for") {
  IndexScene scene;
  scene.write("one");
  CHECK(scene.has("one"));
  scene.write("two");
  CHECK_FALSE(scene.has("two"));
  scene.index.look_again();  // the folder has changed a moment ago, and may have done so twice
  CHECK(scene.has("two"));

  // Its time is all that is asked for, which shows by a change that it does not tell.
  const auto long_ago = fs::file_time_type::clock::now() - 10s;
  fs::last_write_time(scene.folder, long_ago);
  scene.index.look_again();
  CHECK(scene.has("two"));
  scene.write("three");
  fs::last_write_time(scene.folder, long_ago);
  scene.index.look_again();
  CHECK_FALSE(scene.has("three"));
  scene.write("four");
  scene.index.look_again();
  CHECK(scene.has("four"));
  CHECK(scene.has("three"));
}

TEST_CASE("folder index: a folder that is not there is known to be empty until it is made") {
  IndexScene scene;
  const std::string path = scene.dir / "none" / "app.log";
  CHECK(scene.index.find(path, 1).empty());
  CHECK(scene.index.complete(path));
  fs::create_directory(scene.dir / "none");
  lokitail::test::write_file(path, "x");
  scene.index.look_again();
  CHECK(scene.index.folder(scene.dir / "none").names == std::vector<std::string>{"app.log"});
}

}  // namespace
}  // namespace lokitail::agent
