// docker_sd_configs against what answers as a Docker engine does: for more containers than an engine starts
// in a test.
#include "tests/support/scene.h"
#include "tests/support/stub_server.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

using namespace lokitail::test;

namespace {

// Containers that have logged some lines, and run until they are told to stop.
class StubEngine {
 public:
  static constexpr int kLines = 3;

  ~StubEngine() {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }

  std::string host() const { return fmt::format("tcp://127.0.0.1:{}", server_.port()); }

  void start(const std::string& id) {
    const std::lock_guard lock(mutex_);
    containers_[id] = true;
    tell("start", id);
  }
  // It has run, and nobody has seen it run.
  void start_and_stop(const std::string& id) {
    const std::lock_guard lock(mutex_);
    containers_[id] = false;
    tell("start", id);
    tell("die", id);
  }
  void stop(const std::string& id) {
    const std::lock_guard lock(mutex_);
    containers_[id] = false;
    tell("die", id);
  }
  // As many requests for what a container is made of go wrong.
  void fail_inspections(int count) {
    const std::lock_guard lock(mutex_);
    failing_inspections_ = count;
  }
  void remove(const std::string& id) {
    const std::lock_guard lock(mutex_);
    containers_.erase(id);
    tell("destroy", id);
  }

 private:
  void tell(const std::string& action, const std::string& id) {
    events_.push_back(
        fmt::format(R"({{"Type":"container","Action":"{}","Actor":{{"ID":"{}"}}}})", action, id) + "\n");
    changed_.notify_all();
  }

  // Without the version.
  static std::string asked(const StubRequest& request) {
    const std::string path = request.path();
    return path.starts_with("/v1.41/") ? path.substr(6) : path;
  }

  void handle(const StubRequest& request, StubAnswer& answer) {
    const std::string path = asked(request);
    if (path == "/_ping") return answer.send(200, "OK", {{"Api-Version", "1.41"}});
    if (path == "/networks") return answer.send(200, "[]");
    if (path == "/containers/json") return answer.send(200, list());
    if (path == "/events") return send_events(answer);
    const std::string of = "/containers/";
    if (!path.starts_with(of)) return answer.send(404, R"({"message":"page not found"})");
    const std::string id = path.substr(of.size(), path.rfind('/') - of.size());
    if (path.ends_with("/logs")) return send_logs(id, answer);
    const std::lock_guard lock(mutex_);
    if (failing_inspections_ > 0) {
      --failing_inspections_;
      return answer.send(500, R"({"message":"the engine is busy"})");
    }
    const auto known = containers_.find(id);
    if (known == containers_.end()) return answer.send(404, R"({"message":"No such container"})");
    answer.send(200,
                fmt::format(R"({{"State":{{"Running":{}}},"HostConfig":{{"LogConfig":{{"Type":"local"}}}}}})",
                            known->second));
  }

  std::string list() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [id, runs] : containers_) {
      text += fmt::format(R"({}{{"Id":"{}","Names":["/{}"],"State":"{}"}})", text.empty() ? "" : ",", id, id,
                          runs ? "running" : "exited");
    }
    return "[" + text + "]";
  }

  void send_events(StubAnswer& answer) {
    answer.begin(200);
    std::unique_lock lock(mutex_);
    for (std::size_t next = events_.size(); !is_over_ && answer.is_wanted();) {
      changed_.wait_for(lock, 50ms);
      for (; next < events_.size(); ++next) {
        if (!answer.chunk(events_[next])) return;
      }
    }
  }

  void send_logs(const std::string& id, StubAnswer& answer) {
    answer.begin(200, {{"Content-Type", "application/vnd.docker.multiplexed-stream"}});
    for (int i = 0; i < kLines; ++i) {
      const std::string text = fmt::format("2026-11-27T04:15:28.93890247{}Z {} {}\n", i, id, i);
      answer.chunk(std::string("\x01\0\0\0\0\0\0", 7) + static_cast<char>(text.size()) + text);
    }
    std::unique_lock lock(mutex_);
    const auto runs = [&] {
      const auto known = containers_.find(id);
      return known != containers_.end() && known->second;
    };
    while (!is_over_ && runs() && answer.is_wanted()) changed_.wait_for(lock, 50ms);
    answer.end();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
  int failing_inspections_ = 0;
  std::map<std::string, bool> containers_;  // whether they run
  std::vector<std::string> events_;
  StubServer server_{[this](const StubRequest& request, StubAnswer& answer) { handle(request, answer); }};
};

