// The agent as a service: it starts, says how it is, stops in time, and goes on where it was.
#include "tests/support/notify_socket.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <csignal>

using namespace lokitail::test;

namespace {

std::string position_line(const LogWriter& log) {
  return fmt::format("{}: \"{}\"", log.path().string(), log.file_bytes());
}

}  // namespace

TEST_CASE("SIGTERM and SIGINT send what is still open, and positions are right afterwards") {
  const int number = GENERATE(SIGTERM, SIGINT);
  Scene scene("batchwait: 1h");
  LogWriter log("a", scene.logs / "a.log");
  log.write(100);
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_read_lines_total") == 100; }));
  CHECK(scene.loki.stored_count() == 0);
  scene.agent.process().signal(number);
  CHECK(scene.agent.process().wait() == 0);
  CHECK(scene.require_all({&log}) == 0);
  CHECK(read_file(scene.agent.positions_file()).find(position_line(log)) != std::string::npos);
  scene.agent.start();
  log.write(100);
  scene.agent.stop();
  CHECK(sanitizer_report(scene.agent.log()) == "");
  CHECK(scene.require_all({&log}) == 0);
}

TEST_CASE("a stop while Loki is down keeps to its deadline, and only the unsettled is sent again") {
  Scene scene("", kDockerStage);
  scene.agent.arguments = {"-shutdown.timeout=1s"};
  LogWriter log("a", scene.logs / "a.log", LogWriter::Format::kDocker);
  log.write(100);
  scene.agent.start();
  scene.require_all({&log});
  scene.loki.go_down();
  log.write(100);
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_batch_retries_total") > 0; }));
  Stopwatch watch;
  scene.agent.stop();
  CHECK(watch.elapsed() < 3s);
  scene.loki.come_back();
  scene.agent.start();
  CHECK(scene.require_all({&log}) == 0);
  CHECK(scene.loki.stored_count() == 200);
  scene.agent.stop();
}

TEST_CASE("a stop while Loki does not answer keeps to its deadline") {
  Scene scene("timeout: 60s");
  scene.agent.arguments = {"-shutdown.timeout=1s"};
  Reply slow;
  slow.delay = 20s;
  slow.store = false;
  scene.loki.answer(slow);
  LogWriter log("a", scene.logs / "a.log");
  log.write(100);
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.loki.request_count() > 0; }));
  Stopwatch watch;
  scene.agent.stop();
  CHECK(watch.elapsed() < 3s);
}

TEST_CASE("a stop while nothing is tailed, and right after the start") {
  Scene scene;
  scene.agent.start();
  Stopwatch watch;
  scene.agent.stop();
  CHECK(watch.elapsed() < 2s);
}

TEST_CASE("positions: nothing is sent again after a restart, whenever the stop came") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  for (int round = 0; round < 5; ++round) {
    log.write(200);
    scene.agent.start();
    log.write(200);
    scene.agent.stop();
  }
  scene.agent.start();
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
}

TEST_CASE("positions are written while the agent runs, no further than what is settled") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  log.write(10);
  scene.agent.start();
  scene.require_all({&log});
  CHECK(eventually(
      [&] { return read_file(scene.agent.positions_file()).find(position_line(log)) != std::string::npos; }));
  const std::string settled = position_line(log);
  scene.loki.answer(Reply::refuse(500));
  log.write(10);
  REQUIRE(eventually([&] { return scene.loki.request_count() >= 3; }));
  CHECK(stays([&] { return read_file(scene.agent.positions_file()).find(settled) != std::string::npos; },
              500ms));
  scene.loki.answer(Reply::ok());
  CHECK(eventually(
      [&] { return read_file(scene.agent.positions_file()).find(position_line(log)) != std::string::npos; }));
  scene.agent.stop();
}

TEST_CASE("the service manager is told: READY=1 when it runs, STOPPING=1 when it stops") {
  Scene scene;
  NotifySocket service_manager(scene.directory / "notify");
  scene.agent.environment["NOTIFY_SOCKET"] = service_manager.path();
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  CHECK(eventually([&] { return service_manager.received().find("READY=1") != std::string::npos; }));
  CHECK(service_manager.received().find("STOPPING=1") == std::string::npos);
  scene.agent.stop();
  CHECK(service_manager.received().find("STOPPING=1") != std::string::npos);
}

