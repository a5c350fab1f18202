#include "agent/discovery/kubernetes/pod_role.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <map>

#include "agent/discovery/kubernetes/answers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace lokitail::agent::kubernetes {
namespace {

using namespace lokitail::test;
namespace fs = std::filesystem;

TEST_CASE("kubernetes folders: their names") {
  CHECK(parse_pod_folder("ns_pod-1_0a-b") == PodFolderName{"ns", "pod-1", "0a-b"});
  CHECK(pod_folder({"ns", "pod-1", "0a-b"}) == "ns_pod-1_0a-b");
  for (const char* wrong : {"", "pod", "ns_pod", "__", "_a_b", "a__b", "a_b_", "a_b_c_d"}) {
    INFO(wrong);
    CHECK_FALSE(parse_pod_folder(wrong));
  }
}

// A role whose groups are those that have targets now.
struct RoleScene {
  explicit RoleScene(bool only_folders = false, std::vector<std::string> namespaces = {}) {
    config.directory = directory.path();
    config.node_name = "node-1";
    config.only_folders = only_folders;
    config.namespaces = std::move(namespaces);
    config.grace = std::chrono::milliseconds(50);
    config.most_lingering = std::chrono::milliseconds(200);
    make();
  }
  ~RoleScene() { role->stop(); }
  void make() {
    const auto found = [this](const std::string& group, Targets targets) {
      if (targets.empty()) {
        groups.erase(group);
      } else {
        groups[group] = std::move(targets);
      }
    };
    role = std::make_unique<PodRole>(control, inotify, config,
                                     ToldTargets(found, [](std::string_view) { return true; }));
    role->start();
  }
  void pod(const std::string& name, const std::string& uid, const std::string& ip = "10.0.0.1",
           const std::string& annotations = "{}") {
    AnswerParser parser;
    const auto event = parser.parse_event(
        R"({"type":"ADDED","object":{"metadata":{"name":")" + name + R"(","namespace":"ns","uid":")" + uid +
        R"(","annotations":)" + annotations +
        R"(},"spec":{"nodeName":"node-1","containers":[{"name":"c"}]},"status":{"podIP":")" + ip + "\"}}}");
    REQUIRE(event);
    role->changed("ns/" + name, event->object);
  }
  void folder(const std::string& name, const std::string& container = "c") {
    fs::create_directories(directory / name / container);
  }
  bool run_until(const std::function<bool()>& condition) {
    return eventually([&] {
      control.restart();
      control.poll();
      return condition();
    });
  }
  bool stays(const std::function<bool()>& condition, std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      control.restart();
      control.poll();
      if (!condition()) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  bool has(const std::string& group) const { return groups.contains(group); }

  TempDir directory;
  boost::asio::io_context control;
  Inotify inotify{control, [] {}};
  PodRoleConfig config;
  std::map<std::string, Targets> groups;
  std::unique_ptr<PodRole> role;
};

TEST_CASE("kubernetes pods: a folder alone is believed after a grace, until the API tells") {
  RoleScene scene;
  scene.folder("ns_a_1");
  scene.folder("ns_a_1", "d");
  REQUIRE(scene.run_until(
      [&] { return scene.has("folder/ns_a_1") && scene.groups["folder/ns_a_1"].size() == 2; }));
  const config::LabelMap want{{"__meta_kubernetes_namespace", "ns"},
                              {"__meta_kubernetes_pod_name", "a"},
                              {"__meta_kubernetes_pod_uid", "1"},
                              {"__meta_kubernetes_pod_node_name", "node-1"},
                              {"__meta_kubernetes_pod_container_name", "c"}};
  CHECK(scene.groups["folder/ns_a_1"][0] == want);
  scene.folder("ns_a_1", "e");
  REQUIRE(scene.run_until([&] { return scene.groups["folder/ns_a_1"].size() == 3; }));
  scene.pod("a", "1");
  CHECK_FALSE(scene.has("folder/ns_a_1"));
  CHECK(scene.has("pod/ns/a/1"));
  // One that is known stays the API's.
  scene.pod("b", "2");
  scene.folder("ns_b_2");
  CHECK(scene.stays([&] { return !scene.has("folder/ns_b_2"); }, 150ms));
}

TEST_CASE("kubernetes pods: a pod that is deleted stays until its folder is gone, or for a time") {
  RoleScene scene;
  scene.folder("ns_a_1");
  scene.folder("ns_b_2");
  scene.pod("a", "1");
  scene.pod("b", "2");
  scene.pod("none", "3");
  REQUIRE(scene.run_until([&] { return scene.groups.size() == 3; }));
  for (const char* key : {"ns/a", "ns/b", "ns/none"}) scene.role->gone(key);
  CHECK_FALSE(scene.has("pod/ns/none/3"));
  CHECK(scene.has("pod/ns/a/1"));
  fs::remove_all(scene.directory / "ns_a_1");
  REQUIRE(scene.run_until([&] { return !scene.has("pod/ns/a/1"); }));
  REQUIRE(scene.run_until([&] { return !scene.has("pod/ns/b/2"); }));
  CHECK(scene.stays([&] { return scene.groups.empty(); }, 150ms));  // nor is it a folder without a pod
  fs::remove_all(scene.directory / "ns_b_2");
  REQUIRE(scene.run_until([&] { return scene.role->remembered() == 0; }));
}

