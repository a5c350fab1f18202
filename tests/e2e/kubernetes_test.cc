// Pods of a Kubernetes cluster: an API server stands in, the folders and files are real.
#include "tests/support/kubernetes_api.h"
#include "tests/support/nginx.h"
#include "tests/support/page.h"
#include "tests/support/scene.h"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  REQUIRE(text.find(what) != text.npos);
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

struct KubernetesScene : Scene {
  fs::path pods = directory / "pods";
  fs::path token = directory / "token";
  KubernetesApi api;
  std::size_t written = 0;

  // The job of Promtail's Helm chart. `item`: how the API is reached.
  explicit KubernetesScene(const std::string& item = {}) {
    fs::create_directories(pods);
    write_file(token, "first");
    use(item.empty()
            ? fmt::format("api_server: '{}'\n        bearer_token_file: '{}'", api.url(), token.string())
            : item);
    agent.environment["HOSTNAME"] = "node-1";
    agent.server_keys = "log_level: debug";
  }
  void use(const std::string& item) {
    const std::string job = job_of_page("sources/kubernetes.md", "/var/log/pods", pods.string());
    agent.jobs = {replaced(
        replaced(job, "/var/log/pods", pods.string()), "- role: pod\n",
        fmt::format("- role: pod\n        {}\n        pod_logs_directory: '{}'\n", item, pods.string()))};
  }
  static ApiPod pod(const std::string& name, const std::string& app = "shop") {
    ApiPod pod;
    pod.name = name;
    pod.uid = "uid-of-" + name;
    pod.labels = {{"app", app}, {"pod-template-hash", "5d8f9c7b6"}};
    return pod;
  }
  fs::path folder(const std::string& name, const std::string& name_space = "default") const {
    return pods / (name_space + "_" + name + "_uid-of-" + name);
  }
  // A line as the container runtime writes it.
  void log(const fs::path& pod_folder, const std::string& line, const std::string& container = "app") {
    fs::create_directories(pod_folder / container);
    append_file(pod_folder / container / "0.log",
                fmt::format("2024-05-01T10:00:00.{:09}Z stdout F {}\n", ++written, line));
  }
  std::string labels_of(const std::string& line) const {
    for (const Arrival& entry : loki.stored()) {
      if (entry.line == line) return entry.labels;
    }
    return "(not there)";
  }
  bool wait_line(const std::string& line, std::chrono::milliseconds deadline = kPatience) const {
    return eventually([&] { return labels_of(line) != "(not there)"; }, deadline);
  }
  // That nothing came twice.
  void require_once() const {
    std::multiset<std::string> lines;
    for (const std::string& line : loki.lines()) lines.insert(line);
    for (const std::string& line : lines) {
      INFO(line);
      CHECK(lines.count(line) == 1);
    }
  }
  std::string labels(const std::string& name, const std::string& app = "shop") const {
    return fmt::format(
        R"({{app="{}", container="app", filename="{}", job="default/{}", namespace="default", )"
        R"(node_name="node-1", pod="{}", stream="stdout"}})",
        app, (folder(name) / "app" / "0.log").string(), app, name);
  }
  bool wait_open_files(double files) {
    return eventually([&] { return agent.metric("promtail_files_active_total") == files; });
  }
};