TEST_CASE("the service manager's watchdog is fed while the agent is well, and not for another process") {
  Scene scene;
  NotifySocket service_manager(scene.directory / "notify");
  scene.agent.environment["NOTIFY_SOCKET"] = service_manager.path();
  scene.agent.environment["WATCHDOG_USEC"] = "300000";
  const auto fed = [&] {
    const std::string& all = service_manager.received();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = all.find("WATCHDOG=1", at)) != all.npos; ++at) ++count;
    return count;
  };
  scene.agent.start();
  CHECK(eventually([&] { return fed() >= 3; }));
  scene.agent.stop();
  const std::size_t before = fed();

  scene.agent.environment["WATCHDOG_PID"] = "1";
  scene.agent.start();
  scene.agent.stop();
  CHECK(fed() == before);
  CHECK(service_manager.received().find("STOPPING=1") != std::string::npos);
}

TEST_CASE("health: the subcommand asks a running agent") {
  Scene scene;
  scene.agent.start();
  const std::string server = "http://127.0.0.1:" + std::to_string(scene.agent.port());
  const auto ask = [&](const std::string& path) {
    return run({agent_binary(), "health", "--url", server + path});
  };
  CHECK(ask("/healthz").exit_code == 0);
  const Finished unready = ask("/ready");
  CHECK(unready.exit_code == 1);
  CHECK(unready.err.find("Unable to find any logs to tail") != std::string::npos);
  append_file(scene.logs / "a.log", "one\n");
  REQUIRE(scene.agent.wait_ready());
  const Finished ready = ask("/ready");
  CHECK(ready.exit_code == 0);
  CHECK(ready.out == "Ready\n");
  scene.agent.stop();
  const Finished gone = ask("/ready");
  CHECK(gone.exit_code == 1);
  CHECK(gone.err.rfind("lokitail health: ", 0) == 0);
  CHECK(run({agent_binary(), "health", "--url", "ftp://x"}).exit_code == 2);
  CHECK(run({agent_binary(), "health", "--timeout", "soon"}).exit_code == 2);
}

TEST_CASE("health: each part says how it is, since when and why") {
  Scene scene;
  scene.agent.start();
  append_file(scene.logs / "a.log", "one\n");
  REQUIRE(scene.loki.wait_stored(1));
  const std::string url = "http://127.0.0.1:" + std::to_string(scene.agent.port()) + "/readyz";
  const auto part = [&](const std::string& name, const std::string& status) {
    return scene.agent.get("/readyz").body.find("{\"component\":" + name + ",\"status\":\"" + status +
                                                "\",\"since\":\"20") != std::string::npos;
  };
  for (const char* const name : {"\"sources\"", "\"pipeline\"", "\"positions\"", "\"spool\""}) {
    INFO(name);
    CHECK(part(name, "up"));
  }
  CHECK(scene.agent.get("/readyz").body.rfind("{\"status\":\"up\",\"alive\":true,\"ready\":true,", 0) == 0);
  const Finished well = run({agent_binary(), "health", "--url", url});
  CHECK(well.exit_code == 0);
  CHECK(well.out.rfind("status up, alive: yes, ready: yes\n", 0) == 0);
  CHECK(well.out.find("  sources ") != std::string::npos);

  // Loki away: alive, and not ready; a probe of liveness leaves the agent alone.
  scene.loki.answer(Reply::refuse(500, "lost its ring"));
  append_file(scene.logs / "a.log", "two\n");
  REQUIRE(eventually([&] { return scene.agent.get("/readyz").status == 503; }));
  const std::string body = scene.agent.get("/readyz").body;
  CHECK(body.rfind("{\"status\":\"down\",\"alive\":true,\"ready\":false,", 0) == 0);
  CHECK(body.find("{\"component\":\"client\",\"name\":") != std::string::npos);
  CHECK(body.find("lost its ring") != std::string::npos);
  const HttpAnswer alive = scene.agent.get("/healthz");
  CHECK(alive.status == 200);
  CHECK(alive.head.find("application/json") != std::string::npos);
  const Finished unwell = run({agent_binary(), "health", "--url", url});
  CHECK(unwell.exit_code == 1);
  CHECK(unwell.err.find("client ") != std::string::npos);
  CHECK(unwell.err.find("lost its ring") != std::string::npos);
  const Finished as_json = run({agent_binary(), "health", "--url", url, "--format", "json"});
  CHECK(as_json.exit_code == 1);
  CHECK(as_json.out.rfind("{\"status\":\"down\"", 0) == 0);
  CHECK(run({agent_binary(), "health", "--format", "xml"}).exit_code == 2);
  scene.loki.answer(Reply::ok());
  CHECK(eventually([&] { return scene.agent.get("/readyz").status == 200; }));
  scene.agent.stop();
}

