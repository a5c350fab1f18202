// Files that have more and do not get on: told once, counted, and on the page.
#include "tests/support/scene.h"

using namespace lokitail::test;

namespace {

constexpr const char* kStuck = "makes no progress";

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("stuck: a file that nothing is delivered of is told once with the reason, and goes on") {
  Scene scene;
  scene.agent.target_keys = "sync_period: 200ms, stuck_after: 500ms";
  scene.agent.top_level = "spool: {mode: 'off'}\n";
  LogWriter log("a", scene.logs / "a.log");
  log.write(10);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  CHECK(stays([&] { return scene.agent.metric("lokitail_target_stuck") == 0; }, 1s));
  scene.loki.answer(Reply::refuse(503, "no room at the inn"));
  log.write(10);
  REQUIRE(eventually([&] { return scene.agent.metric("lokitail_target_stuck") == 1; }));
  CHECK(scene.agent.get("/api/v1/targets").body.find("\"state\":\"stuck\"") != std::string::npos);
  CHECK(scene.agent.get("/api/v1/status").body.find("\"stuck_targets\":1") != std::string::npos);
  CHECK(stays([&] { return count_of(scene.agent.log(), kStuck) == 1; }, 1500ms));
  CHECK(scene.agent.log().find("does not deliver") != std::string::npos);
  scene.loki.answer(Reply::ok());
  REQUIRE(eventually([&] { return scene.agent.metric("lokitail_target_stuck") == 0; }));
  CHECK(scene.agent.log().find("a target goes on") != std::string::npos);
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
}

TEST_CASE("stuck: a line without an end is not, nor is anything where nobody wants to know") {
  const bool wants_to_know = GENERATE(true, false);
  Scene scene;
  scene.agent.target_keys = wants_to_know ? "sync_period: 200ms, stuck_after: 300ms" : "stuck_after: 0s";
  scene.agent.top_level = "spool: {mode: 'off'}\n";
  append_file(scene.logs / "a.log", "one\nand the begin");
  if (!wants_to_know) scene.loki.answer(Reply::refuse(503, "no"));
  scene.agent.start();
  if (wants_to_know) REQUIRE(scene.loki.wait_stored(1));
  CHECK(stays([&] { return scene.agent.metric("lokitail_target_stuck") == 0; }, 1500ms));
  CHECK(scene.agent.log().find(kStuck) == std::string::npos);
  if (wants_to_know) scene.agent.stop();
}
