// Another configuration for a running agent.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "tests/support/scene.h"

namespace {

using namespace lokitail::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string with_label(const std::string& value) {
  return "pipeline_stages:\n- static_labels: {version: '" + value + "'}\n";
}

std::string syslog_job(std::uint16_t port) {
  return fmt::format("- job_name: taken\n  syslog: {{listen_address: '127.0.0.1:{}', labels: {{job: s}}}}\n",
                     port);
}

fs::path make_folder(const fs::path& path) {
  fs::create_directories(path);
  return path;
}

class ReloadScene : public Scene {
 public:
  LogWriter app{"app", logs / "app.log"};
  const fs::path folder = make_folder(directory / "other");
  LogWriter other{"other", folder / "other.log"};

  ReloadScene() : Scene("", with_label("0")) { agent.jobs.push_back(job("other", folder / "*.log")); }
  // With ten lines that have arrived.
  void start() {
    agent.start();
    app.write(10);
    REQUIRE(loki.wait_stored(10));
  }
  void set_version(const std::string& value) {
    agent.jobs[0] = job("app", logs / "*.log", with_label(value));
  }
  std::size_t of_version(const std::string& value) const {
    std::size_t lines = 0;
    for (const Arrival& arrival : loki.stored()) {
      if (arrival.labels.find(fmt::format("version=\"{}\"", value)) != std::string::npos) ++lines;
    }
    return lines;
  }
  double reloads() const { return agent.metric("promtail_config_reload_success_total"); }
  double failures() const { return agent.metric("promtail_config_reload_fail_total"); }
  bool wait_reloads(double count) const {
    return eventually([&] { return reloads() == count; });
  }
  std::size_t tailed(const std::string& name) const { return said("path=", name, "msg=\"tailing file\""); }
  std::size_t said(const std::string& a, const std::string& b = "", const std::string& c = "") const {
    std::size_t lines = 0;
    const std::string log = agent.log();
    for (std::size_t at = 0; at < log.size();) {
      const std::size_t end = std::min(log.find('\n', at), log.size());
      const std::string_view line = std::string_view(log).substr(at, end - at);
      const auto has = [&line](const std::string& text) { return line.find(text) != line.npos; };
      if (has(a) && has(b) && has(c)) ++lines;
      at = end + 1;
    }
    return lines;
  }
};

TEST_CASE("reload: a job's stages change between two lines, and other jobs do not notice") {
  ReloadScene scene;
  scene.agent.start();
  scene.app.write(10);
  scene.other.write(10);
  REQUIRE(scene.loki.wait_stored(20));
  scene.set_version("1");
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(1));
  scene.app.write(10);
  scene.other.write(10);
  CHECK(scene.require_all({&scene.app, &scene.other}) == 0);
  CHECK(scene.of_version("0") == 10);
  CHECK(scene.of_version("1") == 10);
  CHECK(scene.tailed("app.log") == 2);
  CHECK(scene.tailed("other.log") == 1);
  // Counters go on.
  CHECK(eventually([&] { return scene.agent.metric("lokitail_job_lines_total", R"(job="app")") == 20; }));
  CHECK(scene.agent.metric("lokitail_job_lines_total", R"(job="other")") == 20);
  CHECK(scene.agent.get("/config").body.find("version: ") != std::string::npos);
  scene.agent.stop();
}

TEST_CASE("reload: a hundred of them while lines flow, and rotations, lose and repeat none") {
  ReloadScene scene;
  scene.agent.start();
  std::atomic<bool> stops = false;
  std::thread writing([&] {
    for (int i = 0; !stops; ++i) {
      scene.app.write(20);
      scene.other.write(20);
      if (i % 40 == 39) scene.app.rotate(1000);
      std::this_thread::sleep_for(1ms);
    }
  });
  bool all = true;
  for (int i = 1; i <= 100 && all; ++i) {
    scene.set_version(std::to_string(i));
    scene.agent.reload();
    all = scene.wait_reloads(i);
  }
  stops = true;
  writing.join();
  CHECK(all);
  CHECK(scene.failures() == 0);
  CHECK(scene.require_all({&scene.app, &scene.other}) == 0);
  CHECK(scene.tailed("other.log") == 1);
  scene.agent.stop();
}