std::string job_of_engines(const std::string& items) {
  return fmt::format(
      "- job_name: docker\n  docker_sd_configs: [{}]\n  relabel_configs:\n"
      "  - {{source_labels: [__meta_docker_container_name], regex: /(.*), target_label: container}}\n",
      items);
}

void come_and_go(int rounds, int containers) {
  StubEngine engine;
  Scene scene;
  scene.agent.jobs = {job_of_engines(fmt::format("{{host: '{}'}}", engine.host()))};
  scene.agent.start();
  const std::size_t open_files = scene.agent.open_files();
  std::vector<std::size_t> resident;
  std::size_t total = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::string> ids;
    for (int i = 0; i < containers; ++i) {
      ids.push_back(fmt::format("c{}x{}", round, i));
      engine.start(ids.back());
    }
    REQUIRE(scene.loki.wait_stored(total += ids.size() * StubEngine::kLines));
    // A row for each container, with the time of its last entry.
    REQUIRE(eventually([&] {
      return scene.agent.get("/api/v1/targets")
                 .body.find(fmt::format(R"("part":"{}","cursor":")", ids.front())) != std::string::npos;
    }));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i % 2 == 0) engine.stop(ids[i]);
    }
    for (const std::string& id : ids) engine.remove(id);
    // Connections of requests, and of events.
    REQUIRE(eventually([&] { return scene.agent.open_files() <= open_files + 3; }));
    resident.push_back(scene.agent.resident());
    std::cout << "round " << round << ": " << resident.back() / 1024 << " KiB resident\n";
  }
  CHECK(scene.loki.stored_count() == total);
  const auto lines = scene.loki.lines();
  CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == total);
  if (!sanitized()) CHECK(resident.back() < resident[1] + resident[1] / 5);
  CHECK(eventually(
      [&] { return read_file(scene.agent.positions_file()).find("cursor-") == std::string::npos; }));
  scene.agent.stop();
}

}  // namespace

TEST_CASE("docker stub: containers come and vanish, and nothing is left of them") { come_and_go(3, 20); }

TEST_CASE("docker stub: a thousand containers come and vanish without a leak", "[alone]") {
  come_and_go(10, 100);
}

TEST_CASE("docker stub: a container that two items of a job find is read once") {
  StubEngine engine;
  for (int i = 0; i < 5; ++i) engine.start(fmt::format("c{}", i));
  Scene scene;
  scene.agent.jobs = {job_of_engines(fmt::format("{{host: '{0}'}}, {{host: '{0}'}}", engine.host()))};
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(5 * StubEngine::kLines));
  const auto counted = [&] { return scene.agent.metric("promtail_docker_target_entries_total"); };
  CHECK(eventually([&] { return counted() >= 5 * StubEngine::kLines; }));
  std::this_thread::sleep_for(300ms);
  CHECK(counted() == 5 * StubEngine::kLines);
  scene.agent.stop();
}

TEST_CASE("docker stub: a brief container of which the engine could not tell at first is read after all") {
  StubEngine engine;
  Scene scene;
  scene.agent.jobs = {fmt::format(
      "- job_name: docker\n  docker_sd_configs: [{{host: '{}', refresh_interval: 500ms}}]\n  "
      "relabel_configs:\n"
      "  - {{source_labels: [__meta_docker_container_name], regex: /(.*), target_label: container}}\n",
      engine.host())};
  engine.start("first");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(StubEngine::kLines));
  engine.fail_inspections(1);
  engine.start_and_stop("brief");
  REQUIRE(scene.loki.wait_stored(2 * StubEngine::kLines));
  scene.agent.stop();
}
