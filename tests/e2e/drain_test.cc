// -drain-and-exit: the agent as a batch job.
#include "tests/support/scene.h"

#include <csignal>

using namespace lokitail::test;

TEST_CASE("drain-and-exit reads everything, delivers it, and ends") {
  Scene scene("", "pipeline_stages: [{multiline: {firstline: '^\\d'}}]\n");
  scene.agent.arguments = {"-drain-and-exit"};
  LogWriter many("0", scene.logs / "many.log");
  many.write(20'000);
  append_file(scene.logs / "block.log", "1 first\n more\n2 second\n without an end");
  scene.loki.answer(
      [times = 0](const Request&) mutable { return ++times < 3 ? Reply::refuse(503) : Reply::ok(); });
  scene.agent.launch();
  REQUIRE(scene.agent.process().wait(60s) == 0);
  CHECK(scene.loki.stored_count() == 20'002);
  std::vector<std::string> blocks;
  for (const Arrival& entry : scene.loki.stored()) {
    if (entry.labels.find("block.log") != std::string::npos) blocks.push_back(entry.line);
  }
  CHECK(blocks == std::vector<std::string>{"1 first\n more", "2 second\n without an end"});
  // The next run has the rest only.
  append_file(scene.logs / "block.log", "\n3 third\n");
  scene.agent.launch();
  REQUIRE(scene.agent.process().wait(60s) == 0);
  CHECK(scene.loki.lines().back() == "3 third");
}

TEST_CASE("drain-and-exit without any file ends at once") {
  Scene scene;
  scene.agent.arguments = {"-drain-and-exit"};
  scene.agent.launch();
  CHECK(scene.agent.process().wait() == 0);
}

TEST_CASE("drain-and-exit waits for Loki, and says so when it must not") {
  Scene scene;
  scene.agent.arguments = {"-drain-and-exit", "-shutdown.timeout=200ms"};
  scene.loki.answer(Reply::refuse(503));
  append_file(scene.logs / "a.log", "a\n");
  scene.agent.launch();
  REQUIRE(eventually([&] { return scene.loki.request_count() > 3; }));
  CHECK(scene.agent.running());
  scene.agent.process().signal(SIGTERM);
  CHECK(scene.agent.process().wait() != 0);
  CHECK(scene.agent.log().find("stopping before everything is delivered") != std::string::npos);
  // Nothing is lost: the next run delivers it.
  scene.loki.answer(Reply::ok());
  scene.agent.launch();
  CHECK(scene.agent.process().wait() == 0);
  CHECK(scene.loki.lines() == std::vector<std::string>{"a"});
}
