// Kubernetes' objects, as far as targets are made of them. What nobody needs of an object is not kept: a
// cluster has many pods.
//
// Threads: plain values, pure functions.
// Errors:  none; a member that is missing, or of another kind than it should be, stays empty.
// Source:  Kubernetes API: v1 Pod, Node, Service, Endpoints; discovery.k8s.io/v1 EndpointSlice;
//          networking.k8s.io/v1 Ingress.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "pipeline/lang/json_value.h"

namespace lokitail::agent::kubernetes {

using Json = pipeline::lang::JsonValue;

struct ObjectMeta {
  std::string name;
  std::string name_space;
  std::string uid;
  config::LabelMap labels;
  config::LabelMap annotations;
  std::string controller_kind;  // of the owner that controls it
  std::string controller_name;
};

struct ContainerPort {
  std::string name;
  std::string protocol;
  std::uint16_t number = 0;
};

struct Container {
  std::string name;
  std::string image;
  std::string id;  // of what runs of it, e.g. containerd://…
  std::vector<ContainerPort> ports;
  bool is_init = false;
};

struct Pod {
  ObjectMeta meta;
  std::string ip;
  std::string host_ip;
  std::string node_name;
  std::string phase;
  std::string ready;                  // "true", "false" or "unknown"
  std::vector<Container> containers;  // init containers come last
};

struct Node {
  ObjectMeta meta;
  std::string provider_id;
  std::uint16_t kubelet_port = 0;
  std::vector<std::pair<std::string, std::string>> addresses;  // type and address
};

struct ServicePort {
  std::string name;
  std::string protocol;
  std::uint16_t number = 0;
};

struct Service {
  ObjectMeta meta;
  std::string type;
  std::string cluster_ip;
  std::string load_balancer_ip;
  std::string external_name;
  std::vector<ServicePort> ports;
};

// What an endpoint stands for; empty for nothing.
struct TargetRef {
  std::string kind;
  std::string name;
  std::string name_space;
  bool operator==(const TargetRef&) const = default;
};

struct Endpoints {
  struct Address {
    std::string ip;
    std::string hostname;
    std::string node_name;
    std::optional<TargetRef> target;
    bool is_ready = false;
  };
  struct Subset {
    std::vector<Address> addresses;  // those that are ready come first
    std::vector<ServicePort> ports;
  };
  ObjectMeta meta;
  std::vector<Subset> subsets;
};

struct EndpointSlice {
  struct Port {
    std::optional<std::string> name, protocol, app_protocol;
    std::optional<std::uint16_t> number;
  };
  struct Endpoint {
    std::vector<std::string> addresses;
    std::optional<bool> ready, serving, terminating;
    std::optional<std::string> hostname, node_name, zone;
    std::optional<TargetRef> target;
    config::LabelMap topology;
  };
  ObjectMeta meta;
  std::string address_type;
  std::vector<Port> ports;
  std::vector<Endpoint> endpoints;
};

struct Ingress {
  struct Rule {
    std::string host;
    std::vector<std::string> paths;
  };
  ObjectMeta meta;
  std::optional<std::string> class_name;
  std::vector<std::string> tls_hosts;
  std::vector<Rule> rules;
};

ObjectMeta read_meta(const Json& object);
Pod read_pod(const Json& object);
Node read_node(const Json& object);
Service read_service(const Json& object);
Endpoints read_endpoints(const Json& object);
EndpointSlice read_endpoint_slice(const Json& object);
Ingress read_ingress(const Json& object);

// "namespace/name", or the name of what is in none. Empty for what is no object.
std::string object_key(const Json& object);
std::string object_key(const ObjectMeta& meta);

// For whoever reads objects: the text of a member; empty where there is none.
std::string text_of(const Json* object, std::string_view key);

}  // namespace lokitail::agent::kubernetes