TEST_CASE("health: what is worse than it should be, and not down") {
  Scene scene;
  const std::filesystem::path standby = scene.directory / "blocked";
  scene.agent.positions_keys = "sync_period: 50ms";
  scene.agent.start();
  append_file(scene.logs / "a.log", "one\n");
  REQUIRE(scene.loki.wait_stored(1));
  const auto says = [&](const std::string& text) {
    return scene.agent.get("/readyz").body.find(text) != std::string::npos;
  };
  SECTION("a stream that Loki throttles") {
    scene.loki.answer([](const Request& request) {
      return Reply::refuse(429,
                           "entry with timestamp 2026-11-26 ignored, reason: 'Per stream rate limit exceeded "
                           "(limit: 3MB/sec) while attempting to ingest for stream '" +
                               request.entries.front().labels + "' totaling 4B'");
    });
    append_file(scene.logs / "a.log", "two\n");
    CHECK(eventually([&] { return says("Loki throttles streams: 1"); }));
    CHECK(scene.agent.get("/readyz").status == 200);
    scene.loki.answer(Reply::ok());
    CHECK(eventually([&] { return says("{\"status\":\"up\""); }));
  }
  SECTION("positions that cannot be written") {
    const std::filesystem::path folder = scene.agent.positions_file().parent_path();
    std::filesystem::rename(folder, standby);
    append_file(folder.string(), "in its place");
    append_file(scene.logs / "a.log", "two\n");
    CHECK(eventually([&] { return says("{\"component\":\"positions\",\"status\":\"degraded\""); }));
    CHECK(scene.agent.get("/readyz").status == 200);
    std::filesystem::remove(folder);
    std::filesystem::rename(standby, folder);
    CHECK(eventually([&] { return says("{\"component\":\"positions\",\"status\":\"up\""); }));
  }
  scene.agent.stop();
}

TEST_CASE("health: a spool whose disk takes nothing, and a client that fails over, are degraded") {
  Scene scene;
  const auto says = [&](const std::string& text) {
    return scene.agent.get("/readyz").body.find(text) != std::string::npos;
  };
  SECTION("the spool") {
    append_file(scene.directory / "spool", "a file where a folder should be");
    scene.agent.top_level =
        "spool: {mode: always, directory: '" + (scene.directory / "spool").string() + "'}\n";
    scene.agent.start();
    append_file(scene.logs / "a.log", "one\n");
    REQUIRE(scene.loki.wait_stored(1));
    CHECK(says("{\"component\":\"spool\",\"status\":\"degraded\",\"since\":\"20"));
  }
  SECTION("the client") {
    Loki standby;
    scene.agent.clients = {client(scene.loki.url(), "name: main, failover_to: [other], failover_after: 50ms"),
                           client(standby.url(), "name: other")};
    scene.loki.answer(Reply::refuse(500, "lost"));
    scene.agent.start();
    append_file(scene.logs / "a.log", "one\n");
    REQUIRE(standby.wait_stored(1));
    const std::string main = "{\"component\":\"client\",\"name\":\"main\",\"status\":";
    CHECK(eventually([&] { return says(main + "\"degraded\""); }));
    CHECK(says("delivers to " + standby.host()));
    CHECK(says("{\"component\":\"client\",\"name\":\"other\",\"status\":\"up\""));
  }
  CHECK(scene.agent.get("/readyz").status == 200);
  scene.agent.stop();
}

