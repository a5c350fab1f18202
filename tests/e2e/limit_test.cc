// The stage `limit` that waits: it holds back the reading of its job, loses nothing and keeps the
// order.
#include "tests/support/scene.h"

#include <fmt/format.h>

using namespace lokitail::test;

namespace {

std::string limit(double rate, int burst) {
  return fmt::format("pipeline_stages:\n- limit: {{rate: {}, burst: {}}}\n", rate, burst);
}

}  // namespace

TEST_CASE("limit: lines that wait arrive at the rate, in order, and no other job waits for them") {
  Scene scene("", limit(40, 10));
  std::filesystem::create_directories(scene.directory / "other");
  scene.agent.jobs.push_back(job("other", scene.directory / "other" / "*.log"));
  LogWriter slow("slow", scene.logs / "a.log");
  LogWriter fast("fast", scene.directory / "other" / "b.log");
  slow.write(110);
  Stopwatch watch;
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  fast.write(1000);
  REQUIRE(eventually([&] { return scene.loki.stored_count() >= 1000; }));
  CHECK(scene.agent.get("/healthz").status == 200);
  CHECK(scene.require_all({&slow, &fast}) == 0);
  // 10 at once and up to 4 in advance, the others at 40 a second.
  CHECK(watch.elapsed() >= 2300ms);
  scene.agent.stop();
}

TEST_CASE("limit: a stop while lines wait is quick, and the next start goes on where it was") {
  // Inside of a match, and with pushes that hold few lines, so that Loki sees what there is.
  Scene scene("",
              "pipeline_stages:\n- match:\n    selector: '{job=\"app\"}'\n    stages:\n"
              "    - limit: {rate: 10, burst: 20}\n");
  LogWriter log("a", scene.logs / "a.log");
  log.write(100);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(20));
  CHECK(scene.loki.stored_count() < 100);
  Stopwatch watch;
  scene.agent.stop();
  CHECK(watch.elapsed() < 3s);
  const std::size_t before = scene.loki.stored_count();
  CHECK(before < 100);
  for (int round = 0; round < 10 && scene.loki.stored_count() < 100; ++round) {
    const std::size_t stored = scene.loki.stored_count();
    scene.agent.start();
    REQUIRE(scene.loki.wait_stored(std::min<std::size_t>(100, stored + 15)));
    scene.agent.stop();
  }
  CHECK(scene.require_all({&log}) == 0);
  CHECK(scene.loki.stored_count() == 100);
}

TEST_CASE("limit: what is rotated away while lines wait is read to its end") {
  Scene scene("", limit(200, 50));
  LogWriter log("a", scene.logs / "a.log");
  log.write(200);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(50));
  log.rotate();
  log.write(100);
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
}

TEST_CASE("limit: the limit on lines of all jobs waits too") {
  Scene scene;
  scene.agent.top_level =
      "limits_config: {readline_rate_enabled: true, readline_rate: 100, readline_burst: 10, "
      "readline_rate_drop: false}\n";
  LogWriter one("one", scene.logs / "a.log");
  LogWriter two("two", scene.logs / "b.log");
  one.write(100);
  two.write(100);
  Stopwatch watch;
  scene.agent.start();
  CHECK(scene.require_all({&one, &two}) == 0);
  CHECK(watch.elapsed() >= 1700ms);
  scene.agent.stop();
}
