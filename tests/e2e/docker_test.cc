// docker_sd_configs against a real Docker engine.
#include "tests/support/docker_daemon.h"
#include "tests/support/journal.h"
#include "tests/support/nginx.h"
#include "tests/support/page.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

using namespace lokitail::test;

namespace {

namespace fs = std::filesystem;

struct DockerScene : Scene {
  DockerDaemon engine;

  explicit DockerScene(const std::string& settings = "{}", std::vector<std::string> more = {})
      : engine(directory / "docker", settings, std::move(more)) {
    agent.jobs = {docker_job()};
  }

  std::string docker_job(const std::string& keys = "", const std::string& host = "") const {
    return fmt::format(
        "- job_name: docker\n  docker_sd_configs:\n  - host: {}\n    refresh_interval: 60s\n{}"
        "  relabel_configs:\n"
        "  - {{source_labels: [__meta_docker_container_name], regex: /(.*), target_label: container}}\n"
        "  - {{source_labels: [__meta_docker_container_log_stream], target_label: stream}}\n",
        host.empty() ? engine.host() : host, keys);
  }

  // The lines of a stream, in the order in which they came.
  std::vector<std::string> lines_of(const std::string& labels) const {
    std::vector<std::string> lines;
    for (const Arrival& arrival : loki.stored()) {
      if (arrival.labels == labels) lines.push_back(arrival.line);
    }
    return lines;
  }
  // Waits for exactly these.
  bool wait_lines(const std::string& labels, const std::vector<std::string>& lines) const {
    return eventually([&] { return lines_of(labels) == lines; });
  }
};

std::string labels_with(const std::string& container, const std::string& stream = "stdout") {
  return fmt::format(R"({{container="{}", stream="{}"}})", container, stream);
}

std::vector<std::string> numbered(const std::string& what, int from, int to) {
  std::vector<std::string> lines;
  for (int i = from; i <= to; ++i) lines.push_back(fmt::format("{} {}", what, i));
  return lines;
}

// Skips, and says why, where the engine does not run. Builds the scene otherwise.
#define DOCKER_SCENE(...)                               \
  const std::string missing_ = DockerDaemon::missing(); \
  if (!missing_.empty()) return skip(missing_);         \
  DockerScene scene __VA_ARGS__;                        \
  if (!scene.engine.usable()) return skip(scene.engine.why_not())

// The log drivers that the engine can read, with what makes us read the file, or not.
const std::vector<std::string> kDrivers = {"json-file", "local"};

std::vector<std::string> with_driver(const std::string& driver, const std::string& name,
                                     std::vector<std::string> more = {}) {
  std::vector<std::string> options = {"--log-driver", driver, "--name", name};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

}  // namespace

TEST_CASE("docker: stdout and stderr, terminals, long lines, by file and through the engine", "[alone]") {
  DOCKER_SCENE();
  for (const std::string& driver : kDrivers) {
    scene.engine.start("echo out 1; echo err 1 >&2; echo; echo 'a <b> & \"c\" \xE2\x82\xAC'; sleep 1000",
                       with_driver(driver, driver + "-plain"));
  }
  scene.agent.start();
  for (const std::string& driver : kDrivers) {
    // These start while it watches.
    scene.engine.start("echo one; echo two; sleep 1000", with_driver(driver, driver + "-tty", {"-t"}));
    scene.engine.start(
        "for n in 16383 16384 16385 40000 100000; do head -c $n /dev/zero | tr '\\0' x; echo; done; sleep "
        "1000",
        with_driver(driver, driver + "-long"));
    // The end of the long line is known when another follows.
    scene.engine.start("head -c 40000 /dev/zero | tr '\\0' y; echo; echo after; sleep 1000",
                       with_driver(driver, driver + "-tty-long", {"-t"}));
    scene.engine.start("echo begun; echo -n 'no newline'", with_driver(driver, driver + "-open"));
  }
  std::vector<std::string> lengths;
  for (const std::size_t size : {16383, 16384, 16385, 40000, 100000}) lengths.emplace_back(size, 'x');
  for (const std::string& driver : kDrivers) {
    INFO(driver);
    CHECK(scene.wait_lines(labels_with(driver + "-plain"), {"out 1", "", "a <b> & \"c\" \xE2\x82\xAC"}));
    CHECK(scene.wait_lines(labels_with(driver + "-plain", "stderr"), {"err 1"}));
    CHECK(scene.wait_lines(labels_with(driver + "-tty"), {"one", "two"}));
    CHECK(scene.wait_lines(labels_with(driver + "-long"), lengths));
    CHECK(scene.wait_lines(labels_with(driver + "-tty-long"), {std::string(40000, 'y'), "after"}));
    CHECK(scene.wait_lines(labels_with(driver + "-open"), {"begun", "no newline"}));
  }
  // The time is Docker's.
  for (const Arrival& arrival : scene.loki.stored()) {
    if (arrival.line != "out 1") continue;
    const std::string container = arrival.labels.find("json") == arrival.labels.npos ? "local" : "json-file";
    const std::string logs = scene.engine.docker({"logs", "-t", container + "-plain"}).out;
    INFO(logs);
    CHECK(logs.find(fmt::format(".{:09}Z out 1", arrival.timestamp % 1'000'000'000)) != logs.npos);
  }
  scene.agent.stop();
}

TEST_CASE("docker: containers that are stopped and started again, and an agent that is, send nothing twice",
          "[alone]") {
  DOCKER_SCENE();
  // Each start of a container says where it goes on.
  const std::string script =
      "n=0; [ -f /n ] && read n < /n; i=0; while [ $i -lt 50 ]; do i=$((i+1)); n=$((n+1)); "
      "echo line $n; echo error $n >&2; done; echo $n > /n; sleep 1000";
  std::vector<std::string> ids;
  for (const std::string& driver : kDrivers)
    ids.push_back(scene.engine.start(script, with_driver(driver, driver)));
  scene.agent.start();
  const auto require = [&](int last) {
    for (const std::string& driver : kDrivers) {
      INFO(driver << " " << last << " " << scene.lines_of(labels_with(driver)).size() << " "
                  << scene.lines_of(labels_with(driver, "stderr")).size());
      REQUIRE(scene.wait_lines(labels_with(driver), numbered("line", 1, last)));
      REQUIRE(scene.wait_lines(labels_with(driver, "stderr"), numbered("error", 1, last)));
    }
  };
  require(50);
  const auto restart_containers = [&] {
    for (const std::string& id : ids) {
      REQUIRE(scene.engine.docker({"restart", "-t", "0", id}).exit_code == 0);
    }
  };
  restart_containers();
  require(100);
  scene.agent.stop();
  scene.agent.start();
  restart_containers();
  require(150);
  // They stop for good while nobody looks, after they have written more.
  scene.agent.stop();
  restart_containers();
  for (const std::string& id : ids) {
    REQUIRE(eventually([&] {
      const std::string logs = scene.engine.docker({"logs", id}).out;
      return logs.find("line 200\n") != logs.npos;
    }));
    scene.engine.docker({"stop", "-t", "0", id});
  }
  scene.agent.start();
  require(200);
  for (const std::string& id : ids) scene.engine.docker({"start", id});
  require(250);
  CHECK(stays([&] { return scene.loki.stored_count() == 4 * 250; }, 500ms));
  scene.agent.stop();
}

TEST_CASE("docker: what is rotated fast comes whole by file, from its oldest file on, and kills lose nothing",
          "[alone]") {
  DOCKER_SCENE();
  constexpr int kLines = 20000;
  const std::string pad(150, '.');
  const std::string script = "p=" + pad + "; i=0; while [ $i -lt " + std::to_string(kLines) +
                             " ]; do i=$((i+1)); echo $i $p; [ $((i % 200)) -ne 0 ] || usleep 40000; done";
  const auto rotating = [](const std::string& compress) {
    return std::vector<std::string>{"--log-opt",   "max-size=500k", "--log-opt",
                                    "max-file=20", "--log-opt",     "compress=" + compress};
  };
  scene.engine.start(script, with_driver("json-file", "plain", rotating("false")));
  const std::string packed = scene.engine.start(script, with_driver("json-file", "packed", rotating("true")));
  // Some was rotated before the agent has ever come.
  REQUIRE(
      eventually([&] { return fs::exists(scene.engine.log_folder(packed) / (packed + "-json.log.2.gz")); }));
  scene.agent.start();
  for (int kill = 1; kill <= 4; ++kill) {
    REQUIRE(scene.loki.wait_stored(static_cast<std::size_t>(kill * kLines / 4)));
    scene.agent.kill();
    scene.agent.start();
  }
  for (const char* name : {"plain", "packed"}) {
    INFO(name);
    std::set<int> numbers;
    const bool complete = eventually(
        [&] {
          numbers.clear();
          for (const std::string& line : scene.lines_of(labels_with(name))) {
            if (line.ends_with(" " + pad)) numbers.insert(std::stoi(line));
          }
          return numbers.size() == kLines;
        },
        60s, 200ms);
    INFO(numbers.size());
    CHECK(complete);
  }
  scene.agent.stop();
}

// The engine reads the journal for us, entry by entry, also the parts of long lines.
TEST_CASE("docker: the journald driver is read through the engine, and nothing comes twice", "[alone]") {
  if (const std::string missing = HostJournald::missing(); !missing.empty()) return skip(missing);
  HostJournald journald;
  DOCKER_SCENE();
  const std::string script =
      "n=0; [ -f /n ] && read n < /n; i=0; while [ $i -lt 50 ]; do i=$((i+1)); n=$((n+1)); "
      "echo line $n; echo error $n >&2; done; echo $n > /n; "
      "head -c 40000 /dev/zero | tr '\\0' x; echo; sleep 1000";
  const std::string id = scene.engine.start(script, with_driver("journald", "journald"));
  scene.agent.start();
  const auto require = [&](int runs) {
    std::vector<std::string> want;
    for (int run = 0; run < runs; ++run) {
      std::ranges::copy(numbered("line", run * 50 + 1, run * 50 + 50), std::back_inserter(want));
      want.emplace_back(40000, 'x');
    }
    INFO(runs << " " << scene.lines_of(labels_with("journald")).size());
    REQUIRE(scene.wait_lines(labels_with("journald"), want));
    REQUIRE(scene.wait_lines(labels_with("journald", "stderr"), numbered("error", 1, runs * 50)));
  };
  require(1);
  REQUIRE(scene.engine.docker({"restart", "-t", "0", id}).exit_code == 0);
  require(2);
  scene.agent.stop();
  REQUIRE(scene.engine.docker({"restart", "-t", "0", id}).exit_code == 0);
  scene.agent.start();
  require(3);
  CHECK(stays([&] { return scene.loki.stored_count() == 3 * 101; }, 500ms));
  scene.agent.stop();
}

TEST_CASE("docker: a kill loses nothing that is read through the engine, and a stop repeats nothing",
          "[alone]") {
  DOCKER_SCENE();
  constexpr int kLines = 4000;
  scene.engine.start(
      "i=0; while [ $i -lt " + std::to_string(kLines) +
          " ]; do i=$((i+1)); echo line $i; [ $((i % 100)) -ne 0 ] || usleep 50000; done; sleep 1000",
      with_driver("local", "local"));
  scene.agent.start();
  for (int run = 1; run <= 4; ++run) {
    REQUIRE(scene.loki.wait_stored(static_cast<std::size_t>(run * kLines / 8)));
    scene.agent.stop();
    scene.agent.start();
  }
  REQUIRE(scene.loki.wait_stored(kLines / 2 + 200));
  CHECK(scene.lines_of(labels_with("local")).size() ==
        std::set<std::string>([&] {
          const auto lines = scene.lines_of(labels_with("local"));
          return std::set<std::string>(lines.begin(), lines.end());
        }())
            .size());
  scene.agent.kill();
  scene.agent.start();
  const auto want = numbered("line", 1, kLines);
  CHECK(eventually([&] {
    const auto lines = scene.lines_of(labels_with("local"));
    return std::set<std::string>(lines.begin(), lines.end()) ==
           std::set<std::string>(want.begin(), want.end());
  }));
  scene.agent.stop();
}

TEST_CASE("docker: containers that live for a moment, filters, and labels of the page's job", "[alone]") {
  DOCKER_SCENE();
  scene.agent.jobs = {job_of_page("sources/docker.md", "unix:///var/run/docker.sock", scene.engine.host())};
  scene.agent.start();
  scene.engine.start("echo unwanted; sleep 1000",
                     with_driver("json-file", "other", {"--label", "logging=no"}));
  const Stopwatch watch;
  for (int i = 0; i < 5; ++i) {
    scene.engine.start("echo brief " + std::to_string(i),
                       with_driver(kDrivers[static_cast<std::size_t>(i) % 2], "brief" + std::to_string(i),
                                   {"--label", "logging=yes", "--label", "com.docker.compose.service=s"}));
  }
  REQUIRE(scene.loki.wait_stored(5));
  CHECK(watch.elapsed() < 25s);  // not with the next refresh
  CHECK(stays([&] { return scene.loki.stored_count() == 5; }, 500ms));
  CHECK(scene.lines_of(R"({container="brief3", service="s", stream="stdout"})") ==
        std::vector<std::string>{"brief 3"});
  scene.agent.stop();
}

TEST_CASE("docker: Promtail's cursor is taken over, and one of ours can be read by it", "[alone]") {
  DOCKER_SCENE();
  std::vector<std::string> ids;
  for (const std::string& driver : kDrivers) {
    ids.push_back(scene.engine.start("echo old; sleep 2; echo new; sleep 1000", with_driver(driver, driver)));
    REQUIRE(eventually([&] {
      return scene.engine.docker({"logs", ids.back()}).out.find("new") != std::string::npos;
    }));
  }
  std::string positions = "positions:\n";
  for (const std::string& id : ids) {
    const std::string logs = scene.engine.docker({"logs", "-t", id}).out;
    const std::string time = logs.substr(logs.find('\n') + 1, 19);  // of the second line
    const std::string second = run({"date", "-u", "-d", time, "+%s"}).out;
    positions += "  cursor-" + id + ": \"" + second.substr(0, second.find('\n')) + "\"\n";
  }
  write_file(scene.agent.positions_file(), positions);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  CHECK(stays([&] { return scene.loki.stored_count() == 2; }, 500ms));
  for (const Arrival& arrival : scene.loki.stored()) CHECK(arrival.line == "new");
  scene.agent.stop();
  CHECK(read_file(scene.agent.positions_file()).find("cursor-" + ids[1] + ": \"1") != std::string::npos);
}

TEST_CASE("docker: an engine that is restarted, with containers that live on", "[alone]") {
  DOCKER_SCENE((R"({"live-restore": true})"));
  std::vector<std::string> ids;
  for (const std::string& driver : kDrivers) {
    ids.push_back(scene.engine.start("i=0; while true; do i=$((i+1)); echo line $i; sleep 1; done",
                                     with_driver(driver, driver)));
  }
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(6));
  scene.engine.restart();
  scene.engine.start("echo later; sleep 1000", with_driver("local", "later"));
  CHECK(scene.wait_lines(labels_with("later"), {"later"}));
  // What is written while nobody can ask comes later; nothing comes twice.
  for (const std::string& driver : kDrivers) {
    INFO(driver);
    const auto before = static_cast<int>(scene.lines_of(labels_with(driver)).size());
    REQUIRE(eventually(
        [&] { return static_cast<int>(scene.lines_of(labels_with(driver)).size()) >= before + 3; }));
    const auto lines = scene.lines_of(labels_with(driver));
    CHECK(lines == numbered("line", 1, static_cast<int>(lines.size())));
  }
  scene.agent.stop();
}

TEST_CASE("docker: over TCP", "[alone]") {
  const std::string tcp = fmt::format("tcp://127.0.0.1:{}", free_port());
  DOCKER_SCENE(("{}", {"--host", tcp, "--tls=false"}));
  scene.engine.start("echo over tcp; sleep 1000", with_driver("local", "tcp"));
  scene.agent.jobs = {scene.docker_job("", tcp)};
  scene.agent.start();
  CHECK(scene.wait_lines(labels_with("tcp"), {"over tcp"}));
  scene.engine.start("echo later; sleep 1000", with_driver("local", "later"));
  CHECK(scene.wait_lines(labels_with("later"), {"later"}));
  scene.agent.stop();
}

TEST_CASE("docker: over TLS, with certificates on both sides", "[alone]") {
  if (!find_program("openssl")) return skip("openssl is not installed");
  const TempDir folder;
  const Certificates certificates(folder / "certificates", "localhost");
  const auto port = free_port();
  DOCKER_SCENE(("{}", {"--host", fmt::format("tcp://127.0.0.1:{}", port), "--tlsverify", "--tlscacert",
                       certificates.ca.string(), "--tlscert", certificates.server.string(), "--tlskey",
                       certificates.server_key.string()}));
  const std::string trusts = "    tls_config: {ca_file: " + certificates.ca.string();
  const std::string shows = ", cert_file: " + certificates.client.string() +
                            ", key_file: " + certificates.client_key.string() + "}\n";
  for (const char* scheme : {"https", "tcp"}) {
    INFO(scheme);
    scene.agent.jobs = {scene.docker_job(trusts + shows, fmt::format("{}://localhost:{}", scheme, port))};
    scene.agent.start();
    scene.engine.start("echo over tls; sleep 1000", with_driver("local", scheme));
    CHECK(scene.wait_lines(labels_with(scheme), {"over tls"}));
    scene.agent.stop();
  }
  // Without a certificate the engine refuses; that is told, and the agent runs.
  scene.agent.jobs = {scene.docker_job(trusts + "}\n", fmt::format("https://localhost:{}", port))};
  scene.agent.start();
  CHECK(eventually([&] {
    return scene.agent.log().find("the Docker engine cannot be asked for its containers") !=
           std::string::npos;
  }));
  scene.agent.stop();
}

namespace {

// As docker_job(), by the folder.
std::string folder_job(const DockerScene& scene, const std::string& keys = "") {
  std::string job = scene.docker_job(keys);
  const std::string host = "host: " + scene.engine.host();
  return job.replace(job.find(host), host.size(),
                     "containers_directory: " + scene.engine.containers().string());
}

}  // namespace

TEST_CASE("docker: the engine and its folder give the same streams", "[alone]") {
  DOCKER_SCENE();
  // All that there is to know, but for what only the engine knows of networks.
  const auto job = [](const std::string& item, const std::string& via) {
    return fmt::format(
        "- job_name: {1}\n  docker_sd_configs: [{{{0}}}]\n  relabel_configs:\n"
        "  - {{action: labelmap, regex: __meta_docker_(.*)}}\n"
        "  - {{action: labeldrop, regex: network_(scope|internal|ingress|label_.*)}}\n"
        "  - {{source_labels: [__address__], target_label: address}}\n"
        "  - {{target_label: via, replacement: {1}}}\n",
        item, via);
  };
  scene.agent.jobs = {job("host: '" + scene.engine.host() + "'", "engine"),
                      job("containers_directory: " + scene.engine.containers().string(), "folder")};
  const std::string script = "echo out; echo err >&2; sleep 1000";
  const std::string first = scene.engine.start(
      script,
      {"--name", "first", "--label", "com.docker.compose.project=shop", "--label", "a.b=c \"d\" <e>"});
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(4));
  scene.engine.start(script, {"--name", "second", "-t", "--expose", "8080"});
  for (const std::string& network : {std::string("host"), "container:" + first}) {
    const Finished run = scene.engine.docker({"run", "-d", "--network", network, "bb", "sh", "-c", script});
    INFO(run.err);
    REQUIRE(run.exit_code == 0);
  }
  REQUIRE(scene.loki.wait_stored(4 * 4));
  const auto streams = [&](const std::string& via) {
    std::map<std::string, std::vector<std::string>> lines;
    for (const Arrival& arrival : scene.loki.stored()) {
      std::string labels = arrival.labels;
      const std::string mark = "via=\"" + via + "\"";
      const std::size_t at = labels.find(mark);
      if (at != labels.npos) lines[labels.erase(at, mark.size())].push_back(arrival.line);
    }
    return lines;
  };
  CHECK(streams("folder").size() == 7);
  CHECK(streams("folder") == streams("engine"));
  scene.agent.stop();
}

TEST_CASE("docker: a job that changes between the engine and its folder sends nothing twice", "[alone]") {
  DOCKER_SCENE();
  const std::string id =
      scene.engine.start("i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo line $i; sleep 1; done",
                         with_driver("json-file", "counter"));
  scene.agent.jobs = {scene.docker_job()};
  std::size_t lines = 3;
  for (int change = 0; change < 4; ++change) {
    scene.agent.jobs = {change % 2 == 0 ? scene.docker_job() : folder_job(scene)};
    scene.agent.start();
    REQUIRE(scene.loki.wait_stored(lines));
    scene.agent.stop();
    lines = scene.loki.stored_count() + 3;
  }
  const auto all = scene.lines_of(labels_with("counter"));
  CHECK(all == numbered("line", 1, static_cast<int>(all.size())));
  CHECK(all.size() == scene.loki.stored_count());
}

TEST_CASE("docker: by the folder, containers are stopped, started, renamed, brief and removed", "[alone]") {
  DOCKER_SCENE();
  scene.agent.jobs = {job_of_page("sources/docker.md", "/var/lib/docker/containers",
                                  scene.engine.containers().string(), "## Without the engine's socket")};
  const auto labels = [](const std::string& container) {
    return fmt::format(R"({{container="{}", image="bb", project="shop", service="web", stream="stdout"}})",
                       container);
  };
  const auto named = [](const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> options = {"--name",  name,
                                        "--label", "com.docker.compose.project=shop",
                                        "--label", "com.docker.compose.service=web"};
    options.insert(options.end(), more.begin(), more.end());
    return options;
  };
  scene.engine.start("echo before; sleep 1000", named("early"));
  scene.agent.start();
  CHECK(scene.wait_lines(labels("early"), {"before"}));
  CHECK(scene.agent.wait_ready());
  const std::string id =
      scene.engine.start("echo run; i=0; while true; do i=$((i+1)); echo $i; sleep 1; done", named("old"));
  REQUIRE(eventually([&] { return !scene.lines_of(labels("old")).empty(); }));
  REQUIRE(scene.engine.docker({"rename", "old", "new"}).exit_code == 0);
  REQUIRE(eventually([&] { return !scene.lines_of(labels("new")).empty(); }));
  REQUIRE(scene.engine.docker({"restart", "-t", "0", id}).exit_code == 0);
  REQUIRE(eventually([&] {
    const auto lines = scene.lines_of(labels("new"));
    return std::ranges::find(lines, "run") != lines.end() && lines.back() == "2";
  }));
  REQUIRE(scene.engine.docker({"rm", "-f", id}).exit_code == 0);
  for (int i = 0; i < 5; ++i) scene.engine.start("echo brief", named("brief" + std::to_string(i)));
  for (int i = 0; i < 5; ++i) CHECK(scene.wait_lines(labels("brief" + std::to_string(i)), {"brief"}));
  scene.engine.start("echo unread; sleep 1000", named("local", {"--log-driver", "local"}));
  CHECK(eventually(
      [&] { return scene.agent.log().find("cannot be read without the engine") != std::string::npos; }));
  // Only the first of them runs, and is open.
  CHECK(eventually([&] { return scene.agent.metric("promtail_files_active_total") == 1; }));
  scene.agent.stop();
}