TEST_CASE("health: /healthz, /ready and /readyz say what they mean") {
  Scene scene;
  scene.agent.start();
  CHECK(scene.agent.get("/healthz").status == 200);
  // Nothing to tail.
  const HttpAnswer not_ready = scene.agent.get("/ready");
  CHECK(not_ready.status >= 500);
  CHECK(not_ready.body.find("Unable to find any logs to tail") != std::string::npos);
  CHECK(scene.agent.get("/readyz").status == 503);
  LogWriter log("a", scene.logs / "a.log");
  log.write(1);
  REQUIRE(scene.agent.wait_ready());
  CHECK(scene.agent.get("/ready").body == "Ready");
  scene.require_all({&log});
  CHECK(eventually([&] { return scene.agent.get("/readyz").status == 200; }));
  // Loki refuses.
  scene.loki.answer(Reply::refuse(503, "Ingester not ready: waiting"));
  log.write(1);
  CHECK(eventually([&] { return scene.agent.get("/readyz").status == 503; }));
  CHECK(scene.agent.get("/readyz").body.find("503") != std::string::npos);
  CHECK(scene.agent.get("/ready").status == 200);
  CHECK(scene.agent.get("/healthz").status == 200);
  scene.loki.answer(Reply::ok());
  CHECK(eventually([&] { return scene.agent.get("/readyz").status == 200; }));
  CHECK(scene.agent.get("/nowhere").status == 404);
  scene.agent.stop();
}

TEST_CASE("health_check_target: false makes /ready say yes without targets") {
  Scene scene;
  scene.agent.server_keys = "health_check_target: false";
  scene.agent.start();
  CHECK(scene.agent.get("/ready").status == 200);
  scene.agent.stop();
}

TEST_CASE("metrics have Promtail's names, labels and meanings") {
  Scene scene("tenant_id: team");
  LogWriter log("a", scene.logs / "a.log");
  log.write(50);
  scene.agent.start();
  scene.require_all({&log});
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_sent_entries_total") == 50; }));
  const std::string page = scene.agent.get("/metrics").body;
  INFO(page);
  const std::string host = "host=\"" + scene.loki.host() + "\"";
  const std::string path = "path=\"" + log.path().string() + "\"";
  const auto value = [&page](const char* name, const std::string& labels) {
    return metric_value(page, name, labels);
  };
  CHECK(value("promtail_sent_entries_total", host) == 50);
  CHECK(value("promtail_sent_bytes_total", host) > 0);
  CHECK(value("promtail_encoded_bytes_total", host) > 0);
  for (const char* reason : {"ingester_error", "rate_limited", "stream_limited", "line_too_long"}) {
    const std::string labels = fmt::format("reason=\"{}\"", reason);
    CHECK(value("promtail_dropped_entries_total", labels) == 0);
    CHECK(value("promtail_dropped_bytes_total", labels) == 0);
    CHECK(value("promtail_mutated_entries_total", labels) == 0);
    CHECK(value("promtail_mutated_bytes_total", labels) == 0);
  }
  CHECK(value("promtail_dropped_entries_total", "tenant=\"team\"") == 0);
  CHECK(value("promtail_batch_retries_total", host) == 0);
  CHECK(value("promtail_request_duration_seconds_bucket", "le=\"+Inf\"") >= 1);
  CHECK(value("promtail_request_duration_seconds_count", "status_code=\"204\"") >= 1);
  CHECK(value("promtail_request_duration_seconds_count", host) >= 1);
  CHECK(value("promtail_read_lines_total", path) == 50);
  CHECK(value("promtail_read_bytes_total", path) == static_cast<double>(log.file_bytes()));
  CHECK(value("promtail_file_bytes_total", path) == static_cast<double>(log.file_bytes()));
  CHECK(value("promtail_files_active_total", "") == 1);
  CHECK(value("promtail_targets_active_total", "") == 1);
  CHECK(value("promtail_build_info", "version=") == 1);
  CHECK(value("process_resident_memory_bytes", "") > 0);
  CHECK(page.find("# TYPE promtail_request_duration_seconds histogram") != std::string::npos);
  CHECK(page.find("# TYPE promtail_sent_entries_total counter") != std::string::npos);
  scene.agent.stop();
}