TEST_CASE("kubernetes: pods come and go, with the rules of the Helm chart") {
  KubernetesScene scene;
  scene.api.set("pods", KubernetesScene::pod("shop-1").object());
  ApiPod elsewhere = KubernetesScene::pod("shop-9");
  elsewhere.node = "node-2";
  scene.api.set("pods", elsewhere.object());
  scene.log(scene.folder("shop-1"), "one");
  scene.agent.start();
  REQUIRE(scene.wait_line("one"));
  CHECK(scene.labels_of("one") == scene.labels("shop-1"));

  // One that comes, and whose folder comes later.
  REQUIRE(eventually([&] { return scene.api.open_watches() == 1; }));
  scene.api.set("pods", KubernetesScene::pod("shop-2", "till").object());
  scene.log(scene.folder("shop-2"), "two");
  REQUIRE(scene.wait_line("two"));
  CHECK(scene.labels_of("two") == scene.labels("shop-2", "till"));

  // Its last lines are written after it was deleted.
  scene.api.remove("pods", "default/shop-2");
  scene.api.set("pods", KubernetesScene::pod("shop-3").object());
  scene.log(scene.folder("shop-3"), "three");  // by then the deletion is known
  REQUIRE(scene.wait_line("three"));
  scene.log(scene.folder("shop-2"), "last words");
  REQUIRE(scene.wait_line("last words"));
  CHECK(scene.labels_of("last words") == scene.labels("shop-2", "till"));
  REQUIRE(scene.wait_open_files(3));
  fs::remove_all(scene.folder("shop-2"));
  REQUIRE(eventually([&] { return scene.agent.log().find("removing target") != std::string::npos; }));
  REQUIRE(scene.wait_open_files(2));
  CHECK(scene.api.lists("pods") == 1);
  CHECK(scene.api.last_target("pods", false).find("fieldSelector=spec.nodeName%3Dnode-1") !=
        std::string::npos);
  scene.require_once();
  scene.agent.stop();
}

TEST_CASE("kubernetes: a watch that is cut goes on from the last bookmark, without another list") {
  KubernetesScene scene;
  scene.api.set("pods", KubernetesScene::pod("shop-1").object());
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.api.open_watches() == 1; }));
  const std::string first = scene.api.last_target("pods", true);
  CHECK(first.find("allowWatchBookmarks=true&resourceVersion=101&") != std::string::npos);
  scene.api.send_bookmarks();
  scene.api.set("pods", KubernetesScene::pod("shop-2").object());
  scene.log(scene.folder("shop-2"), "two");
  REQUIRE(scene.wait_line("two"));
  scene.api.send_bookmarks();
  // Until a watch has begun behind the bookmark, which is version 104.
  REQUIRE(eventually(
      [&] {
        scene.api.cut_connections();
        return scene.api.last_target("pods", true).find("resourceVersion=104&") != std::string::npos;
      },
      kPatience, 100ms));
  scene.api.set("pods", KubernetesScene::pod("shop-3").object());
  scene.log(scene.folder("shop-3"), "three");
  REQUIRE(scene.wait_line("three"));
  CHECK(scene.labels_of("three") == scene.labels("shop-3"));
  CHECK(scene.api.lists("pods") == 1);
  scene.require_once();
  scene.agent.stop();
}

TEST_CASE("kubernetes: a version that is too old is answered with another list") {
  for (const bool as_event : {false, true}) {
    INFO(as_event);
    KubernetesScene scene;
    for (int i = 0; i < 3; ++i) {
      const std::string name = "shop-" + std::to_string(i);
      scene.api.set("pods", KubernetesScene::pod(name).object());
      scene.log(scene.folder(name), "old " + name);
    }
    scene.agent.start();
    REQUIRE(scene.loki.wait_stored(3));
    REQUIRE(scene.wait_open_files(3));
    // One goes and one comes while nobody watches.
    scene.api.set_down(true);
    scene.api.remove("pods", "default/shop-0");
    fs::remove_all(scene.folder("shop-0"));
    scene.api.set("pods", KubernetesScene::pod("shop-3").object());
    scene.log(scene.folder("shop-3"), "new");
    scene.api.compact(as_event);
    scene.api.set_down(false);
    REQUIRE(scene.wait_line("new"));
    CHECK(eventually([&] { return scene.labels_of("new") == scene.labels("shop-3"); }));
    REQUIRE(scene.wait_open_files(3));
    CHECK(scene.api.lists("pods") == 2);
    CHECK(scene.api.last_target("pods", false).find("resourceVersion=0") == std::string::npos);
    scene.require_once();
    scene.agent.stop();
  }
}

