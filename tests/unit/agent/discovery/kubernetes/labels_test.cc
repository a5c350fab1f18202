#include "agent/discovery/kubernetes/labels.h"

#include <catch2/catch.hpp>

#include "agent/discovery/kubernetes/answers.h"

namespace lokitail::agent::kubernetes {
namespace {

using config::LabelMap;

// An object of a watch's event.
template <typename Read>
auto read(const std::string& json, Read read) {
  AnswerParser parser;
  const auto event = parser.parse_event(R"({"type":"ADDED","object":)" + json + "}");
  REQUIRE(event);
  return read(event->object);
}

LabelMap meta(const LabelMap& labels) {
  LabelMap all;
  for (const auto& [name, value] : labels)
    all[name.starts_with("_") || name == "instance" ? name : "__meta_kubernetes_" + name] = value;
  return all;
}

const std::string kPod = R"({
  "kind": "Pod", "apiVersion": "v1",
  "metadata": {"name": "shop-5d8f9c7b6-x2x9k", "generateName": "shop-5d8f9c7b6-", "namespace": "prod",
    "uid": "5c2f0c1e-7a0b-4b43-9a0e-1f2f6a7c3d11", "resourceVersion": "48211", "creationTimestamp": "2024-05-01T10:00:00Z",
    "labels": {"app.kubernetes.io/name": "shop", "pod-template-hash": "5d8f9c7b6"},
    "annotations": {"prometheus.io/scrape": "true"},
    "ownerReferences": [{"apiVersion": "v1", "kind": "Other", "name": "o", "uid": "1"},
      {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "shop-5d8f9c7b6", "uid": "2", "controller": true,
       "blockOwnerDeletion": true}],
    "managedFields": [{"manager": "kube-controller-manager", "fieldsV1": {"f:metadata": {}}}]},
  "spec": {
    "initContainers": [{"name": "migrate", "image": "registry/migrate:1"}],
    "containers": [
      {"name": "web", "image": "registry/shop:7", "ports": [
        {"name": "http", "containerPort": 8080, "protocol": "TCP"}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]},
      {"name": "sidecar", "image": "registry/sidecar:2"}],
    "nodeName": "node-1", "restartPolicy": "Always"},
  "status": {"phase": "Running",
    "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "False", "reason": "x"}],
    "hostIP": "192.168.0.7", "podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}],
    "initContainerStatuses": [{"name": "migrate", "containerID": "containerd://m1", "ready": true}],
    "containerStatuses": [{"name": "web", "containerID": "containerd://w1", "ready": true},
      {"name": "sidecar", "ready": false, "state": {"waiting": {}}}]}})";

const LabelMap kPodLabels{
    {"namespace", "prod"},
    {"pod_name", "shop-5d8f9c7b6-x2x9k"},
    {"pod_uid", "5c2f0c1e-7a0b-4b43-9a0e-1f2f6a7c3d11"},
    {"pod_ip", "10.1.2.3"},
    {"pod_host_ip", "192.168.0.7"},
    {"pod_node_name", "node-1"},
    {"pod_phase", "Running"},
    {"pod_ready", "false"},
    {"pod_controller_kind", "ReplicaSet"},
    {"pod_controller_name", "shop-5d8f9c7b6"},
    {"pod_label_app_kubernetes_io_name", "shop"},
    {"pod_labelpresent_app_kubernetes_io_name", "true"},
    {"pod_label_pod_template_hash", "5d8f9c7b6"},
    {"pod_labelpresent_pod_template_hash", "true"},
    {"pod_annotation_prometheus_io_scrape", "true"},
    {"pod_annotationpresent_prometheus_io_scrape", "true"},
};

LabelMap pod_with(LabelMap more) {
  more.insert(kPodLabels.begin(), kPodLabels.end());
  return meta(more);
}

TEST_CASE("kubernetes labels: a pod's containers and ports") {
  const Targets targets = pod_targets(read(kPod, read_pod), nullptr);
  REQUIRE(targets.size() == 4);
  const LabelMap web{{"pod_container_name", "web"},
                     {"pod_container_image", "registry/shop:7"},
                     {"pod_container_id", "containerd://w1"},
                     {"pod_container_init", "false"}};
  LabelMap http = web;
  http.insert({{"__address__", "10.1.2.3:8080"},
               {"pod_container_port_name", "http"},
               {"pod_container_port_number", "8080"},
               {"pod_container_port_protocol", "TCP"}});
  CHECK(targets[0] == pod_with(http));
  LabelMap dns = web;
  dns.insert({{"__address__", "10.1.2.3:53"},
              {"pod_container_port_name", "dns"},
              {"pod_container_port_number", "53"},
              {"pod_container_port_protocol", "UDP"}});
  CHECK(targets[1] == pod_with(dns));
  CHECK(targets[2] == pod_with({{"__address__", "10.1.2.3"},
                                {"pod_container_name", "sidecar"},
                                {"pod_container_image", "registry/sidecar:2"},
                                {"pod_container_id", ""},
                                {"pod_container_init", "false"}}));
  CHECK(targets[3] == pod_with({{"__address__", "10.1.2.3"},
                                {"pod_container_name", "migrate"},
                                {"pod_container_image", "registry/migrate:1"},
                                {"pod_container_id", "containerd://m1"},
                                {"pod_container_init", "true"}}));
}