TEST_CASE("metrics say how far behind a file is") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  log.write(10);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  CHECK(eventually([&] { return scene.agent.metric("lokitail_target_lag_bytes") == 0; }));
  scene.loki.answer(Reply::refuse(503, "no"));
  const std::size_t settled = log.file_bytes();
  log.write(10);
  const auto behind = static_cast<double>(log.file_bytes() - settled);
  CHECK(eventually([&] { return scene.agent.metric("lokitail_target_lag_bytes") == behind; }));
  CHECK(eventually([&] { return scene.agent.metric("lokitail_target_lag_seconds") >= 1; }));
  scene.loki.answer(Reply::ok());
  CHECK(eventually([&] { return scene.agent.metric("lokitail_target_lag_bytes") == 0; }));
  CHECK(scene.agent.metric("lokitail_target_lag_seconds") == 0);
  scene.agent.stop();
}

TEST_CASE("metrics of files are as many as files, or one of each kind where that is wanted") {
  const bool per_file = GENERATE(true, false);
  Scene scene;
  scene.agent.server_keys += fmt::format(", per_file_metrics: {}", per_file);
  std::vector<std::unique_ptr<LogWriter>> logs;
  for (int i = 0; i < 5; ++i) {
    logs.push_back(std::make_unique<LogWriter>(fmt::format("w{}", i), scene.logs / fmt::format("{}.log", i)));
    logs.back()->write(10);
  }
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(50));
  const std::vector<std::string> names = {"promtail_read_bytes_total", "promtail_file_bytes_total",
                                          "promtail_read_lines_total", "lokitail_settled_bytes_total",
                                          "lokitail_target_lag_bytes", "lokitail_target_lag_seconds"};
  const auto series = [&](const std::string& name) {
    const std::string page = scene.agent.get("/metrics").body;
    std::size_t count = 0;
    for (std::size_t at = page.find("\n" + name); at != page.npos; at = page.find("\n" + name, at + 1))
      ++count;
    return count;
  };
  for (const std::string& name : names) {
    INFO(name);
    CHECK(series(name) == (per_file ? 5 : 1));
  }
  CHECK((scene.agent.get("/metrics").body.find("path=\"") != std::string::npos) == per_file);
  if (!per_file) {
    CHECK(scene.agent.metric("promtail_read_lines_total") == 50);
    CHECK(eventually([&] { return scene.agent.metric("lokitail_target_lag_bytes") == 0; }));
    CHECK(scene.agent.metric("promtail_read_bytes_total") == scene.agent.metric("promtail_file_bytes_total"));
  }
  for (int i = 1; i < 5; ++i) std::filesystem::remove(scene.logs / fmt::format("{}.log", i));
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_files_active_total") == 1; }, 20s));
  // Series of files that are gone go with them; what was counted stays counted in the sum.
  for (const std::string& name : names) CHECK(series(name) == 1);
  CHECK(scene.agent.metric("promtail_read_lines_total") == (per_file ? 10 : 50));
  scene.agent.stop();
}

TEST_CASE("the HTTP server survives what is not HTTP, and many who ask at once") {
  Scene scene;
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  const std::string noise(100000, '\xff');
  http_post(scene.agent.port(), "/" + noise, noise, noise);
  http_get(scene.agent.port(), std::string("/\r\n\0\x01 HTTP/9.9", 15));
  std::vector<std::thread> askers;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 20; ++i) {
    askers.emplace_back([&] {
      for (int n = 0; n < 20; ++n) answered += scene.agent.get("/metrics").status == 200;
    });
  }
  for (std::thread& asker : askers) asker.join();
  CHECK(answered == 400);
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
}
