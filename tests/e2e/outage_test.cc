// Loki slow, gone, or cutting connections: everything arrives in the end, in bounded memory.
#include "tests/support/scene.h"

#include <atomic>

using namespace lokitail::test;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;
// The design's bound for the resident memory while Loki is down.
constexpr std::size_t kMemoryBound = 40 * kMiB;

Loki::Rule first(int count, Reply reply) {
  return [left = std::make_shared<std::atomic<int>>(count), reply = std::move(reply)](const Request&) {
    return left->fetch_sub(1) > 0 ? reply : Reply::ok();
  };
}

}  // namespace

TEST_CASE("answers slower than the client's timeout: sent again, and taken twice as the same entry") {
  Scene scene("timeout: 300ms");
  Reply slow;
  slow.delay = 1s;
  scene.loki.answer(first(2, slow));
  LogWriter log("a", scene.logs / "a.log");
  log.write(20);
  scene.agent.start();
  CHECK(eventually([&] { return scene.loki.stored_count() >= 60; }));
  CHECK(scene.require_all({&log}) == 40);
  CHECK(scene.agent.metric("promtail_request_duration_seconds_count", "status_code=\"-1\"") >= 2);
  scene.agent.stop();
}

TEST_CASE("connections cut before anything is stored") {
  Scene scene;
  Reply cut = Reply::refuse(500);
  cut.cut = true;
  scene.loki.answer(first(3, cut));
  LogWriter log("a", scene.logs / "a.log");
  log.write(20);
  scene.agent.start();
  CHECK(scene.require_all({&log}) == 0);
  CHECK(scene.loki.request_count() >= 4);
  scene.agent.stop();
}

TEST_CASE("connections cut after everything is stored: duplicates, but identical ones") {
  Scene scene;
  Reply cut;
  cut.cut = true;
  scene.loki.answer(first(3, cut));
  LogWriter log("a", scene.logs / "a.log");
  log.write(20);
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.loki.stored_count() >= 80; }));
  CHECK(scene.require_all({&log}) == 60);
  scene.agent.stop();
}

TEST_CASE("connections that were closed while idle cost nothing") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  scene.agent.start();
  for (int round = 0; round < 3; ++round) {
    log.write(5);
    scene.require_all({&log});
    scene.loki.go_down();
    scene.loki.come_back();
  }
  CHECK(scene.loki.stored_count() == 15);
  scene.agent.stop();
}

TEST_CASE("Loki is down: memory stays bounded, and nothing is lost", "[alone]") {
  Scene scene("", kDockerStage);
  LogWriter a("a", scene.logs / "a.log", LogWriter::Format::kDocker, 200);
  LogWriter b("b", scene.logs / "b.log", LogWriter::Format::kDocker, 200);
  scene.agent.start();
  a.write(100);
  b.write(100);
  scene.require_all({&a, &b});
  scene.loki.go_down();
  // About 60 MB, far more than may be held.
  for (int round = 0; round < 200; ++round) {
    a.write(500);
    b.write(500);
  }
  // Long enough that everything that the agent would read and keep is read.
  CHECK(stays([&] { return sanitized() || scene.agent.resident() < kMemoryBound; }, 4s));
  CHECK(scene.agent.get("/healthz").status == 200);
  CHECK(scene.agent.get("/readyz").status == 503);
  scene.loki.come_back();
  CHECK(scene.require_all({&a, &b}, 60s) == 0);
  CHECK(scene.agent.get("/readyz").status == 200);
  const std::size_t peak = scene.agent.peak_resident();
  std::cout << "peak resident memory: " << peak / 1024 << " KiB\n";
  if (!sanitized()) CHECK(peak < kMemoryBound);
  scene.agent.stop();
}

TEST_CASE("Loki is down while files are rotated away: no generation is lost") {
  Scene scene("", kDockerStage);
  LogWriter log("a", scene.logs / "a.log", LogWriter::Format::kDocker, 500);
  scene.agent.start();
  log.write(10);
  scene.require_all({&log});
  scene.loki.go_down();
  // Each generation is larger than what the agent may hold back is likely to be; the oldest leaves
  // the folder while the agent still reads it.
  for (int generation = 0; generation < 2; ++generation) {
    for (int chunk = 0; chunk < 10; ++chunk) log.write(1000);
    // The agent must have seen the present file before its name goes to another.
    REQUIRE(stays([&] { return scene.agent.running(); }, 500ms));
    log.rotate(3);
    log.write(1);
  }
  REQUIRE(stays([&] { return scene.agent.running(); }, 500ms));
  scene.loki.come_back();
  CHECK(scene.require_all({&log}, 60s) == 0);
  scene.agent.stop();
}

TEST_CASE("Loki is down when the agent starts") {
  Scene scene;
  scene.loki.go_down();
  LogWriter log("a", scene.logs / "a.log");
  log.write(100);
  scene.agent.start();
  CHECK(eventually([&] { return scene.agent.metric("promtail_batch_retries_total") >= 2; }));
  scene.loki.come_back();
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
}
