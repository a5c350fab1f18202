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

TEST_CASE("target_rate: one noisy file waits, and the others of its job do not") {
  Scene scene;
  scene.agent.top_level = "limits_config: {target_rate: 40, target_burst: 10}\n";
  LogWriter noisy("noisy", scene.logs / "noisy.log");
  noisy.write(110);
  Stopwatch watch;
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  LogWriter quiet("quiet", scene.logs / "quiet.log");
  quiet.write(8);
  REQUIRE(eventually([&] { return missing_lines(scene.loki.stored(), {&quiet}).empty(); }));
  CHECK(watch.elapsed() < 2s);
  CHECK(scene.agent.metric("lokitail_limit", "limit=\"target_rate\"") == 40);
  CHECK(scene.agent.metric("lokitail_limit_hits_total", "limit=\"target_rate\"") > 0);
  CHECK(scene.require_all({&noisy, &quiet}) == 0);
  CHECK(watch.elapsed() >= 2300ms);
  scene.agent.stop();
}

TEST_CASE("target_rate: what is over it is dropped and counted, where that is wanted") {
  Scene scene;
  scene.agent.top_level = "limits_config: {target_rate: 1, target_burst: 20, target_rate_drop: true}\n";
  LogWriter noisy("noisy", scene.logs / "noisy.log");
  LogWriter quiet("quiet", scene.logs / "quiet.log");
  noisy.write(1000);
  quiet.write(15);
  scene.agent.start();
  const auto dropped = [&] {
    return scene.agent.metric("logentry_dropped_lines_total", "reason=\"target_rate_limiter_drop\"");
  };
  REQUIRE(eventually([&] { return dropped() >= 970; }));
  REQUIRE(eventually([&] { return missing_lines(scene.loki.stored(), {&quiet}).empty(); }));
  REQUIRE(eventually([&] { return static_cast<double>(scene.loki.stored_count()) + dropped() == 1015; }));
  CHECK(scene.loki.stored_count() >= 35);
  CHECK(scene.loki.stored_count() < 50);
  CHECK(scene.agent.metric("lokitail_limit_hits_total", "limit=\"target_rate\"") == dropped());
  scene.agent.stop();
}

TEST_CASE("target_rate: a stop while lines wait is quick, and nothing is lost or sent twice") {
  Scene scene;
  scene.agent.top_level = "limits_config: {target_rate: 30, target_burst: 20}\nworkers: 2\n";
  LogWriter log("a", scene.logs / "a.log");
  log.write(100);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(20));
  Stopwatch watch;
  scene.agent.stop();
  CHECK(watch.elapsed() < 3s);
  CHECK(scene.loki.stored_count() < 100);
  scene.agent.start();
  std::filesystem::rename(scene.logs / "a.log", scene.logs / "a.log.1");
  CHECK(scene.require_all({&log}) == 0);
  CHECK(scene.loki.stored_count() == 100);
  scene.agent.stop();
}

TEST_CASE("cpu_share: the agent keeps below it, about, and all is delivered", "[alone]") {
  if (sanitized()) return skip("sanitizers have a speed of their own");
  Scene scene("",
              "pipeline_stages:\n- regex: {expression: '(?P<a>[a-z]+).*(?P<b>[0-9]+).*x?'}\n- labels: {}\n");
  scene.agent.top_level = "limits_config: {cpu_share: 0.1}\n";
  LogWriter log("a", scene.logs / "a.log");
  log.write(300'000);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(20'000));
  const double used = scene.agent.metric("process_cpu_seconds_total");
  Stopwatch watch;
  REQUIRE(eventually([&] { return watch.elapsed() >= 2s || scene.loki.stored_count() >= 300'000; }));
  const double seconds = std::chrono::duration<double>(watch.elapsed()).count();
  const double share = (scene.agent.metric("process_cpu_seconds_total") - used) / seconds;
  INFO(share);
  CHECK(scene.loki.stored_count() < 300'000);
  CHECK(share < 0.2);
  CHECK(scene.agent.metric("lokitail_limit_hits_total", "limit=\"cpu_share\"") > 0);
  scene.agent.stop();
}