TEST_CASE("kubernetes: a token that has expired is read again") {
  KubernetesScene scene;
  scene.api.require_token("first");
  scene.api.set("pods", KubernetesScene::pod("shop-1").object());
  scene.log(scene.folder("shop-1"), "one");
  scene.agent.start();
  REQUIRE(scene.wait_line("one"));
  write_file(scene.token, "second\n");
  scene.api.require_token("second");
  scene.api.set("pods", KubernetesScene::pod("shop-2").object());
  scene.log(scene.folder("shop-2"), "two");
  REQUIRE(scene.wait_line("two"));
  CHECK(scene.labels_of("two") == scene.labels("shop-2"));

  // The server knows of a third one before we can.
  scene.api.require_token("third");
  REQUIRE(eventually([&] { return scene.api.refused() >= 2; }));
  write_file(scene.token, "third");
  scene.api.set("pods", KubernetesScene::pod("shop-3").object());
  scene.log(scene.folder("shop-3"), "three");
  REQUIRE(scene.wait_line("three"));
  CHECK(eventually([&] { return scene.labels_of("three").find("app=\"sho") != std::string::npos; }));
  const std::string log = scene.agent.log();
  CHECK(log.find("HTTP status 401: Unauthorized") != log.npos);
  CHECK(log.find("HTTP status 401: Unauthorized") == log.rfind("HTTP status 401: Unauthorized"));
  CHECK(scene.api.lists("pods") == 1);
  scene.require_once();
  scene.agent.stop();
}

TEST_CASE("kubernetes: a pod of which the API never tells is read, and what it tells late takes its place") {
  KubernetesScene scene;
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.api.open_watches() == 1; }));
  scene.log(scene.folder("moment"), "short life");
  scene.log(scene.folder("late"), "early line");
  REQUIRE(scene.wait_line("short life"));
  // All that a folder's name says: the app is the pod.
  CHECK(scene.labels_of("short life") == scene.labels("moment", "moment"));
  CHECK(scene.labels_of("early line") == scene.labels("late", "late"));
  fs::remove_all(scene.folder("moment"));
  scene.api.set("pods", KubernetesScene::pod("late").object());
  REQUIRE(eventually([&] { return scene.agent.log().find("removing target") != std::string::npos; }));
  REQUIRE(scene.wait_open_files(1));
  scene.log(scene.folder("late"), "late line");
  REQUIRE(scene.wait_line("late line"));
  CHECK(scene.labels_of("late line") == scene.labels("late"));
  scene.require_once();
  scene.agent.stop();
}

TEST_CASE("kubernetes: pods without an address and static pods are joined with their folders") {
  KubernetesScene scene;
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.api.open_watches() == 1; }));
  ApiPod pending = KubernetesScene::pod("pending");
  pending.ip.clear();
  scene.api.set("pods", pending.object());
  scene.log(scene.folder("pending"), "no address");
  REQUIRE(scene.wait_line("no address", 4s));  // sooner than a folder alone is believed
  CHECK(scene.labels_of("no address") == scene.labels("pending"));
  pending.ip = "10.1.2.3";
  scene.api.set("pods", pending.object());

  ApiPod mirror = KubernetesScene::pod("etcd-node-1");
  mirror.annotations = {{"kubernetes.io/config.hash", "0123abcd"},
                        {"kubernetes.io/config.mirror", "0123abcd"}};
  const fs::path folder = scene.pods / "default_etcd-node-1_0123abcd";
  scene.api.set("pods", mirror.object());
  scene.log(folder, "static");
  REQUIRE(scene.wait_line("static"));
  CHECK(scene.labels_of("static").find("app=\"shop\"") != std::string::npos);
  // The mirror is made anew, as after a restart of the kubelet: nothing is read twice.
  scene.api.remove("pods", "default/etcd-node-1");
  mirror.uid = "another";
  scene.api.set("pods", mirror.object());
  scene.log(folder, "static too");
  REQUIRE(scene.wait_line("static too"));
  scene.log(scene.folder("pending"), "with address");
  REQUIRE(scene.wait_line("with address"));
  scene.require_once();
  CHECK(scene.agent.log().find("told nothing of a pod") == std::string::npos);
  scene.agent.stop();
}