TEST_CASE("kubernetes labels: a pod without an address, and one of IPv6") {
  std::string json = kPod;
  json.replace(json.find("\"podIP\": \"10.1.2.3\","), 20, "");
  const Targets pending = pod_targets(read(json, read_pod), nullptr);
  REQUIRE(pending.size() == 4);
  CHECK_FALSE(pending[0].contains("__address__"));
  CHECK(pending[0].at("__meta_kubernetes_pod_container_port_name") == "http");
  std::string six = kPod;
  six.replace(six.find("\"podIP\": \"10.1.2.3\""), 19, "\"podIP\": \"fd00::1\"");
  CHECK(pod_targets(read(six, read_pod), nullptr)[0].at("__address__") == "[fd00::1]:8080");
}

const std::string kNode =
    R"({"kind":"Node","metadata":{"name":"node-1","uid":"n","labels":{"kubernetes.io/arch":"amd64"},
  "annotations":{"a/b":"c"}},"spec":{"podCIDR":"10.244.0.0/24","providerID":"aws:///eu/i-1"},
  "status":{"addresses":[{"type":"Hostname","address":"node-1.local"},{"type":"InternalIP","address":"192.168.0.7"}],
  "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}})";

TEST_CASE("kubernetes labels: nodes, by themselves and of pods") {
  const Node node = read(kNode, read_node);
  const LabelMap labels{{"node_name", "node-1"},
                        {"node_label_kubernetes_io_arch", "amd64"},
                        {"node_labelpresent_kubernetes_io_arch", "true"},
                        {"node_annotation_a_b", "c"},
                        {"node_annotationpresent_a_b", "true"}};
  LabelMap want = labels;
  want.insert({{"__address__", "192.168.0.7:10250"},
               {"instance", "node-1"},
               {"node_provider_id", "aws:///eu/i-1"},
               {"node_address_Hostname", "node-1.local"},
               {"node_address_InternalIP", "192.168.0.7"}});
  CHECK(node_targets(node) == Targets{meta(want)});
  const LabelMap attached = pod_targets(read(kPod, read_pod), &node)[0];
  for (const auto& [name, value] : meta(labels)) CHECK(attached.at(name) == value);
  CHECK_FALSE(attached.contains("__meta_kubernetes_node_provider_id"));
  CHECK(node_targets(Node()).empty());
}

TEST_CASE("kubernetes labels: names of what controls a pod's controller") {
  config::KubernetesSdConfig::AttachMetadata all;
  all.deployment = all.job = all.cronjob = true;
  const auto names_of = [&](const std::string& kind, const std::string& controller,
                            const std::string& hash = {}) {
    Pod pod = read(kPod, read_pod);
    pod.meta.controller_kind = kind;
    pod.meta.controller_name = controller;
    pod.meta.labels.erase("pod-template-hash");
    if (!hash.empty()) pod.meta.labels["pod-template-hash"] = hash;
    LabelMap names;
    const Targets targets = pod_targets(pod, nullptr, all);
    for (const auto& [name, value] : targets.at(0)) {
      for (const char* const label : {"deployment_name", "job_name", "cronjob_name"}) {
        if (name == std::string("__meta_kubernetes_pod_") + label) names[label] = value;
      }
    }
    return names;
  };
  CHECK(names_of("ReplicaSet", "shop-5d8f9c7b6", "5d8f9c7b6") == LabelMap{{"deployment_name", "shop"}});
  CHECK(names_of("ReplicaSet", "shop-5d8f9c7b6", "another").empty());
  CHECK(names_of("ReplicaSet", "by-hand-1").empty());
  CHECK(names_of("StatefulSet", "shop-5d8f9c7b6", "5d8f9c7b6").empty());
  CHECK(names_of("Job", "backup-29012345") ==
        LabelMap{{"cronjob_name", "backup"}, {"job_name", "backup-29012345"}});
  CHECK(names_of("Job", "migration-2901") == LabelMap{{"job_name", "migration-2901"}});
  CHECK(names_of("Job", "-29012345") == LabelMap{{"job_name", "-29012345"}});
  all = {};
  CHECK(names_of("Job", "backup-29012345").empty());
}

const std::string kService =
    R"({"kind":"Service","metadata":{"name":"shop","namespace":"prod","labels":{"team":"x"}},
  "spec":{"type":"LoadBalancer","clusterIP":"10.96.0.9","loadBalancerIP":"1.2.3.4",
  "ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":8080}]}})";