TEST_CASE("kubernetes pods: one of the same name is another") {
  RoleScene scene;
  scene.folder("ns_db-0_1");
  scene.pod("db-0", "1");
  REQUIRE(scene.run_until([&] { return scene.has("pod/ns/db-0/1"); }));
  scene.role->gone("ns/db-0");
  scene.pod("db-0", "2");
  CHECK(scene.has("pod/ns/db-0/1"));
  CHECK(scene.has("pod/ns/db-0/2"));
  fs::remove_all(scene.directory / "ns_db-0_1");
  REQUIRE(scene.run_until([&] { return !scene.has("pod/ns/db-0/1"); }));
  CHECK(scene.has("pod/ns/db-0/2"));
}

TEST_CASE("kubernetes pods: static ones have their hash's folder") {
  RoleScene scene;
  scene.folder("ns_etcd_abc");
  const std::string hash = R"({"kubernetes.io/config.hash":"abc"})";
  scene.pod("etcd", "1", "10.0.0.1", hash);
  CHECK(scene.stays([&] { return !scene.has("folder/ns_etcd_abc"); }, 150ms));
  scene.role->gone("ns/etcd");
  CHECK(scene.has("pod/ns/etcd/1"));
  scene.pod("etcd", "2", "10.0.0.1", hash);
  CHECK(scene.groups.size() == 1);
  CHECK(scene.has("pod/ns/etcd/2"));
}

TEST_CASE("kubernetes pods: one without an address needs a folder") {
  RoleScene scene;
  scene.pod("a", "1", "");
  CHECK(scene.groups.empty());
  scene.folder("ns_a_1");
  REQUIRE(scene.run_until([&] { return scene.has("pod/ns/a/1"); }));
  scene.pod("a", "1");
  CHECK(scene.groups["pod/ns/a/1"][0].at("__address__") == "10.0.0.1");
  fs::remove_all(scene.directory / "ns_a_1");
  scene.role->gone("ns/a");
  REQUIRE(scene.run_until([&] { return scene.groups.empty() && scene.role->remembered() == 0; }));
}

TEST_CASE("kubernetes pods: folders alone, of some namespaces") {
  RoleScene scene(true, {"ns"});
  scene.folder("ns_a_1");
  scene.folder("other_b_2");
  scene.folder("no-pod");
  REQUIRE(
      scene.run_until([&] { return scene.has("folder/ns_a_1") && !scene.groups["folder/ns_a_1"].empty(); }));
  CHECK(scene.groups["folder/ns_a_1"][0].at("__path__") ==
        (scene.directory / "ns_a_1" / "c" / "*.log").string());
  CHECK(scene.stays([&] { return scene.groups.size() == 1; }, 100ms));
  fs::remove_all(scene.directory / "ns_a_1");
  REQUIRE(scene.run_until([&] { return scene.groups.empty(); }));
}

TEST_CASE("kubernetes pods: the folder of all of them may come later, and go") {
  RoleScene scene(true);
  scene.role->stop();
  scene.config.directory = scene.directory / "later";
  scene.make();
  fs::create_directories(scene.directory / "later" / "ns_a_1" / "c");
  REQUIRE(scene.run_until([&] { return scene.has("folder/ns_a_1"); }));
  fs::remove_all(scene.directory / "later");
  REQUIRE(scene.run_until([&] { return scene.groups.empty(); }));
}

TEST_CASE("kubernetes pods: labels of their node come with it") {
  RoleScene scene;
  scene.role->stop();
  scene.config.attached.node = true;
  scene.make();
  scene.pod("a", "1");
  CHECK_FALSE(scene.groups["pod/ns/a/1"][0].contains("__meta_kubernetes_node_label_zone"));
  AnswerParser parser;
  const auto event =
      parser.parse_event(R"({"type":"ADDED","object":{"metadata":{"name":"node-1","labels":{"zone":"z"}}}})");
  scene.role->nodes().changed("node-1", event->object);
  CHECK(scene.groups["pod/ns/a/1"][0].at("__meta_kubernetes_node_label_zone") == "z");
  scene.role->nodes().gone("node-1");
  CHECK_FALSE(scene.groups["pod/ns/a/1"][0].contains("__meta_kubernetes_node_label_zone"));
}

}  // namespace
}  // namespace lokitail::agent::kubernetes