TEST_CASE("kubernetes: without an API the folders do") {
  KubernetesScene scene;
  const std::string page = read_page("sources/kubernetes.md");
  const std::string section = page.substr(page.find("## Without an API"));
  const std::string head = "scrape_configs:\n";
  const std::size_t begin = section.find(head) + head.size();
  scene.agent.jobs = {
      replaced(section.substr(begin, section.find("```", begin) - begin), "source: folders",
               fmt::format("source: folders\n        pod_logs_directory: '{}'", scene.pods.string()))};
  scene.log(scene.folder("a"), "one");
  scene.agent.start();
  REQUIRE(scene.wait_line("one"));
  CHECK(scene.labels_of("one") ==
        fmt::format(R"({{container="app", filename="{}", namespace="default", pod="a", )"
                    R"(stream="stdout"}})",
                    (scene.folder("a") / "app/0.log").string()));
  scene.log(scene.folder("a"), "two", "sidecar");
  scene.log(scene.folder("b"), "three");
  fs::create_directories(scene.pods / "no_pod");
  REQUIRE(scene.wait_line("two"));
  REQUIRE(scene.wait_line("three"));
  REQUIRE(scene.wait_open_files(3));
  fs::remove_all(scene.folder("a"));
  REQUIRE(scene.wait_open_files(1));
  scene.require_once();
  CHECK(scene.api.lists("pods") == 0);
  scene.agent.stop();
}

TEST_CASE("kubernetes: an API that is away when the agent starts is not waited for") {
  KubernetesScene scene;
  scene.api.set_down(true);
  scene.api.set("pods", KubernetesScene::pod("shop-1").object());
  scene.log(scene.folder("shop-1"), "one");
  scene.agent.start();
  REQUIRE(scene.wait_line("one"));
  CHECK(scene.labels_of("one") == scene.labels("shop-1", "shop-1"));
  scene.api.set_down(false);
  REQUIRE(eventually([&] { return scene.agent.log().find("answers again") != std::string::npos; }));
  // Said once the file's end is known up to which the guessed labels hold.
  REQUIRE(eventually([&] { return scene.agent.log().find("stopped tailing file") != std::string::npos; }));
  scene.log(scene.folder("shop-1"), "two");
  REQUIRE(scene.wait_line("two"));
  CHECK(scene.labels_of("two") == scene.labels("shop-1"));
  scene.require_once();
  scene.agent.stop();
}

TEST_CASE("kubernetes: nonsense in a watch is told, and listed anew") {
  KubernetesScene scene;
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.api.open_watches() == 1; }));
  scene.api.send_line("{\"type\":\"ADDED\",\"object\":[]}\n");
  REQUIRE(eventually([&] { return scene.api.lists("pods") == 2; }));
  scene.api.send_line("{\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":\"etcd is tired\"}}\n");
  REQUIRE(eventually([&] { return scene.api.lists("pods") == 3; }));
  scene.api.set("pods", KubernetesScene::pod("shop-1").object());
  scene.log(scene.folder("shop-1"), "one");
  REQUIRE(scene.wait_line("one"));
  CHECK(scene.labels_of("one") == scene.labels("shop-1"));
  CHECK(scene.agent.log().find("an event cannot be read") != std::string::npos);
  CHECK(scene.agent.log().find("etcd is tired (500)") != std::string::npos);
  scene.agent.stop();
}

ApiObject api_object(const std::string& name, const std::string& more, const std::string& labels = "{}") {
  ApiObject object;
  object.name_space = "default";
  object.name = name;
  object.json = fmt::format(
      R"({{"metadata":{{"name":"{0}","namespace":"default","uid":"uid-{0}","resourceVersion":"@VERSION@",)"
      R"("labels":{1}}},{2}}})",
      name, labels, more);
  return object;
}

