// How soon the first line of a new file is with Loki.
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

// From the write of a line, which new files and folders come with, until it has arrived: `make` gives the
// n-th file and makes the folders that it takes. Each is a first line after a time without any, so it waits
// for `batchwait`.
std::vector<std::chrono::milliseconds> times(Scene& scene, const std::function<fs::path(int)>& make) {
  std::vector<std::chrono::milliseconds> all;
  for (std::size_t n = 0; n < 5; ++n) {
    const fs::path path = make(static_cast<int>(n));
    const Stopwatch watch;
    append_file(path, fmt::format("{}\n", n));
    REQUIRE(scene.loki.wait_stored(n + 1));
    all.push_back(watch.elapsed());
  }
  return all;
}

void check(std::vector<std::chrono::milliseconds> all) {
  std::ranges::sort(all);
  std::cout << "first lines after";
  for (const auto time : all) std::cout << " " << time.count();
  std::cout << " ms\n";
  // Not the best alone, and not the worst, which a busy machine makes.
  CHECK(all[1] < (sanitized() ? 5s : 1200ms));
  CHECK(all.back() < 10s);
}

struct LatencyScene : Scene {
  explicit LatencyScene(const std::string& pattern) : Scene("batchwait: 1s") {
    agent.jobs = {job("app", logs / pattern)};
    // No look at everything comes to help.
    agent.target_keys = "sync_period: 1m";
    agent.start();
  }
};

}  // namespace

TEST_CASE("latency: a new file's first line is with Loki in batchwait and a fifth", "[alone]") {
  LatencyScene scene("*.log");
  check(times(scene, [&](int n) { return scene.logs / fmt::format("{}.log", n); }));
  scene.agent.stop();
}

TEST_CASE("latency: so is that of a file in new folders under a star", "[alone]") {
  LatencyScene scene("*/app/*.log");
  check(times(scene, [&](int n) {
    const fs::path folder = scene.logs / fmt::format("{}", n) / "app";
    fs::create_directories(folder);
    return folder / "x.log";
  }));
  scene.agent.stop();
}

TEST_CASE("latency: so is that of a file in new folders under two stars", "[alone]") {
  LatencyScene scene("**/*.log");
  check(times(scene, [&](int n) {
    const fs::path folder = scene.logs / fmt::format("{}", n) / "deep" / "down";
    fs::create_directories(folder);
    return folder / "x.log";
  }));
  scene.agent.stop();
}
