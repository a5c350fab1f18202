// Targets that servers are asked for: http_sd_configs, consul_sd_configs, consulagent_sd_configs.
#include "tests/support/fake_consul.h"
#include "tests/support/page.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <mutex>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

// What a server of lists answers.
struct ListServer {
  std::mutex mutex;
  int status = 200;
  std::string body = "[]";
  std::string type = "application/json";
  bool is_cut = false;
  std::vector<StubRequest> requests;
  StubServer server{[this](const StubRequest& request, StubAnswer& answer) {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
    if (!is_cut) answer.send(status, body, {{"Content-Type", type}});
  }};

  void set(int new_status, const std::string& new_body, const std::string& new_type = "application/json") {
    const std::lock_guard lock(mutex);
    status = new_status, body = new_body, type = new_type, is_cut = false;
  }
  void cut() {
    const std::lock_guard lock(mutex);
    is_cut = true;
  }
  std::size_t asked() {
    const std::lock_guard lock(mutex);
    return requests.size();
  }
  // Until it was asked `times` more, and answered all but the last.
  bool wait_asked(std::size_t times) {
    const std::size_t before = asked();
    return eventually([&] { return asked() >= before + times + 1; });
  }
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

bool wait_log(Scene& scene, const std::string& text, std::size_t times = 1) {
  return eventually([&] { return count(scene.agent.log(), text) >= times; });
}

bool wait_open_files(Scene& scene, int files) {
  return eventually([&] { return scene.agent.metric("promtail_files_active_total") == files; });
}

struct HttpScene : Scene {
  ListServer list;

  HttpScene() {
    agent.jobs = {
        fmt::format("- job_name: app\n  http_sd_configs:\n"
                    "  - url: 'http://me:secret@127.0.0.1:{}/targets?of=web'\n    refresh_interval: 100ms\n"
                    "  relabel_configs:\n  - {{source_labels: [__address__], target_label: host}}\n"
                    "  - {{source_labels: [__meta_url], target_label: url}}\n",
                    list.server.port())};
  }
  std::string group(const std::string& file, const std::string& host = "h") {
    return fmt::format(R"({{"targets": ["{}"], "labels": {{"__path__": "{}"}}}})", host,
                       (logs / file).string());
  }
};

TEST_CASE("http discovery: targets come, change and go") {
  HttpScene scene;
  LogWriter first("a", scene.logs / "a.log");
  LogWriter second("b", scene.logs / "b.log");
  first.write(10);
  second.write(10);
  scene.list.set(200, "[" + scene.group("a.log") + "]");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  CHECK(scene.loki.stored()[0].labels ==
        fmt::format(R"({{filename="{}", host="h", url="http://me:<secret>@127.0.0.1:{}/targets?of=web"}})",
                    first.path().string(), scene.list.server.port()));
  {
    const std::lock_guard lock(scene.list.mutex);
    const StubRequest& request = scene.list.requests.at(0);
    CHECK(request.target == "/targets?of=web");
    CHECK(request.header("X-Prometheus-Refresh-Interval-Seconds") == "0.1");
    CHECK(request.header("Accept") == "application/json");
    CHECK(request.header("Authorization") == "Basic bWU6c2VjcmV0");
  }
  scene.list.set(200, "[" + scene.group("a.log") + ",\n\t" + scene.group("b.log") + "]",
                 "Application/JSON; charset=UTF-8");
  REQUIRE(scene.loki.wait_stored(20));

  // What was written before a target went is read; it goes on where it was when it comes back.
  first.write(10);
  scene.list.set(200, "[" + scene.group("b.log") + "]");
  REQUIRE(wait_log(scene, "removing target"));
  REQUIRE(scene.loki.wait_stored(30));
  REQUIRE(wait_open_files(scene, 1));
  first.write(10);
  second.write(10);
  REQUIRE(scene.loki.wait_stored(40));
  REQUIRE(scene.list.wait_asked(2));
  CHECK(scene.loki.stored_count() == 40);
  scene.list.set(200, "[" + scene.group("b.log") + "," + scene.group("a.log") + "]");
  CHECK(scene.require_all({&first, &second}) == 0);
  CHECK(scene.loki.stored_count() == 50);
  scene.agent.stop();
}

TEST_CASE("http discovery: a server that fails takes no target away, and is told of once") {
  HttpScene scene;
  LogWriter writer("a", scene.logs / "a.log");
  writer.write(10);
  scene.list.set(200, "[" + scene.group("a.log") + "]");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  const std::string kTold = "targets cannot be asked for; those of before stay";
  const std::string kOver = "targets can be asked for again";
  struct Row {
    int status;
    const char* body;
    const char* type;
    const char* want;
  };
  const Row rows[] = {{500, "a fire", "text/plain", "HTTP status 500: a fire"},
                      {204, "", "application/json", "HTTP status 204"},
                      {200, "[]", "text/html", "expected application/json"},
                      {200, "[{\"targets\": [", "application/json", "this is no JSON"},
                      {200, "[{\"target\": []}]", "application/json", "unknown key"}};
  std::size_t times = 0;
  for (const Row& row : rows) {
    INFO(row.want);
    ++times;
    scene.list.set(row.status, row.body, row.type);
    REQUIRE(wait_log(scene, kTold, times));
    REQUIRE(scene.list.wait_asked(2));
    CHECK(scene.agent.log().find(row.want) != std::string::npos);
    CHECK(count(scene.agent.log(), kTold) == times);
    scene.list.set(200, "[" + scene.group("a.log") + "]");
    REQUIRE(wait_log(scene, kOver, times));
  }
  scene.list.cut();
  REQUIRE(wait_log(scene, kTold, times + 1));
  writer.write(10);
  REQUIRE(scene.loki.wait_stored(20));
  CHECK(scene.agent.log().find("removing target") == std::string::npos);
  CHECK(scene.agent.log().find("secret@") == std::string::npos);
  // And an empty list is a list.
  scene.list.set(200, "[]");
  REQUIRE(wait_log(scene, "removing target"));
  scene.agent.stop();
}

struct ConsulScene : Scene {
  FakeConsul consul;