TEST_CASE("reload: jobs come and go") {
  ReloadScene scene;
  scene.agent.start();
  scene.app.write(10);
  scene.other.write(10);
  REQUIRE(scene.loki.wait_stored(20));
  const auto jobs = scene.agent.jobs;
  scene.agent.jobs = {jobs[1]};
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(1));
  scene.app.write(10);
  scene.other.write(10);
  REQUIRE(scene.loki.wait_stored(30));
  CHECK(eventually([&] { return scene.said("jobs_that_go=1", "jobs_that_come=0") == 1; }));
  // What was written in the meantime is read when the job is back.
  scene.agent.jobs = jobs;
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(2));
  CHECK(scene.require_all({&scene.app, &scene.other}) == 0);
  scene.agent.stop();
}

TEST_CASE("reload: a wrong configuration changes nothing and says why") {
  ReloadScene scene;
  scene.start();
  SECTION("in its form") { scene.agent.jobs[0] = job("app", scene.logs / "*.log", "pipeline_stagse: []\n"); }
  SECTION("in a stage") {
    scene.agent.jobs[0] = job("app", scene.logs / "*.log", "pipeline_stages:\n- regex: {expression: '('}\n");
  }
  SECTION("in another block") { scene.agent.top_level = "spool: {mode: sometimes}\n"; }
  scene.agent.reload();
  REQUIRE(eventually([&] { return scene.failures() == 1; }));
  CHECK(scene.reloads() == 0);
  CHECK_THAT(scene.agent.log(),
             Catch::Contains("the configuration was not reloaded") && Catch::Contains("config.yaml:"));
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  CHECK(scene.tailed("app.log") == 1);
  scene.agent.stop();
}

TEST_CASE("reload: a job that cannot be started gives its place back to what it was") {
  ReloadScene scene;
  scene.start();
  // The agent's own port is taken.
  scene.agent.jobs.push_back(syslog_job(scene.agent.port()));
  scene.set_version("1");
  scene.agent.reload();
  REQUIRE(eventually([&] { return scene.failures() == 1; }));
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  CHECK(scene.of_version("0") == 20);
  scene.agent.stop();
}

TEST_CASE("reload: over HTTP, where the configuration allows it") {
  ReloadScene scene;
  SECTION("not by default") {
    scene.agent.start();
    CHECK(scene.agent.get("/reload").status == 404);
  }
  SECTION("with enable_runtime_reload") {
    scene.agent.server_keys = "enable_runtime_reload: true";
    scene.start();
    scene.set_version("1");
    scene.agent.write_config();
    CHECK(scene.agent.get("/reload").status == 200);
    CHECK(scene.reloads() == 1);
    scene.app.write(10);
    CHECK(scene.require_all({&scene.app}) == 0);
    CHECK(scene.of_version("1") == 10);
    scene.agent.jobs[0] = "nonsense";
    scene.agent.write_config();
    const auto answer = scene.agent.get("/reload");
    CHECK(answer.status == 500);
    CHECK_THAT(answer.body, Catch::StartsWith("failed to reload config: "));
  }
  scene.agent.stop();
}

// What several Lokis have stored, as if it were one.
std::vector<Arrival> stored_by(std::initializer_list<const Loki*> lokis) {
  std::vector<Arrival> all;
  for (const Loki* const loki : lokis) {
    const auto stored = loki->stored();
    all.insert(all.end(), stored.begin(), stored.end());
  }
  return all;
}