TEST_CASE("kubernetes labels: services") {
  const LabelMap common{{"namespace", "prod"},
                        {"service_name", "shop"},
                        {"service_label_team", "x"},
                        {"service_labelpresent_team", "true"}};
  LabelMap want = common;
  want.insert({{"__address__", "shop.prod.svc:80"},
               {"service_type", "LoadBalancer"},
               {"service_cluster_ip", "10.96.0.9"},
               {"service_loadbalancer_ip", "1.2.3.4"},
               {"service_port_name", "http"},
               {"service_port_number", "80"},
               {"service_port_protocol", "TCP"}});
  CHECK(service_targets(read(kService, read_service)) == Targets{meta(want)});
  const Targets external = service_targets(
      read(R"({"metadata":{"name":"e","namespace":"n"},"spec":{"type":"ExternalName","externalName":"x.org",
              "ports":[{"port":443,"protocol":"TCP"}]}})",
           read_service));
  REQUIRE(external.size() == 1);
  CHECK(external[0].at("__meta_kubernetes_service_external_name") == "x.org");
  CHECK_FALSE(external[0].contains("__meta_kubernetes_service_cluster_ip"));
}

// A pod, its service and its node are known.
struct All {
  Pod pod = read(kPod, read_pod);
  Service service = read(kService, read_service);
  Node node = read(kNode, read_node);
  Known known;
  All() {
    known.pod = [this](const std::string& key) {
      return key == "prod/shop-5d8f9c7b6-x2x9k" ? &pod : nullptr;
    };
    known.service = [this](const std::string& key) { return key == "prod/shop" ? &service : nullptr; };
    known.node = [this](const std::string& name) { return name == "node-1" ? &node : nullptr; };
  }
};

TEST_CASE("kubernetes labels: endpoints, with their service, pods and nodes") {
  const Endpoints endpoints =
      read(R"({"metadata":{"name":"shop","namespace":"prod","labels":{"e":"f"}},"subsets":[{
    "addresses":[{"ip":"10.1.2.3","nodeName":"node-1","hostname":"h",
      "targetRef":{"kind":"Pod","namespace":"prod","name":"shop-5d8f9c7b6-x2x9k","uid":"5c2f0c1e"}}],
    "notReadyAddresses":[{"ip":"10.9.9.9"}],
    "ports":[{"name":"web","port":8080,"protocol":"TCP"}]}]})",
           read_endpoints);
  const All all;
  const Targets targets = endpoints_targets(endpoints, all.known);
  REQUIRE(targets.size() == 3);
  const LabelMap common = meta({{"namespace", "prod"},
                                {"endpoints_name", "shop"},
                                {"endpoints_label_e", "f"},
                                {"endpoints_labelpresent_e", "true"},
                                {"service_name", "shop"},
                                {"service_label_team", "x"},
                                {"service_labelpresent_team", "true"}});
  for (const LabelMap& target : targets) {
    for (const auto& [name, value] : common) CHECK(target.at(name) == value);
  }
  LabelMap want = pod_with({{"__address__", "10.1.2.3:8080"},
                            {"endpoint_port_name", "web"},
                            {"endpoint_port_protocol", "TCP"},
                            {"endpoint_ready", "true"},
                            {"endpoint_node_name", "node-1"},
                            {"endpoint_hostname", "h"},
                            {"endpoint_address_target_kind", "Pod"},
                            {"endpoint_address_target_name", "shop-5d8f9c7b6-x2x9k"},
                            {"pod_container_name", "web"},
                            {"pod_container_image", "registry/shop:7"},
                            {"pod_container_init", "false"},
                            {"pod_container_port_name", "http"},
                            {"pod_container_port_number", "8080"},
                            {"pod_container_port_protocol", "TCP"},
                            {"node_name", "node-1"},
                            {"node_label_kubernetes_io_arch", "amd64"},
                            {"node_labelpresent_kubernetes_io_arch", "true"},
                            {"node_annotation_a_b", "c"},
                            {"node_annotationpresent_a_b", "true"}});
  want.insert(common.begin(), common.end());
  CHECK(targets[0] == want);
  CHECK(targets[1].at("__address__") == "10.9.9.9:8080");
  CHECK(targets[1].at("__meta_kubernetes_endpoint_ready") == "false");
  CHECK_FALSE(targets[1].contains("__meta_kubernetes_pod_name"));
  // The port of the pod that no endpoint has.
  CHECK(targets[2].at("__address__") == "10.1.2.3:53");
  CHECK(targets[2].at("__meta_kubernetes_pod_container_port_name") == "dns");
  CHECK_FALSE(targets[2].contains("__meta_kubernetes_endpoint_ready"));
}