  explicit ConsulScene(const std::string& keys = "", const std::string& kind = "consul",
                       std::chrono::milliseconds longest_wait = 300ms)
      : consul(longest_wait) {
    agent.jobs = {fmt::format(
        "- job_name: app\n  {0}_sd_configs:\n  - {{server: '{1}', refresh_interval: 50ms{2}}}\n"
        "  relabel_configs:\n"
        "  - {{source_labels: [__meta_{0}_service_metadata_log], regex: '(.+)', target_label: __path__, "
        "replacement: '{3}/$1.log'}}\n"
        "  - {{source_labels: [__meta_{0}_service], target_label: service}}\n"
        "  - {{source_labels: [__meta_{0}_tags], target_label: tags}}\n"
        "  - {{source_labels: [__meta_{0}_health], target_label: health}}\n"
        "  - {{source_labels: [__meta_{0}_dc, __meta_{0}_node, __meta_{0}_metadata_rack], target_label: "
        "where}}\n"
        "  - {{source_labels: [__address__], target_label: address}}\n",
        kind, consul.address(), keys, logs.string())};
  }
  static ConsulInstance instance(const std::string& id, const std::string& service) {
    ConsulInstance one;
    one.id = id;
    one.service = service;
    one.tags = {"a", "b"};
    one.meta = {{"log", id}};
    return one;
  }
};

TEST_CASE("consul discovery: services and their instances come and go") {
  ConsulScene scene(", token: s3cret");
  LogWriter web1("web1", scene.logs / "web1.log");
  LogWriter web2("web2", scene.logs / "web2.log");
  LogWriter db1("db1", scene.logs / "db1.log");
  for (LogWriter* writer : {&web1, &web2, &db1}) writer->write(10);
  scene.consul.put(ConsulScene::instance("web1", "web"));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  CHECK(scene.loki.stored()[0].labels ==
        fmt::format(
            R"({{address="10.0.0.7:8080", filename="{}", health="passing", service="web", tags=",a,b,", )"
            R"(where="dc1;node-1;r1"}})",
            web1.path().string()));
  scene.consul.put(ConsulScene::instance("web2", "web"));
  REQUIRE(scene.loki.wait_stored(20));
  scene.consul.put(ConsulScene::instance("db1", "db"));
  REQUIRE(scene.loki.wait_stored(30));

  // An instance goes, and then a service whole: its watch ends.
  web2.write(10);
  scene.consul.remove("web2");
  REQUIRE(wait_log(scene, "removing target", 1));
  REQUIRE(scene.loki.wait_stored(40));
  scene.consul.remove("db1");
  REQUIRE(wait_log(scene, "removing target", 2));
  REQUIRE(wait_open_files(scene, 1));
  const std::size_t asked = scene.consul.requests("/v1/health/service/db").size();
  const std::size_t asked_web = scene.consul.requests("/v1/health/service/web").size();
  REQUIRE(eventually([&] { return scene.consul.requests("/v1/health/service/web").size() > asked_web + 2; }));
  CHECK(scene.consul.requests("/v1/health/service/db").size() <= asked + 1);

  db1.write(10);
  web1.write(10);
  scene.consul.put(ConsulScene::instance("db1", "db"));
  CHECK(scene.require_all({&web1, &web2, &db1}) == 0);
  CHECK(scene.loki.stored_count() == 60);
  for (const StubRequest& request : scene.consul.requests("/v1/")) {
    CHECK(request.header("X-Consul-Token") == "s3cret");
    CHECK(request.target.find("stale=") != std::string::npos);
  }
  // A stop does not wait for queries that block.
  scene.agent.stop();
}

TEST_CASE("consul discovery: a change is seen at once, and no query is asked for without one") {
  ConsulScene scene("", "consul", 60s);
  scene.consul.put(ConsulScene::instance("web1", "web"));
  write_file(scene.logs / "web1.log", "one\n");
  write_file(scene.logs / "web2.log", "two\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  // The catalog, and the services `consul` and `web`.
  REQUIRE(eventually([&] { return scene.consul.waiting() == 3; }));
  const std::size_t asked = scene.consul.requests("/v1/").size();
  CHECK(asked == 6);
  CHECK(stays([&] { return scene.consul.requests("/v1/").size() == asked; }, 400ms));
  scene.consul.put(ConsulScene::instance("web2", "web"));
  REQUIRE(scene.loki.wait_stored(2, 10s));
  const auto waits = scene.consul.requests("/v1/health/service/web");
  CHECK(waits.at(0).query("index").empty());
  CHECK(waits.at(1).query("index") == "101");
  CHECK(waits.at(1).query("wait") == "120s");
  scene.agent.stop();
}

TEST_CASE("consul discovery: indexes that go back, as after a restart of Consul") {
  ConsulScene scene;
  LogWriter web1("web1", scene.logs / "web1.log");
  LogWriter db1("db1", scene.logs / "db1.log");
  web1.write(10);
  db1.write(10);
  scene.consul.put(ConsulScene::instance("web1", "web"));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  scene.consul.begin_anew({ConsulScene::instance("web1", "web"), ConsulScene::instance("db1", "db")});
  REQUIRE(scene.loki.wait_stored(20));
  // It was asked again without an index, and then with the new one.
  REQUIRE(eventually([&] {
    const auto asked = scene.consul.requests("/v1/catalog/services");
    return asked.back().query("index") == "3";
  }));
  web1.write(10);
  scene.consul.put(ConsulScene::instance("web2", "web"));
  CHECK(scene.require_all({&web1, &db1}) == 0);
  CHECK(scene.loki.stored_count() == 30);
  CHECK(scene.agent.log().find("removing target") == std::string::npos);
  scene.agent.stop();
}

TEST_CASE("consul discovery: an outage takes no target away, and is told of once") {
  ConsulScene scene;
  LogWriter web1("web1", scene.logs / "web1.log");
  LogWriter db1("db1", scene.logs / "db1.log");
  web1.write(10);
  db1.write(10);
  for (const char* id : {"web1", "x1", "x2", "x3"}) scene.consul.put(ConsulScene::instance(id, id));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  const std::string kTold = "targets cannot be asked for; those of before stay";
  scene.consul.answer_with_errors();
  REQUIRE(wait_log(scene, kTold));
  const std::size_t asked = scene.consul.requests("/v1/").size();
  REQUIRE(eventually([&] { return scene.consul.requests("/v1/").size() > asked + 12; }));
  CHECK(count(scene.agent.log(), kTold) == 1);
  CHECK(scene.agent.log().find("no cluster leader") != std::string::npos);
  web1.write(10);
  REQUIRE(scene.loki.wait_stored(20));
  scene.consul.come_back();
  REQUIRE(wait_log(scene, "targets can be asked for again"));
  scene.consul.go_down();
  REQUIRE(wait_log(scene, kTold, 2));
  scene.consul.put(ConsulScene::instance("db1", "db"));
  scene.consul.come_back();
  CHECK(scene.require_all({&web1, &db1}) == 0);
  CHECK(scene.loki.stored_count() == 30);
  CHECK(scene.agent.log().find("removing target") == std::string::npos);
  scene.agent.stop();
}

TEST_CASE("consul discovery: two instances with one log, of which one goes") {
  ConsulScene scene;
  LogWriter writer("shared", scene.logs / "shared.log");
  writer.write(10);
  ConsulInstance one = ConsulScene::instance("web1", "web");
  one.meta = {{"log", "shared"}};
  ConsulInstance other = one;
  other.id = "web2";
  scene.consul.put(one);
  scene.consul.put(other);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  for (const char* id : {"web1", "web2"}) {
    scene.consul.remove(id);
    REQUIRE(wait_log(scene, "removing target", id == std::string("web1") ? 1 : 2));
    if (id == std::string("web1")) {
      writer.write(10);
      REQUIRE(scene.loki.wait_stored(20));
    }
  }
  REQUIRE(wait_open_files(scene, 0));
  writer.write(10);
  scene.consul.put(other);
  CHECK(scene.require_all({&writer}) == 0);
  CHECK(scene.loki.stored_count() == 30);
  scene.agent.stop();
}

TEST_CASE("consul discovery: an instance whose labels change is read on under the new ones") {
  ConsulScene scene;
  LogWriter writer("web1", scene.logs / "web1.log");
  writer.write(10);
  ConsulInstance one = ConsulScene::instance("web1", "web");
  scene.consul.put(one);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  one.health = "critical";
  scene.consul.put(one);
  REQUIRE(wait_log(scene, "removing target"));
  REQUIRE(wait_log(scene, "adding target", 2));
  writer.write(10);  // while it changes: under either
  REQUIRE(scene.loki.wait_stored(20));
  writer.write(10);
  CHECK(scene.require_all({&writer}) == 0);
  CHECK(scene.loki.stored_count() == 30);
  CHECK(scene.loki.stored()[9].labels.find(R"(health="passing")") != std::string::npos);
  CHECK(scene.loki.stored()[29].labels.find(R"(health="critical")") != std::string::npos);
  scene.agent.stop();
}

TEST_CASE("consul discovery: services by name and by tags") {
  ConsulScene scene(", services: [web, db], tags: [b], node_meta: {rack: r1}, datacenter: d1");
  ConsulInstance other = ConsulScene::instance("other1", "db");
  other.tags = {"a"};
  scene.consul.put(other);
  scene.consul.put(ConsulScene::instance("web1", "web"));
  scene.consul.put(ConsulScene::instance("cache1", "cache"));
  for (const char* name : {"web1", "other1", "cache1"})
    write_file(scene.logs / (std::string(name) + ".log"), "x\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.consul.requests("/v1/health/service/db").empty());
  CHECK(scene.consul.requests("/v1/health/service/cache").empty());
  const StubRequest request = scene.consul.requests("/v1/health/service/web").at(0);
  CHECK(request.query("tag") == "b");
  CHECK(request.query("node-meta") == "rack:r1");
  CHECK(request.query("dc") == "d1");
  scene.agent.stop();

  // By names alone the catalog is not asked for.
  ConsulScene named(", services: [web], allow_stale: false");
  named.consul.put(ConsulScene::instance("web1", "web"));
  write_file(named.logs / "web1.log", "x\n");
  named.agent.start();
  REQUIRE(named.loki.wait_stored(1));
  CHECK(named.consul.requests("/v1/catalog").empty());
  CHECK(named.consul.requests("/v1/health/service/web").at(0).target == "/v1/health/service/web");
  named.agent.stop();
}

TEST_CASE("consul agent discovery: services of the agent come and go, and it may fail") {
  ConsulScene scene(", token: s3cret", "consulagent");
  LogWriter web1("web1", scene.logs / "web1.log");
  LogWriter db1("db1", scene.logs / "db1.log");
  web1.write(10);
  db1.write(10);
  ConsulInstance weak = ConsulScene::instance("web1", "web");
  weak.health = "warning";
  weak.address.clear();
  scene.consul.put(weak);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  CHECK(scene.loki.stored()[0].labels ==
        fmt::format(
            R"({{address="10.0.0.1:8080", filename="{}", health="warning", service="web", tags=",a,b,", )"
            R"(where="dc1;node-1;r1"}})",
            web1.path().string()));
  scene.consul.put(ConsulScene::instance("db1", "db"));
  REQUIRE(scene.loki.wait_stored(20));
  CHECK(scene.consul.requests("/v1/agent/self").at(0).header("X-Consul-Token") == "s3cret");
  CHECK(scene.consul.requests("/v1/catalog").empty());

  scene.consul.answer_with_errors();
  REQUIRE(wait_log(scene, "targets cannot be asked for; those of before stay"));
  web1.write(10);
  REQUIRE(scene.loki.wait_stored(30));
  CHECK(scene.agent.log().find("removing target") == std::string::npos);
  scene.consul.come_back();
  scene.consul.remove("db1");
  REQUIRE(wait_log(scene, "removing target"));
  REQUIRE(wait_open_files(scene, 1));
  db1.write(10);
  scene.consul.put(ConsulScene::instance("db1", "db"));
  CHECK(scene.require_all({&web1, &db1}) == 0);
  CHECK(scene.loki.stored_count() == 40);
  scene.agent.stop();
}

// A job that the page shows, with its server replaced.
std::string page_job(const std::string& heading,
                     std::vector<std::pair<std::string, std::string>> replacements) {
  const std::string page = read_page("discovery.md");
  const std::size_t section = page.find("\n## " + heading + "\n");
  REQUIRE(section != page.npos);
  const std::string head = "scrape_configs:\n";
  const std::size_t begin = page.find(head, section) + head.size();
  std::string job = page.substr(begin, page.find("```", begin) - begin);
  for (const auto& [text, by] : replacements) {
    INFO(text);
    REQUIRE(job.find(text) != job.npos);
    job.replace(job.find(text), text.size(), by);
  }
  return job;
}

TEST_CASE("service discovery: the jobs of the page") {
  Scene scene;
  write_file(scene.logs / "shop.log", "hello\n");
  ListServer list;
  FakeConsul consul;
  ConsulInstance shop = ConsulScene::instance("shop-1", "shop");
  shop.meta = {{"log_path", scene.logs / "shop.log"}};
  consul.put(shop);
  std::string answer = read_page("discovery.md");
  const std::size_t answer_begin = answer.find("[{\"targets\"");
  REQUIRE(answer_begin != answer.npos);
  answer = answer.substr(answer_begin, answer.find("```", answer_begin) - answer_begin);
  const std::string path = "/srv/shop/logs/*.log";
  list.set(200, answer.replace(answer.find(path), path.size(), (scene.logs / "*.log").string()));
  const std::string file = (scene.logs / "shop.log").string();

  SECTION("http_sd_configs") {
    scene.agent.jobs = {
        page_job("http_sd_configs", {{"http://inventory/targets", list.server.url() + "/targets"}})};
    scene.agent.start();
    REQUIRE(scene.loki.wait_stored(1));
    CHECK(scene.loki.stored()[0].labels ==
          fmt::format(R"({{app="shop", filename="{}", host="web-1"}})", file));
  }
  SECTION("consul_sd_configs") {
    scene.agent.jobs = {page_job("consul_sd_configs", {{"consul:8500", consul.address()}})};
    scene.agent.start();
    REQUIRE(scene.loki.wait_stored(1));
    CHECK(scene.loki.stored()[0].labels ==
          fmt::format(R"({{filename="{}", instance="shop-1", service="shop"}})", file));
  }
  SECTION("consulagent_sd_configs") {
    scene.agent.jobs = {page_job("consulagent_sd_configs", {{"localhost:8500", consul.address()}})};
    scene.agent.start();
    REQUIRE(scene.loki.wait_stored(1));
    CHECK(scene.loki.stored()[0].labels == fmt::format(R"({{filename="{}", service="shop"}})", file));
  }
  scene.agent.stop();
}

}  // namespace