TEST_CASE("reload: other clients take over between two pushes, while sources and counters go on") {
  ReloadScene scene;
  Loki second;
  scene.agent.start();
  std::atomic<bool> stops = false;
  std::thread writing([&] {
    for (int i = 0; !stops; ++i) {
      scene.app.write(20);
      if (i % 40 == 39) scene.app.rotate(1000);
      std::this_thread::sleep_for(1ms);
    }
  });
  bool all = true;
  for (int i = 1; i <= 10 && all; ++i) {
    scene.agent.clients = {client(i % 2 == 0 ? scene.loki.url() : second.url())};
    scene.agent.reload();
    all = scene.wait_reloads(i);
  }
  stops = true;
  writing.join();
  CHECK(all);
  CHECK(eventually([&] { return scene.loki.stored_count() + second.stored_count() >= scene.app.written(); }));
  const auto stored = stored_by({&scene.loki, &second});
  CHECK(missing_lines(stored, {&scene.app}).empty());
  CHECK(stored.size() == scene.app.written());
  CHECK(second.stored_count() > 0);
  CHECK(scene.said("Starting lokitail") == 1);
  // The loss ledger agrees, too.
  const auto lines = static_cast<double>(scene.app.written());
  CHECK(eventually([&] { return scene.agent.metric("lokitail_job_lines_total", R"(job="app")") == lines; }));
  CHECK(scene.agent.metric("promtail_sent_entries_total", fmt::format("host=\"{}\"", scene.loki.host())) +
            scene.agent.metric("promtail_sent_entries_total", fmt::format("host=\"{}\"", second.host())) ==
        lines);
  scene.agent.stop();
}

TEST_CASE("reload: what a client could not deliver goes to the one in its place") {
  ReloadScene scene;
  Loki second;
  scene.agent.arguments = {"-shutdown.timeout=300ms"};
  SECTION("without a name, by its place") {}
  SECTION("by its name, with a spool") {
    scene.agent.clients = {client(scene.loki.url(), "name: main")};
    scene.agent.top_level = "spool: {mode: always}\n";
  }
  SECTION("beside another, which goes on") {
    scene.agent.clients = {client(scene.loki.url(), "name: main"), client(second.url(), "name: other")};
  }
  const bool has_other = scene.agent.clients.size() == 2;
  scene.loki.go_down();
  scene.agent.start();
  scene.app.write(50);
  if (has_other) REQUIRE(second.wait_stored(50));
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_batch_retries_total") > 1; }));
  Loki third;
  std::string& changed = scene.agent.clients[0];
  changed = client(third.url(), changed.find("name: main") == changed.npos ? "" : "name: main");
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(1));
  scene.app.write(50);
  const Verdict verdict = wait_for_all(third, {&scene.app});
  INFO(verdict.problems);
  CHECK(verdict.complete);
  CHECK(verdict.duplicates == 0);
  if (has_other) CHECK(wait_for_all(second, {&scene.app}).duplicates == 0);
  scene.agent.stop();
  // All of it is settled.
  scene.agent.start();
  scene.app.write(1);
  CHECK(third.wait_stored(101));
  CHECK(stays([&] { return third.stored_count() == 101; }, 300ms));
  scene.agent.stop();
}

TEST_CASE("reload: what a client has not delivered that is no more is dropped, and counted") {
  ReloadScene scene;
  Loki second;
  scene.agent.arguments = {"-shutdown.timeout=300ms"};
  scene.agent.clients = {client(second.url(), "name: stays"), client(scene.loki.url(), "name: goes")};
  scene.loki.go_down();
  scene.agent.start();
  scene.app.write(50);
  REQUIRE(second.wait_stored(50));
  scene.agent.clients.pop_back();
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(1));
  CHECK(scene.agent.metric("lokitail_client_entries_total",
                           R"(client="goes",outcome="dropped",reason="client_removed")") == 50);
  scene.app.write(50);
  CHECK(wait_for_all(second, {&scene.app}).duplicates == 0);
  scene.agent.stop();
  scene.agent.start();
  CHECK(stays([&] { return second.stored_count() == 100; }, 300ms));
  scene.agent.stop();
}

TEST_CASE("reload: a client that cannot be changes nothing") {
  ReloadScene scene;
  scene.start();
  scene.agent.clients = {client(scene.loki.url(), "match: '{nonsense'")};
  scene.agent.reload();
  REQUIRE(eventually([&] { return scene.failures() == 1; }));
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  scene.agent.stop();
}

