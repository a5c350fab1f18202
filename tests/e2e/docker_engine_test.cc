// A real Docker engine: containers log through its json-file driver, which rotates their files many
// times; every line arrives with its labels.
//
// Needs root, and the packages docker.io, containerd, runc and busybox-static; skipped where the
// engine does not start.
#include "tests/support/docker_daemon.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

constexpr int kLines = 20000;

std::string log_line(int container, int number) {
  return fmt::format(
      R"({{"container":"c{}","seq":{},"level":"{}","message":"task <executed> & \"done\" after {} ms {}"}})",
      container, number, number % 10 == 0 ? "error" : "info", number * 7, std::string(100, '.'));
}

// A shell script that prints log_line() of all numbers, about 4000 lines a second.
std::string script(int container) {
  return fmt::format(
      R"(p={0}
i=0
while [ $i -lt {1} ]; do
  l=info; [ $((i % 10)) -ne 0 ] || l=error
  echo '{{"container":"c{2}","seq":'$i',"level":"'$l'","message":"task <executed> & \"done\" after '$((i * 7))' ms '$p'"}}'
  i=$((i + 1))
  [ $((i % 200)) -ne 0 ] || usleep 40000
done)",
      std::string(100, '.'), kLines, container);
}

}  // namespace

TEST_CASE("a real Docker engine whose json-file driver rotates", "[alone]") {
  if (const std::string missing = DockerDaemon::missing(); !missing.empty()) return skip(missing);
  Scene scene;
  DockerDaemon engine(scene.directory / "docker");
  if (!engine.usable()) return skip(engine.why_not());

  scene.agent.jobs = {job("docker", engine.all_logs(),
                          "pipeline_stages:\n"
                          "- docker: {}\n"
                          "- json: {expressions: {level: level}}\n"
                          "- labels: {level: }\n")};
  scene.agent.start();
  std::vector<std::string> containers;
  for (int container = 0; container < 3; ++container) {
    const Finished started = engine.docker({"run", "-d", "--network", "none", "--log-driver", "json-file",
                                            "--log-opt", "max-size=1m", "--log-opt", "max-file=10",
                                            "--log-opt", container == 2 ? "compress=true" : "compress=false",
                                            "bb", "sh", "-c", script(container)});
    INFO(started.err);
    REQUIRE(started.exit_code == 0);
    containers.push_back(started.out.substr(0, started.out.find('\n')));
  }
  // It is not there while logs are rotated and compressed.
  REQUIRE(scene.loki.wait_stored(3 * kLines / 4, 90s));
  scene.agent.stop();
  const auto compressed = [&] {
    return std::ranges::count_if(fs::directory_iterator(engine.log_folder(containers[2])),
                                 [](const auto& file) { return file.path().extension() == ".gz"; });
  };
  const auto before = compressed();
  REQUIRE(eventually([&] { return compressed() >= before + 2; }));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(3 * kLines, 90s));
  for (const std::string& id : containers) {
    INFO(engine.docker({"wait", id}).err);
    CHECK(fs::exists(engine.log_folder(id) / (id + "-json.log.2" + (id == containers[2] ? ".gz" : ""))));
  }
  scene.agent.stop();

  // The two streams of a container (level=info, level=error) are each in order.
  std::map<std::string, std::vector<std::string>> expected;
  for (int container = 0; container < 3; ++container) {
    const std::string& id = containers[static_cast<std::size_t>(container)];
    for (int number = 0; number < kLines; ++number) {
      expected[fmt::format(R"({{filename="{}", job="docker", level="{}", stream="stdout"}})",
                           (engine.log_folder(id) / (id + "-json.log")).string(),
                           number % 10 == 0 ? "error" : "info")]
          .push_back(log_line(container, number) + "\n");
    }
  }
  std::map<std::string, std::vector<std::string>> arrived;
  std::map<std::string, std::int64_t> last_timestamp;
  for (const Arrival& arrival : scene.loki.stored()) {
    arrived[arrival.labels].push_back(arrival.line);
    std::int64_t& last = last_timestamp[arrival.labels];
    if (arrival.timestamp < last) FAIL_CHECK("timestamps go backwards: " << arrival.line);
    last = arrival.timestamp;
  }
  CHECK(arrived.size() == expected.size());
  for (const auto& [labels, lines] : expected) {
    INFO(labels << ": " << arrived[labels].size() << " lines");
    CHECK((arrived[labels] == lines));
  }
}

TEST_CASE("a real Docker engine whose containers log to GELF", "[alone]") {
  if (const std::string missing = DockerDaemon::missing(); !missing.empty()) return skip(missing);
  Scene scene;
  DockerDaemon engine(scene.directory / "docker");
  if (!engine.usable()) return skip(engine.why_not());
  const std::uint16_t port = free_port();
  scene.agent.jobs = {fmt::format(R"(- job_name: gelf
  gelf: {{listen_address: '127.0.0.1:{}', labels: {{job: gelf}}, use_incoming_timestamp: true}}
  relabel_configs:
  - {{source_labels: [__gelf_message_level], target_label: level}}
  pipeline_stages:
  - json: {{expressions: {{message: short_message, packing: _container_name}}}}
  - labels: {{packing: }}
  - output: {{source: message}}
)",
                                  port)};
  scene.agent.start();
  // A long line, which comes in chunks where it is not compressed.
  const std::string script =
      "echo first; echo second >&2; l=x; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do l=$l$l; done; echo $l";
  std::map<std::string, std::vector<std::string>> want;
  for (const std::string packing : {"gzip", "zlib", "none"}) {
    const Finished finished =
        engine.docker({"run", "--name", packing, "--network", "none", "--log-driver", "gelf", "--log-opt",
                       fmt::format("gelf-address=udp://127.0.0.1:{}", port), "--log-opt",
                       "gelf-compression-type=" + packing, "bb", "sh", "-c", script});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    const auto labels = [&packing](const char* level) {
      return fmt::format(R"({{job="gelf", level="{}", packing="{}"}})", level, packing);
    };
    want[labels("informational")] = {"first", std::string(8192, 'x')};
    want[labels("error")] = {"second"};
  }
  REQUIRE(scene.loki.wait_stored(9));
  std::map<std::string, std::vector<std::string>> arrived;
  for (const Arrival& arrival : scene.loki.stored()) arrived[arrival.labels].push_back(arrival.line);
  CHECK(arrived == want);
  CHECK(scene.agent.metric("promtail_gelf_target_parsing_errors_total") == 0);
  scene.agent.stop();
}