// One that is in no namespace.
ApiObject cluster_object(const std::string& name, const std::string& more, const std::string& labels) {
  ApiObject object = api_object(name, more, labels);
  object.name_space.clear();
  object.json = replaced(object.json, R"("namespace":"default",)", "");
  return object;
}

ApiObject endpoints(const std::string& name, const std::string& pod) {
  return api_object(
      name, fmt::format(R"("subsets":[{{"addresses":[{{"ip":"10.0.0.1","targetRef":{{"kind":"Pod",)"
                        R"("name":"{}","namespace":"default"}}}}],"ports":[{{"name":"http","port":80}}]}}])",
                        pod));
}

ApiObject service(const std::string& name, const std::string& team) {
  return api_object(name, R"("spec":{"clusterIP":"10.1.0.1","type":"ClusterIP","ports":[]})",
                    fmt::format(R"({{"team":"{}"}})", team));
}

TEST_CASE("kubernetes: endpoints of several pages follow the services and pods that they name") {
  constexpr int kMany = 600;  // a page has 500
  KubernetesScene scene;
  scene.agent.jobs = {fmt::format(R"(- job_name: endpoints
  kubernetes_sd_configs:
  - role: endpoints
    api_server: '{}'
    bearer_token_file: '{}'
  relabel_configs:
  - {{source_labels: [__meta_kubernetes_endpoints_name], regex: 'shop-(1|600)', action: keep}}
  - {{source_labels: [__meta_kubernetes_endpoints_name], target_label: __path__, replacement: '{}/$1.log'}}
  - {{source_labels: [__meta_kubernetes_service_label_team], target_label: team}}
  - {{source_labels: [__meta_kubernetes_pod_label_app], target_label: app}}
)",
                                  scene.api.url(), scene.token.string(), scene.logs.string())};
  for (int i = 1; i <= kMany; ++i) {
    scene.api.set("endpoints", endpoints(fmt::format("shop-{}", i), fmt::format("pod-{}", i)));
  }
  scene.api.set("services", service("shop-1", "red"));
  scene.api.set("services", service("shop-600", "blue"));
  scene.api.set("pods", KubernetesScene::pod("pod-1", "till").object());
  append_file(scene.logs / "shop-1.log", "one\n");
  append_file(scene.logs / "shop-600.log", "six hundred\n");
  scene.agent.start();
  const auto labels = [&](const std::string& name, const std::string& team, const std::string& app) {
    return fmt::format(R"({{{}filename="{}"{}}})", app.empty() ? "" : "app=\"" + app + "\", ",
                       (scene.logs / (name + ".log")).string(),
                       team.empty() ? "" : ", team=\"" + team + "\"");
  };
  REQUIRE(scene.wait_line("one"));
  REQUIRE(scene.wait_line("six hundred"));
  CHECK(scene.api.lists("endpoints") == 2);  // pages

  // A pod that comes, and a service that changes, change the targets that name them.
  int lines = 0;
  const auto becomes = [&](const std::string& name, const std::string& wanted) {
    return eventually([&] {
      const std::string line = fmt::format("{} {}", name, ++lines);
      append_file(scene.logs / (name + ".log"), line + '\n');
      return scene.wait_line(line) && scene.labels_of(line) == wanted;
    });
  };
  CHECK(becomes("shop-1", labels("shop-1", "red", "till")));
  CHECK(becomes("shop-600", labels("shop-600", "blue", "")));
  scene.api.set("pods", KubernetesScene::pod("pod-600", "shelf").object());
  CHECK(becomes("shop-600", labels("shop-600", "blue", "shelf")));
  scene.api.set("services", service("shop-1", "green"));
  CHECK(becomes("shop-1", labels("shop-1", "green", "till")));
  scene.api.remove("services", "default/shop-600");
  CHECK(becomes("shop-600", labels("shop-600", "", "shelf")));
  scene.api.remove("endpoints", "default/shop-600");
  REQUIRE(scene.wait_open_files(1));
  scene.require_once();
  scene.agent.stop();
}