TEST_CASE("reload: a client that stays the same goes on with its connection") {
  ReloadScene scene;
  Loki second;
  scene.agent.clients = {client(scene.loki.url(), "concurrency: 1"), client(second.url())};
  scene.start();
  REQUIRE(second.wait_stored(10));
  scene.agent.clients[1] = client(second.url(), "external_labels: {changed: 'yes'}");
  SECTION("and so does one whose batches are others") {
    scene.agent.clients[0] = client(scene.loki.url(), "concurrency: 1, batchsize: 1000");
  }
  SECTION("and so does one that is told to be as it was") {}
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(1));
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  CHECK(wait_for_all(second, {&scene.app}).duplicates == 0);
  CHECK(scene.loki.request_count() >= 2);
  for (const Request& request : scene.loki.requests()) CHECK(request.connection == 0);
  CHECK(scene.said("Starting lokitail") == 1);
  scene.agent.stop();
}

TEST_CASE("reload: a rate comes, changes and goes, while sources go on") {
  ReloadScene scene;
  scene.start();
  std::string limit, drops;
  SECTION("of all lines, that are dropped over it") {
    scene.agent.top_level =
        "limits_config: {readline_rate_enabled: true, readline_rate: 0.001, readline_burst: 5}\n";
    limit = R"(limit="readline_rate")";
    drops = R"(reason="global_rate_limiter_drop")";
  }
  SECTION("of each target's lines, that are dropped over it") {
    scene.agent.top_level = "limits_config: {target_rate: 0.001, target_burst: 5, target_rate_drop: true}\n";
    limit = R"(limit="target_rate")";
    drops = R"(reason="target_rate_limiter_drop")";
  }
  SECTION("of all lines, that wait over it") {
    scene.agent.top_level =
        "limits_config: {readline_rate_enabled: true, readline_rate: 0.001, readline_burst: 5, "
        "readline_rate_drop: false}\n";
    limit = R"(limit="readline_rate")";
  }
  SECTION("of each target's lines, that wait over it") {
    scene.agent.top_level = "limits_config: {target_rate: 0.001, target_burst: 5}\n";
    limit = R"(limit="target_rate")";
  }
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(1));
  CHECK(scene.agent.metric("lokitail_limit", limit) > 0);
  scene.app.write(20);
  REQUIRE(eventually([&] { return scene.agent.metric("lokitail_limit_hits_total", limit) > 0; }));
  if (drops.empty()) {
    CHECK(stays([&] { return scene.loki.stored_count() < 20; }, 300ms));
  } else {
    CHECK(eventually([&] { return scene.agent.metric("logentry_dropped_lines_total", drops) >= 14; }));
  }
  const std::size_t before = scene.loki.stored_count();
  scene.agent.top_level.clear();
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(2));
  CHECK(scene.agent.metric("lokitail_limit", limit) == 0);
  scene.app.write(20);
  if (drops.empty()) {
    CHECK(scene.require_all({&scene.app}) == 0);
  } else {
    CHECK(scene.loki.wait_stored(before + 20));
  }
  CHECK(scene.tailed("app.log") == 1);
  CHECK(scene.said("Starting lokitail") == 1);
  scene.agent.stop();
}

TEST_CASE("reload: another server takes over the port, while sources go on") {
  ReloadScene scene;
  scene.start();
  CHECK(scene.agent.get("/debug/healthz").status == 404);
  scene.agent.server_keys = "log_level: debug, http_path_prefix: /debug, enable_runtime_reload: true";
  scene.agent.reload();
  REQUIRE(eventually([&] { return scene.agent.get("/debug/healthz").status == 200; }));
  CHECK(scene.agent.get("/healthz").status == 404);
  CHECK(scene.agent.get("/debug/log_level").body.find("debug") != std::string::npos);
  // Whoever asks for it over HTTP gets the answer of the server that is replaced.
  scene.agent.server_keys = "log_level: info";
  scene.agent.write_config();
  CHECK(scene.agent.get("/debug/reload").status == 200);
  CHECK(scene.reloads() == 2);
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  CHECK(scene.tailed("app.log") == 1);
  CHECK(scene.said("Starting lokitail") == 1);
  scene.agent.stop();
}

TEST_CASE("reload: a server that cannot be started leaves the one before") {
  ReloadScene scene;
  scene.start();
  scene.agent.server_keys = "http_path_prefix: /other, http_listen_socket: /nonexistent/folder/socket";
  scene.set_version("1");
  scene.agent.reload();
  REQUIRE(eventually([&] { return scene.failures() == 1; }));
  CHECK(scene.said("listen unix /nonexistent/folder/socket") == 1);
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  CHECK(scene.of_version("0") == 20);
  scene.agent.stop();
}