TEST_CASE("kubernetes labels: slices of endpoints") {
  const EndpointSlice slice = read(R"({"metadata":{"name":"shop-abc","namespace":"prod",
    "labels":{"kubernetes.io/service-name":"shop"}},"addressType":"IPv4",
    "ports":[{"name":"web","port":8080,"protocol":"TCP","appProtocol":"http"}],
    "endpoints":[{"addresses":["10.1.2.3"],"conditions":{"ready":true,"serving":true,"terminating":false},
      "nodeName":"node-1","zone":"eu-1","hostname":"h","deprecatedTopology":{"a/b":"c"},
      "targetRef":{"kind":"Pod","namespace":"prod","name":"shop-5d8f9c7b6-x2x9k"}}]})",
                                   read_endpoint_slice);
  const All all;
  const Targets targets = endpoint_slice_targets(slice, all.known);
  REQUIRE(targets.size() == 2);
  const LabelMap want = meta({{"__address__", "10.1.2.3:8080"},
                              {"namespace", "prod"},
                              {"service_name", "shop"},
                              {"endpointslice_name", "shop-abc"},
                              {"endpointslice_label_kubernetes_io_service_name", "shop"},
                              {"endpointslice_address_type", "IPv4"},
                              {"endpointslice_port", "8080"},
                              {"endpointslice_port_name", "web"},
                              {"endpointslice_port_protocol", "TCP"},
                              {"endpointslice_port_app_protocol", "http"},
                              {"endpointslice_endpoint_conditions_ready", "true"},
                              {"endpointslice_endpoint_conditions_serving", "true"},
                              {"endpointslice_endpoint_conditions_terminating", "false"},
                              {"endpointslice_endpoint_hostname", "h"},
                              {"endpointslice_endpoint_node_name", "node-1"},
                              {"endpointslice_endpoint_zone", "eu-1"},
                              {"endpointslice_address_target_kind", "Pod"},
                              {"endpointslice_address_target_name", "shop-5d8f9c7b6-x2x9k"},
                              {"endpointslice_endpoint_topology_a_b", "c"},
                              {"endpointslice_endpoint_topology_present_a_b", "true"},
                              {"pod_container_name", "web"},
                              {"pod_name", "shop-5d8f9c7b6-x2x9k"},
                              {"node_label_kubernetes_io_arch", "amd64"}});
  for (const auto& [name, value] : want) {
    INFO(name);
    REQUIRE(targets[0].contains(name));
    CHECK(targets[0].at(name) == value);
  }
  CHECK(targets[1].at("__address__") == "10.1.2.3:53");
}

TEST_CASE("kubernetes labels: ingresses") {
  const Ingress ingress = read(R"({"metadata":{"name":"i","namespace":"n"},"spec":{"ingressClassName":"nginx",
    "tls":[{"hosts":["*.example.com"],"secretName":"s"}],"rules":[
      {"host":"a.example.com","http":{"paths":[{"path":"/x","pathType":"Prefix"},{"pathType":"Prefix"}]}},
      {"host":"a.b.example.com"}]}})",
                               read_ingress);
  const auto target = [](const char* host, const char* path, const char* scheme) {
    return meta({{"__address__", host},
                 {"namespace", "n"},
                 {"ingress_name", "i"},
                 {"ingress_class_name", "nginx"},
                 {"ingress_host", host},
                 {"ingress_path", path},
                 {"ingress_scheme", scheme}});
  };
  CHECK(ingress_targets(ingress) == Targets{target("a.example.com", "/x", "https"),
                                            target("a.example.com", "/", "https"),
                                            target("a.b.example.com", "/", "http")});
}

TEST_CASE("kubernetes labels: objects that are nothing of the kind are empty, and harm nobody") {
  for (const char* json :
       {"{}", R"({"metadata":1,"spec":[],"status":"x"})",
        R"({"metadata":{"labels":[1],"ownerReferences":{"a":1}},"spec":{"containers":[1,null,{}],"ports":7},
                              "subsets":[null,{"addresses":[1],"ports":[{"port":-4}]}],"endpoints":[{}],"ports":[{}]})"}) {
    const All all;
    CHECK(pod_targets(read(json, read_pod), nullptr).size() <= 3);
    CHECK(node_targets(read(json, read_node)).empty());
    CHECK(service_targets(read(json, read_service)).empty());
    CHECK(endpoints_targets(read(json, read_endpoints), all.known).size() <= 1);
    CHECK(endpoint_slice_targets(read(json, read_endpoint_slice), all.known).empty());
    CHECK(ingress_targets(read(json, read_ingress)).empty());
  }
}

}  // namespace
}  // namespace lokitail::agent::kubernetes
