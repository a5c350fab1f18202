// The targets that Prometheus makes of Kubernetes' objects: their __address__ and __meta_kubernetes_* labels.
//
// Threads: pure functions. Errors: none.
// Source:  Prometheus' discovery/kubernetes: pod.go, node.go, service.go, endpoints.go, endpointslice.go
//          and ingress.go.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/discovery/kubernetes/objects.h"
#include "config/config.h"

namespace lokitail::agent::kubernetes {

using Targets = std::vector<config::LabelMap>;

// What is known of other objects. nullptr for what is not, or not wanted.
struct Known {
  std::function<const Pod*(const std::string& key)> pod = [](const std::string&) { return nullptr; };
  std::function<const Service*(const std::string& key)> service = [](const std::string&) { return nullptr; };
  std::function<const Node*(const std::string& name)> node = [](const std::string&) { return nullptr; };
};

// Of a pod without an address too, which Prometheus passes over: then without __address__.
Targets pod_targets(const Pod& pod, const Node* node,
                    const config::KubernetesSdConfig::AttachMetadata& attached = {});
Targets node_targets(const Node& node);
Targets service_targets(const Service& service);
Targets endpoints_targets(const Endpoints& endpoints, const Known& known);
Targets endpoint_slice_targets(const EndpointSlice& slice, const Known& known);
Targets ingress_targets(const Ingress& ingress);
// What targets in a namespace get of it.
config::LabelMap namespace_labels(const ObjectMeta& meta);

// The service of a slice.
std::string service_key(const EndpointSlice& slice);

}  // namespace lokitail::agent::kubernetes