TEST_CASE("reload: a job that fails takes back what was exchanged before it") {
  ReloadScene scene;
  Loki second;
  scene.start();
  scene.agent.server_keys = "http_path_prefix: /other";
  scene.agent.top_level =
      "limits_config: {readline_rate_enabled: true, readline_rate: 0.001, readline_burst: 1}\n";
  scene.agent.clients = {client(second.url())};
  scene.agent.jobs.push_back(syslog_job(second.port()));
  scene.agent.reload();
  REQUIRE(eventually([&] { return scene.failures() == 1; }));
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  CHECK(second.stored_count() == 0);
  scene.agent.stop();
}

TEST_CASE("reload: traces of pushes begin and end") {
  ReloadScene scene;
  Loki traces;  // takes whatever it is sent
  scene.agent.start();
  scene.agent.top_level = fmt::format(
      "tracing: {{enabled: true, endpoint: 'http://{}/v1/traces', sampling_ratio: 1}}\n", traces.host());
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(1));
  scene.app.write(10);
  REQUIRE(scene.loki.wait_stored(10));
  const auto has_parent = [](const Request& request) { return request.headers.contains("traceparent"); };
  CHECK(std::ranges::any_of(scene.loki.requests(), has_parent));
  scene.agent.top_level.clear();
  scene.agent.reload();
  REQUIRE(scene.wait_reloads(2));
  const auto traced = std::ranges::count_if(scene.loki.requests(), has_parent);
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  CHECK(std::ranges::count_if(scene.loki.requests(), has_parent) == traced);
  CHECK(scene.said("Starting lokitail") == 1);
  scene.agent.stop();
}

TEST_CASE("reload: what a running agent cannot exchange makes it begin anew, and nothing is lost") {
  ReloadScene scene;
  scene.start();
  scene.agent.top_level = "workers: 2\n";
  scene.agent.reload();
  REQUIRE(eventually([&] {
    return scene.said("beyond what a running agent can exchange") == 1 &&
           scene.said("Starting lokitail") == 2;
  }));
  scene.app.write(10);
  REQUIRE(scene.loki.wait_stored(20));
  CHECK(scene.agent.get("/healthz").status == 200);
  // And so does what cannot be after all: the one before goes on.
  Loki second;
  scene.agent.top_level = "workers: 1\n";
  scene.agent.jobs.push_back(syslog_job(second.port()));
  scene.agent.reload();
  REQUIRE(eventually([&] { return scene.said("going on with the configuration before") == 1; }));
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  scene.agent.stop();
}

TEST_CASE("reload: a signal to stop counts for more than a configuration to begin anew with") {
  ReloadScene scene;
  scene.agent.arguments = {"-shutdown.timeout=1s"};
  scene.start();
  scene.loki.go_down();
  scene.app.write(10);
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_batch_retries_total") > 0; }));
  scene.agent.top_level = "workers: 2\n";
  scene.agent.reload();
  REQUIRE(eventually([&] { return scene.said("beyond what a running agent can exchange") == 1; }));
  scene.agent.stop();
  CHECK(scene.said("Starting lokitail") == 1);
}

TEST_CASE("reload: -config.watch loads what is written, however it is written") {
  ReloadScene scene;
  scene.agent.arguments = {"-config.watch"};
  scene.start();
  scene.set_version("1");
  scene.agent.write_config();
  REQUIRE(scene.wait_reloads(1));
  // As editors and Kubernetes do it.
  scene.set_version("2");
  const fs::path file = scene.agent.config_file(), draft = file.string() + ".new";
  fs::copy_file(file, draft);
  scene.agent.write_config();
  fs::rename(file, draft);
  fs::rename(draft, file);
  REQUIRE(scene.wait_reloads(2));
  scene.app.write(10);
  CHECK(scene.require_all({&scene.app}) == 0);
  CHECK(scene.of_version("2") == 10);
  scene.agent.stop();
}

}  // namespace
