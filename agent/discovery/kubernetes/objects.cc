#include "agent/discovery/kubernetes/objects.h"

#include <algorithm>
#include <cctype>
#include <span>

#include "agent/json_members.h"

namespace lokitail::agent::kubernetes {
namespace {

const Json* member(const Json* object, std::string_view key) {
  const Json* const value = object == nullptr ? nullptr : object->find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::span<const Json> items(const Json* object, std::string_view key) {
  return items_of(member(object, key));
}

std::optional<std::string> given_text(const Json* object, std::string_view key) {
  const Json* const value = member(object, key);
  return value != nullptr && value->is_string() ? std::optional<std::string>(value->text()) : std::nullopt;
}

std::optional<bool> given_flag(const Json* object, std::string_view key) {
  const Json* const value = member(object, key);
  return value != nullptr && value->kind() == Json::Kind::kBool ? std::optional(value->boolean())
                                                                : std::nullopt;
}

std::optional<std::uint16_t> given_port(const Json* object, std::string_view key) {
  const Json* const value = member(object, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->number();
  return number >= 0 && number <= 65535 ? std::optional(static_cast<std::uint16_t>(number)) : std::nullopt;
}

config::LabelMap texts(const Json* object, std::string_view key) { return texts_of(member(object, key)); }

ServicePort read_port(const Json& port) {
  return {text_of(&port, "name"), text_of(&port, "protocol"),
          given_port(&port, "port").value_or(std::uint16_t{0})};
}

std::optional<TargetRef> read_target(const Json& of) {
  const Json* const target = member(&of, "targetRef");
  if (target == nullptr) return std::nullopt;
  return TargetRef{text_of(target, "kind"), text_of(target, "name"), text_of(target, "namespace")};
}

std::string container_id(const Json* status, const char* list, std::string_view name) {
  for (const Json& container : items(status, list)) {
    if (text_of(&container, "name") == name) return text_of(&container, "containerID");
  }
  return {};
}

void read_containers(Pod& pod, const Json& object, bool are_init) {
  const Json* const status = member(&object, "status");
  const char* const statuses = are_init ? "initContainerStatuses" : "containerStatuses";
  for (const Json& item : items(member(&object, "spec"), are_init ? "initContainers" : "containers")) {
    Container container;
    container.name = text_of(&item, "name");
    container.image = text_of(&item, "image");
    container.id = container_id(status, statuses, container.name);
    container.is_init = are_init;
    for (const Json& port : items(&item, "ports")) {
      container.ports.push_back({text_of(&port, "name"), text_of(&port, "protocol"),
                                 given_port(&port, "containerPort").value_or(std::uint16_t{0})});
    }
    pod.containers.push_back(std::move(container));
  }
}

std::string readiness(const Json* status) {
  for (const Json& condition : items(status, "conditions")) {
    if (text_of(&condition, "type") != "Ready") continue;
    std::string text = text_of(&condition, "status");
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  }
  return "unknown";
}

}  // namespace

std::string text_of(const Json* object, std::string_view key) {
  return given_text(object, key).value_or(std::string());
}

std::string object_key(const ObjectMeta& meta) {
  return meta.name_space.empty() || meta.name.empty() ? meta.name : meta.name_space + '/' + meta.name;
}

std::string object_key(const Json& object) {
  const Json* const meta = member(&object, "metadata");
  const std::string name = text_of(meta, "name");
  const std::string name_space = text_of(meta, "namespace");
  return name_space.empty() || name.empty() ? name : name_space + '/' + name;
}

ObjectMeta read_meta(const Json& object) {
  ObjectMeta result;
  const Json* const meta = member(&object, "metadata");
  result.name = text_of(meta, "name");
  result.name_space = text_of(meta, "namespace");
  result.uid = text_of(meta, "uid");
  result.labels = texts(meta, "labels");
  result.annotations = texts(meta, "annotations");
  for (const Json& owner : items(meta, "ownerReferences")) {
    if (!given_flag(&owner, "controller").value_or(false)) continue;
    result.controller_kind = text_of(&owner, "kind");
    result.controller_name = text_of(&owner, "name");
    break;
  }
  return result;
}

Pod read_pod(const Json& object) {
  Pod pod;
  pod.meta = read_meta(object);
  const Json* const status = member(&object, "status");
  pod.ip = text_of(status, "podIP");
  pod.host_ip = text_of(status, "hostIP");
  pod.phase = text_of(status, "phase");
  pod.ready = readiness(status);
  pod.node_name = text_of(member(&object, "spec"), "nodeName");
  read_containers(pod, object, false);
  read_containers(pod, object, true);
  return pod;
}

Node read_node(const Json& object) {
  Node node;
  node.meta = read_meta(object);
  node.provider_id = text_of(member(&object, "spec"), "providerID");
  const Json* const status = member(&object, "status");
  const Json* const kubelet = member(member(status, "daemonEndpoints"), "kubeletEndpoint");
  node.kubelet_port = given_port(kubelet, "Port").value_or(std::uint16_t{0});
  for (const Json& address : items(status, "addresses")) {
    node.addresses.emplace_back(text_of(&address, "type"), text_of(&address, "address"));
  }
  return node;
}

Service read_service(const Json& object) {
  Service service;
  service.meta = read_meta(object);
  const Json* const spec = member(&object, "spec");
  service.type = text_of(spec, "type");
  service.cluster_ip = text_of(spec, "clusterIP");
  service.load_balancer_ip = text_of(spec, "loadBalancerIP");
  service.external_name = text_of(spec, "externalName");
  for (const Json& port : items(spec, "ports")) service.ports.push_back(read_port(port));
  return service;
}

Endpoints read_endpoints(const Json& object) {
  Endpoints endpoints;
  endpoints.meta = read_meta(object);
  for (const Json& item : items(&object, "subsets")) {
    Endpoints::Subset& subset = endpoints.subsets.emplace_back();
    for (const bool is_ready : {true, false}) {
      for (const Json& address : items(&item, is_ready ? "addresses" : "notReadyAddresses")) {
        subset.addresses.push_back({text_of(&address, "ip"), text_of(&address, "hostname"),
                                    text_of(&address, "nodeName"), read_target(address), is_ready});
      }
    }
    for (const Json& port : items(&item, "ports")) subset.ports.push_back(read_port(port));
  }
  return endpoints;
}

EndpointSlice read_endpoint_slice(const Json& object) {
  EndpointSlice slice;
  slice.meta = read_meta(object);
  slice.address_type = text_of(&object, "addressType");
  for (const Json& port : items(&object, "ports")) {
    slice.ports.push_back({given_text(&port, "name"), given_text(&port, "protocol"),
                           given_text(&port, "appProtocol"), given_port(&port, "port")});
  }
  for (const Json& item : items(&object, "endpoints")) {
    EndpointSlice::Endpoint& endpoint = slice.endpoints.emplace_back();
    for (const Json& address : items(&item, "addresses")) {
      if (address.is_string()) endpoint.addresses.emplace_back(address.text());
    }
    const Json* const conditions = member(&item, "conditions");
    endpoint.ready = given_flag(conditions, "ready");
    endpoint.serving = given_flag(conditions, "serving");
    endpoint.terminating = given_flag(conditions, "terminating");
    endpoint.hostname = given_text(&item, "hostname");
    endpoint.node_name = given_text(&item, "nodeName");
    endpoint.zone = given_text(&item, "zone");
    endpoint.target = read_target(item);
    endpoint.topology = texts(&item, "deprecatedTopology");
  }
  return slice;
}

Ingress read_ingress(const Json& object) {
  Ingress ingress;
  ingress.meta = read_meta(object);
  const Json* const spec = member(&object, "spec");
  ingress.class_name = given_text(spec, "ingressClassName");
  for (const Json& tls : items(spec, "tls")) {
    for (const Json& host : items(&tls, "hosts")) {
      if (host.is_string()) ingress.tls_hosts.emplace_back(host.text());
    }
  }
  for (const Json& item : items(spec, "rules")) {
    Ingress::Rule& rule = ingress.rules.emplace_back();
    rule.host = text_of(&item, "host");
    const Json* const http = member(&item, "http");
    for (const Json& path : items(http, "paths")) {
      const std::string text = text_of(&path, "path");
      rule.paths.push_back(text.empty() ? "/" : text);
    }
    if (http == nullptr) rule.paths.emplace_back("/");
  }
  return ingress;
}

}  // namespace lokitail::agent::kubernetes