// A target of another role has a log whose name the rules make of its labels. `collection`: what the API calls the
// objects. Comes, changes and goes.
void follow_role(const std::string& role, const std::string& collection, const std::string& meta,
                 const std::function<ApiObject(const std::string& team)>& object_of) {
  INFO(role);
  KubernetesScene scene;
  scene.agent.jobs = {fmt::format(R"(- job_name: others
  kubernetes_sd_configs:
  - role: {}
    api_server: '{}'
    bearer_token_file: '{}'
  relabel_configs:
  - {{source_labels: [__meta_kubernetes_{}_name], target_label: __path__, replacement: '{}/$1.log'}}
  - {{source_labels: [__meta_kubernetes_{}_label_team], target_label: team}}
  - {{action: labeldrop, regex: instance}}
)",
                                  role, scene.api.url(), scene.token.string(), meta, scene.logs.string(),
                                  meta)};
  const auto labels = [&](const std::string& team) {
    return fmt::format(R"({{filename="{}", team="{}"}})", (scene.logs / "shop.log").string(), team);
  };
  append_file(scene.logs / "shop.log", "first\n");
  scene.api.set(collection, object_of("red"));
  scene.agent.start();
  REQUIRE(scene.wait_line("first"));
  CHECK(scene.labels_of("first") == labels("red"));
  REQUIRE(eventually([&] { return scene.api.open_watches() > 0; }));
  scene.api.set(collection, object_of("blue"));
  int lines = 0;
  CHECK(eventually([&] {
    const std::string line = fmt::format("line {}", ++lines);
    append_file(scene.logs / "shop.log", line + '\n');
    return scene.wait_line(line) && scene.labels_of(line) == labels("blue");
  }));
  const ApiObject object = object_of("blue");
  scene.api.remove(collection, object.key());
  REQUIRE(scene.wait_open_files(0));
  scene.require_once();
  scene.agent.stop();
}

TEST_CASE("kubernetes: targets get the labels of their namespace, also when these come late or change") {
  KubernetesScene scene;
  scene.agent.jobs = {replaced(replaced(scene.agent.jobs.at(0), "- role: pod\n",
                                        "- role: pod\n        attach_metadata: {namespace: true}\n"),
                               "    relabel_configs:\n",
                               "    relabel_configs:\n      - {source_labels: "
                               "[__meta_kubernetes_namespace_label_team], target_label: team}\n")};
  scene.api.set("pods", KubernetesScene::pod("shop-1").object());
  scene.log(scene.folder("shop-1"), "one");
  scene.agent.start();
  REQUIRE(scene.wait_line("one"));
  CHECK(scene.labels_of("one") == scene.labels("shop-1"));
  const auto becomes = [&](const std::string& team) {
    int lines = 0;
    return eventually([&] {
      const std::string line = fmt::format("{} {}", team, ++lines);
      scene.log(scene.folder("shop-1"), line);
      return scene.wait_line(line) &&
             scene.labels_of(line).find(fmt::format("team=\"{}\"", team)) != std::string::npos;
    });
  };
  const auto name_space = [](const std::string& team) {
    return cluster_object("default", R"("status":{})", fmt::format(R"({{"team":"{}"}})", team));
  };
  scene.api.set("namespaces", name_space("red"));
  CHECK(becomes("red"));
  scene.api.set("namespaces", name_space("blue"));
  CHECK(becomes("blue"));
  scene.require_once();
  scene.agent.stop();
}

