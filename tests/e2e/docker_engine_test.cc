// A real Docker engine: containers log through its json-file driver, which rotates their files many
// times; every line arrives with its labels.
//
// Needs root, and the packages docker.io, containerd, runc and busybox-static; skipped where the
// engine does not start.
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>

#include <sys/mount.h>
#include <unistd.h>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

class DockerEngine {
 public:
  explicit DockerEngine(const fs::path& directory) : directory_(directory) {
    fs::create_directories(directory_);
    write_file(directory_ / "daemon.json", "{}");
    process_ = std::make_unique<Process>(
        Command{{"dockerd", "--config-file", directory_ / "daemon.json", "--host", host(),
                 "--data-root", directory_ / "data", "--exec-root", directory_ / "exec",
                 "--pidfile", directory_ / "dockerd.pid", "--iptables=false", "--ip6tables=false",
                 "--bridge=none", "--exec-opt", "native.cgroupdriver=cgroupfs"},
                {},
                directory_,
                directory_ / "log",
                directory_ / "log"});
  }

  ~DockerEngine() {
    std::istringstream containers(docker({"ps", "-q"}).out);
    for (std::string id; containers >> id;) docker({"kill", id});
    process_->signal(SIGTERM);
    process_->wait(20s);
    ::umount2((directory_ / "exec" / "netns" / "default").c_str(), MNT_DETACH);
  }

  Finished docker(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"docker", "-H", host()});
    return run(arguments);
  }

  // Whether it runs containers of an image "bb" that holds busybox. If not, why_not() tells.
  bool usable() {
    if (!eventually(
            [this] { return docker({"version"}).exit_code == 0 || !process_->running(); }) ||
        !process_->running()) {
      why_not_ = "dockerd does not start: " + tail(read_file(directory_ / "log"));
      return false;
    }
    make_image();
    const Finished finished = docker({"run", "--rm", "--network", "none", "bb", "true"});
    if (finished.exit_code != 0) why_not_ = "containers do not start: " + tail(finished.err);
    return finished.exit_code == 0;
  }
  const std::string& why_not() const { return why_not_; }

  fs::path log_folder(const std::string& container) const {
    return directory_ / "data" / "containers" / container;
  }
  fs::path all_logs() const { return directory_ / "data" / "containers" / "*" / "*-json.log"; }

 private:
  std::string host() const { return "unix://" + (directory_ / "docker.sock").string(); }

  void make_image() {
    const fs::path bin = directory_ / "image" / "bin";
    fs::create_directories(bin);
    fs::copy_file(*find_program("busybox"), bin / "busybox", fs::copy_options::overwrite_existing);
    for (const char* applet : {"sh", "true", "usleep"}) fs::create_symlink("busybox", bin / applet);
    const std::string archive = directory_ / "image.tar";
    run({"tar", "-C", directory_ / "image", "-cf", archive, "."});
    docker({"import", "-c", "ENV PATH=/bin", archive, "bb"});
  }

  static std::string tail(const std::string& text) {
    return text.size() > 400 ? text.substr(text.size() - 400) : text;
  }

  const fs::path directory_;
  std::unique_ptr<Process> process_;
  std::string why_not_;
};

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
  if (::geteuid() != 0) return skip("the Docker engine needs root");
  for (const char* program : {"dockerd", "docker", "containerd", "runc", "busybox"}) {
    if (!find_program(program)) return skip(std::string(program) + " is not installed");
  }
  Scene scene;
  DockerEngine engine(scene.directory / "docker");
  if (!engine.usable()) return skip(engine.why_not());

  scene.agent.jobs = {job("docker", engine.all_logs(),
                          "pipeline_stages:\n"
                          "- docker: {}\n"
                          "- json: {expressions: {level: level}}\n"
                          "- labels: {level: }\n")};
  scene.agent.start();
  std::vector<std::string> containers;
  for (int container = 0; container < 3; ++container) {
    const Finished started = engine.docker({"run", "-d", "--network", "none", "--log-driver",
                                            "json-file", "--log-opt", "max-size=1m", "--log-opt",
                                            "max-file=10", "--log-opt",
                                            container == 2 ? "compress=true" : "compress=false", "bb", "sh",
                                            "-c", script(container)});
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
