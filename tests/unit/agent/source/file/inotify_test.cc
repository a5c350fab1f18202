#include "agent/source/file/inotify.h"

#include <sys/inotify.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "agent/source/file/watched_folder.h"
#include "tests/support/temp_dir.h"

namespace lokitail::agent {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint32_t kComings = IN_CREATE | IN_DELETE;

struct InotifyScene {
  bool eventually(const std::function<bool()>& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io.restart();
      io.run_for(5ms);
    }
    return true;
  }
  void touch(const std::string& name) const { lokitail::test::write_file(folder / name, "x"); }

  lokitail::test::TempDir dir;
  fs::path folder = dir / "folder";
  boost::asio::io_context io;
  int overflows = 0;
  Inotify inotify{io, [this] { ++overflows; }};
};

struct EventList final : InotifyListener {
  void inotify_event(std::uint32_t mask, std::string_view name) override {
    masks |= mask;
    names.emplace_back(name);
  }
  std::uint32_t masks = 0;
  std::vector<std::string> names;
};

TEST_CASE("inotify: listeners of one folder share its watch, and each is told until it leaves") {
  InotifyScene scene;
  fs::create_directory(scene.folder);
  EventList first, second;
  const auto watch = scene.inotify.add(scene.folder, IN_CREATE, first);
  REQUIRE(watch != Inotify::kNoWatch);
  CHECK(scene.inotify.add(scene.folder, IN_DELETE, second) == watch);
  CHECK(scene.inotify.watches() == 1);
  scene.touch("a");
  REQUIRE(scene.eventually([&] { return !first.names.empty() && !second.names.empty(); }));
  CHECK(first.names == std::vector<std::string>{"a"});

  scene.inotify.remove(watch, first);
  CHECK(scene.inotify.watches() == 1);
  fs::remove(scene.folder / "a");
  REQUIRE(scene.eventually([&] { return (second.masks & IN_DELETE) != 0; }));
  CHECK(first.names.size() == 1);
  scene.inotify.remove(watch, second);
  CHECK(scene.inotify.watches() == 0);
}

TEST_CASE("inotify: what is lost in the kernel's queue is told as an overflow") {
  InotifyScene scene;
  fs::create_directory(scene.folder);
  const std::size_t room = std::stoul(lokitail::test::read_file("/proc/sys/fs/inotify/max_queued_events"));
  REQUIRE(room > 0);
  if (room > 200'000) {
    WARN("skipped: fs.inotify.max_queued_events is too large to be filled here");
    return;
  }
  EventList listener;
  const auto watch = scene.inotify.add(scene.folder, kComings, listener);
  // Two events each; equal ones in a row would be told as one.
  for (std::size_t i = 0; i <= room / 2; ++i) {
    scene.touch("a");
    fs::remove(scene.folder / "a");
  }
  REQUIRE(scene.eventually([&] { return scene.overflows > 0; }));
  CHECK(scene.overflows == 1);
  CHECK(listener.names.size() >= room - 1);
  scene.inotify.remove(watch, listener);
}

TEST_CASE("watched folder: it is watched from when it is there, and no longer than it is") {
  InotifyScene scene;
  std::vector<std::string> names;
  auto folder = std::make_unique<WatchedFolder>(
      scene.inotify, scene.folder, kComings | IN_DELETE_SELF,
      [&names](std::uint32_t, std::string_view name) { names.emplace_back(name); });
  CHECK_FALSE(folder->watch());
  CHECK(errno == ENOENT);
  CHECK_FALSE(folder->is_on());

  fs::create_directory(scene.folder);
  CHECK(folder->watch());
  CHECK(folder->watch());
  CHECK(scene.inotify.watches() == 1);
  scene.touch("a");
  REQUIRE(scene.eventually([&] { return names == std::vector<std::string>{"a"}; }));

  fs::remove_all(scene.folder);
  REQUIRE(scene.eventually([&] { return !folder->is_on(); }));
  CHECK(scene.inotify.watches() == 0);
  fs::create_directory(scene.folder);
  names.clear();
  CHECK(folder->watch());
  scene.touch("b");
  REQUIRE(scene.eventually([&] { return names == std::vector<std::string>{"b"}; }));

  folder.reset();
  CHECK(scene.inotify.watches() == 0);
}

}  // namespace
}  // namespace lokitail::agent