TEST_CASE("kubernetes: services, nodes, ingresses and slices of endpoints are targets too") {
  const auto team_label = [](const std::string& team) { return fmt::format(R"({{"team":"{}"}})", team); };
  SECTION("services") {
    follow_role("service", "services", "service", [](const std::string& team) {
      ApiObject object = service("shop", team);
      object.json.replace(object.json.find(R"("ports":[])"), 10, R"("ports":[{"name":"http","port":80}])");
      return object;
    });
  }
  SECTION("nodes") {
    follow_role("node", "nodes", "node", [&](const std::string& team) {
      return cluster_object("shop",
                            R"("status":{"addresses":[{"type":"InternalIP","address":"192.168.0.1"}]})",
                            team_label(team));
    });
  }
  SECTION("ingresses") {
    follow_role("ingress", "ingresses", "ingress", [&](const std::string& team) {
      return api_object("shop",
                        R"("spec":{"rules":[{"host":"shop.example","http":{"paths":[{"path":"/"}]}}]})",
                        team_label(team));
    });
  }
  SECTION("slices of endpoints") {
    follow_role("endpointslice", "endpointslices", "endpointslice", [&](const std::string& team) {
      return api_object("shop",
                        R"("addressType":"IPv4","ports":[{"name":"http","port":80,"protocol":"TCP"}],)"
                        R"("endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true}}])",
                        team_label(team));
    });
  }
}

TEST_CASE("kubernetes: a thousand pods come and go, and nothing is left of them", "[alone]") {
  constexpr int kPods = 1000;
  KubernetesScene scene;
  scene.agent.server_keys = "log_level: warn";
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.api.open_watches() == 1; }));
  const std::size_t files_before = scene.agent.open_files();
  std::size_t resident = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kPods; ++i) {
      const std::string name = fmt::format("pod-{}-{}", round, i);
      scene.api.set("pods", KubernetesScene::pod(name).object());
      scene.log(scene.folder(name), "line of " + name);
    }
    REQUIRE(scene.loki.wait_stored(static_cast<std::size_t>((round + 1) * kPods), 60s));
    for (int i = 0; i < kPods; ++i) {
      const std::string name = fmt::format("pod-{}-{}", round, i);
      scene.api.remove("pods", "default/" + name);
      fs::remove_all(scene.folder(name));
    }
    REQUIRE(eventually([&] { return scene.agent.open_files() <= files_before + 10; }, 60s));
    if (round == 0) resident = scene.agent.resident();
  }
  CHECK(scene.loki.stored_count() == 3 * kPods);
  if (!sanitized()) {
    // Paths are remembered for a minute.
    CHECK(eventually([&] { return scene.agent.resident() < resident + (std::size_t{6} << 20); }, 150s));
    std::cout << "resident after one and three rounds of " << kPods << " pods: " << resident / 1024
              << " KiB, " << scene.agent.resident() / 1024 << " KiB" << std::endl;
  }
  scene.agent.stop();
}

TEST_CASE("kubernetes: in a cluster, by TLS and with the service account") {
  if (!Nginx::installed()) return skip("nginx is not installed");
  KubernetesScene scene("namespaces: {names: [default]}");
  const Certificates certificates(scene.directory / "certificates", "localhost");
  const Nginx nginx(scene.directory / "nginx", certificates, scene.api.port(), "proxy_buffering off;");
  const fs::path account = scene.directory / "account";
  fs::create_directories(account);
  fs::copy_file(certificates.ca, account / "ca.crt");
  write_file(account / "token", "secret");
  write_file(account / "namespace", "default");
  scene.api.require_token("secret");
  scene.agent.environment["KUBERNETES_SERVICE_HOST"] = "localhost";
  scene.agent.environment["KUBERNETES_SERVICE_PORT"] = std::to_string(nginx.port());
  scene.agent.environment["LOKITAIL_SERVICE_ACCOUNT_DIRECTORY"] = account;
  scene.api.set("pods", KubernetesScene::pod("shop-1").object());
  scene.log(scene.folder("shop-1"), "one");
  scene.agent.start();
  REQUIRE(scene.wait_line("one"));
  CHECK(scene.labels_of("one") == scene.labels("shop-1"));
  CHECK(scene.api.last_target("pods", false).starts_with("/api/v1/namespaces/default/pods?"));
  scene.api.set("pods", KubernetesScene::pod("shop-2").object());
  scene.log(scene.folder("shop-2"), "two");
  REQUIRE(scene.wait_line("two"));
  CHECK(scene.labels_of("two") == scene.labels("shop-2"));
  scene.agent.stop();
}

}  // namespace
