#include "agent/discovery/kubernetes/labels.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "config/ascii.h"
#include "pipeline/label_name.h"

namespace lokitail::agent::kubernetes {
namespace {

using config::LabelMap;
using pipeline::sanitized_label_name;

const std::string kMeta = "__meta_kubernetes_";
constexpr const char* kAddress = "__address__";

const char* yes_or_no(bool value) { return value ? "true" : "false"; }

std::string join_host_port(const std::string& host, std::uint16_t port) {
  return (host.find(':') == host.npos ? host : '[' + host + ']') + ':' + std::to_string(port);
}

void set_meta(LabelMap& to, const std::string& name, const std::string& value) { to[kMeta + name] = value; }

void set_given(LabelMap& to, const std::string& name, const std::optional<std::string>& value) {
  if (value) set_meta(to, name, *value);
}

void set_given(LabelMap& to, const std::string& name, const std::optional<bool>& value) {
  if (value) set_meta(to, name, yes_or_no(*value));
}

// Labels and annotations of an object of that kind.
void add_labels(LabelMap& to, const ObjectMeta& meta, const std::string& kind) {
  for (const auto& [name, value] : meta.labels) {
    const std::string label = sanitized_label_name(name);
    set_meta(to, kind + "_label_" + label, value);
    set_meta(to, kind + "_labelpresent_" + label, "true");
  }
  for (const auto& [name, value] : meta.annotations) {
    const std::string label = sanitized_label_name(name);
    set_meta(to, kind + "_annotation_" + label, value);
    set_meta(to, kind + "_annotationpresent_" + label, "true");
  }
}

void add_object(LabelMap& to, const ObjectMeta& meta, const std::string& kind) {
  set_meta(to, kind + "_name", meta.name);
  add_labels(to, meta, kind);
}

LabelMap with(const LabelMap& all, LabelMap more) {
  more.insert(all.begin(), all.end());
  return more;
}

// ---- Pods -----------------------------------------------------------------------------------------

LabelMap labels_of(const Pod& pod) {
  LabelMap labels;
  set_meta(labels, "pod_ip", pod.ip);
  set_meta(labels, "pod_ready", pod.ready);
  set_meta(labels, "pod_phase", pod.phase);
  set_meta(labels, "pod_node_name", pod.node_name);
  set_meta(labels, "pod_host_ip", pod.host_ip);
  set_meta(labels, "pod_uid", pod.meta.uid);
  add_object(labels, pod.meta, "pod");
  if (!pod.meta.controller_kind.empty()) set_meta(labels, "pod_controller_kind", pod.meta.controller_kind);
  if (!pod.meta.controller_name.empty()) set_meta(labels, "pod_controller_name", pod.meta.controller_name);
  return labels;
}

// "shop-5d8f9c7b6" is a replica set of the deployment "shop", whose pods carry the hash.
std::string deployment_of(const Pod& pod) {
  const auto hash = pod.meta.labels.find("pod-template-hash");
  if (pod.meta.controller_kind != "ReplicaSet" || hash == pod.meta.labels.end()) return {};
  const std::string end = '-' + hash->second;
  const std::string& name = pod.meta.controller_name;
  return name.ends_with(end) ? name.substr(0, name.size() - end.size()) : std::string();
}

// "backup-29012345" is a job of the cron job "backup": the number is the minute it was due, since 1970.
std::string cronjob_of(const std::string& job) {
  constexpr std::size_t kMinuteDigits = 8;
  const std::size_t dash = job.rfind('-');
  const bool is_minute =
      dash != job.npos && dash > 0 && job.size() - dash - 1 == kMinuteDigits &&
      std::all_of(job.begin() + static_cast<std::ptrdiff_t>(dash) + 1, job.end(), is_digit);
  return is_minute ? job.substr(0, dash) : std::string();
}

void add_controllers(LabelMap& to, const Pod& pod,
                     const config::KubernetesSdConfig::AttachMetadata& attached) {
  if (attached.deployment) {
    if (const std::string name = deployment_of(pod); !name.empty()) set_meta(to, "pod_deployment_name", name);
  }
  if (pod.meta.controller_kind != "Job") return;
  if (attached.job) set_meta(to, "pod_job_name", pod.meta.controller_name);
  if (attached.cronjob) {
    const std::string name = cronjob_of(pod.meta.controller_name);
    if (!name.empty()) set_meta(to, "pod_cronjob_name", name);
  }
}

void add_container(LabelMap& to, const Container& container) {
  set_meta(to, "pod_container_name", container.name);
  set_meta(to, "pod_container_image", container.image);
  set_meta(to, "pod_container_init", yes_or_no(container.is_init));
}

void add_port(LabelMap& to, const ContainerPort& port) {
  set_meta(to, "pod_container_port_name", port.name);
  set_meta(to, "pod_container_port_number", std::to_string(port.number));
  set_meta(to, "pod_container_port_protocol", port.protocol);
}

// The pods that endpoints stand for, with the ports that were made targets of.
class EndpointPods {
 public:
  explicit EndpointPods(const Known& known) : known_(known) {}

  const Pod* find(const std::optional<TargetRef>& target) const {
    if (!target || target->kind != "Pod") return nullptr;
    return known_.pod(target->name_space + '/' + target->name);
  }

  void add(LabelMap& to, const Pod& pod, std::optional<std::uint16_t> port, const std::string* protocol) {
    std::vector<std::uint16_t>& ports = seen_[object_key(pod.meta)].second;
    seen_[object_key(pod.meta)].first = &pod;
    to = with(to, labels_of(pod));
    if (!port) return;
    ports.push_back(*port);
    for (const Container& container : pod.containers) {
      const auto same = std::ranges::find(container.ports, *port, &ContainerPort::number);
      if (same == container.ports.end()) continue;
      add_container(to, container);
      add_port(to, *same);
      if (protocol != nullptr) set_meta(to, "pod_container_port_protocol", *protocol);
    }
  }

  // Of the ports that no endpoint has.
  void add_rest(const LabelMap& common, Targets& targets) const {
    for (const auto& [key, seen] : seen_) {
      const auto& [pod, ports] = seen;
      if (pod->ip.empty()) continue;
      for (const Container& container : pod->containers) {
        for (const ContainerPort& port : container.ports) {
          if (std::ranges::find(ports, port.number) != ports.end()) continue;
          LabelMap labels = with(common, labels_of(*pod));
          labels[kAddress] = join_host_port(pod->ip, port.number);
          add_container(labels, container);
          add_port(labels, port);
          targets.push_back(std::move(labels));
        }
      }
    }
  }

 private:
  const Known& known_;
  std::map<std::string, std::pair<const Pod*, std::vector<std::uint16_t>>> seen_;
};

void add_service(LabelMap& to, const Service* service) {
  if (service == nullptr) return;
  set_meta(to, "namespace", service->meta.name_space);
  add_object(to, service->meta, "service");
}

void add_node(LabelMap& to, const Node* node) {
  if (node != nullptr) add_object(to, node->meta, "node");
}

}  // namespace

config::LabelMap namespace_labels(const ObjectMeta& meta) {
  LabelMap labels;
  add_labels(labels, meta, "namespace");
  return labels;
}

Targets pod_targets(const Pod& pod, const Node* node,
                    const config::KubernetesSdConfig::AttachMetadata& attached) {
  LabelMap common = labels_of(pod);
  set_meta(common, "namespace", pod.meta.name_space);
  add_controllers(common, pod, attached);
  add_node(common, node);
  Targets targets;
  for (const Container& container : pod.containers) {
    LabelMap labels = common;
    add_container(labels, container);
    set_meta(labels, "pod_container_id", container.id);
    if (!pod.ip.empty()) labels[kAddress] = pod.ip;
    if (container.ports.empty()) targets.push_back(labels);
    for (const ContainerPort& port : container.ports) {
      LabelMap with_port = labels;
      add_port(with_port, port);
      if (!pod.ip.empty()) with_port[kAddress] = join_host_port(pod.ip, port.number);
      targets.push_back(std::move(with_port));
    }
  }
  return targets;
}

Targets node_targets(const Node& node) {
  // The address that others reach it at, best first.
  constexpr std::array<std::string_view, 6> kTypes{"InternalIP",  "InternalDNS",  "ExternalIP",
                                                   "ExternalDNS", "LegacyHostIP", "Hostname"};
  LabelMap labels;
  set_meta(labels, "node_provider_id", node.provider_id);
  add_object(labels, node.meta, "node");
  labels["instance"] = node.meta.name;
  for (const auto& [type, address] : node.addresses) {
    labels.try_emplace(sanitized_label_name(kMeta + "node_address_" + type), address);
  }
  for (const std::string_view type : kTypes) {
    const auto found = std::ranges::find(node.addresses, type, [](const auto& each) { return each.first; });
    if (found == node.addresses.end()) continue;
    labels[kAddress] = join_host_port(found->second, node.kubelet_port);
    return {std::move(labels)};
  }
  return {};
}

Targets service_targets(const Service& service) {
  Targets targets;
  for (const ServicePort& port : service.ports) {
    LabelMap labels;
    add_service(labels, &service);
    labels[kAddress] =
        join_host_port(service.meta.name + '.' + service.meta.name_space + ".svc", port.number);
    set_meta(labels, "service_port_name", port.name);
    set_meta(labels, "service_port_number", std::to_string(port.number));
    set_meta(labels, "service_port_protocol", port.protocol);
    set_meta(labels, "service_type", service.type);
    if (service.type == "ExternalName") {
      set_meta(labels, "service_external_name", service.external_name);
    } else {
      set_meta(labels, "service_cluster_ip", service.cluster_ip);
    }
    if (service.type == "LoadBalancer") set_meta(labels, "service_loadbalancer_ip", service.load_balancer_ip);
    targets.push_back(std::move(labels));
  }
  return targets;
}

Targets endpoints_targets(const Endpoints& endpoints, const Known& known) {
  LabelMap common;
  set_meta(common, "namespace", endpoints.meta.name_space);
  add_service(common, known.service(object_key(endpoints.meta)));
  add_object(common, endpoints.meta, "endpoints");
  EndpointPods pods(known);
  Targets targets;
  for (const Endpoints::Subset& subset : endpoints.subsets) {
    for (const ServicePort& port : subset.ports) {
      for (const Endpoints::Address& address : subset.addresses) {
        LabelMap labels = common;
        labels[kAddress] = join_host_port(address.ip, port.number);
        set_meta(labels, "endpoint_port_name", port.name);
        set_meta(labels, "endpoint_port_protocol", port.protocol);
        set_meta(labels, "endpoint_ready", yes_or_no(address.is_ready));
        if (address.target) {
          set_meta(labels, "endpoint_address_target_kind", address.target->kind);
          set_meta(labels, "endpoint_address_target_name", address.target->name);
        }
        if (!address.node_name.empty()) set_meta(labels, "endpoint_node_name", address.node_name);
        if (!address.hostname.empty()) set_meta(labels, "endpoint_hostname", address.hostname);
        const bool is_node = address.target && address.target->kind == "Node";
        const std::string& node =
            address.node_name.empty() && is_node ? address.target->name : address.node_name;
        if (!node.empty()) add_node(labels, known.node(node));
        if (const Pod* pod = pods.find(address.target)) pods.add(labels, *pod, port.number, &port.protocol);
        targets.push_back(std::move(labels));
      }
    }
  }
  pods.add_rest(common, targets);
  return targets;
}

std::string service_key(const EndpointSlice& slice) {
  const auto name = slice.meta.labels.find("kubernetes.io/service-name");
  return name == slice.meta.labels.end() ? std::string() : slice.meta.name_space + '/' + name->second;
}

namespace {

LabelMap labels_of(const EndpointSlice& slice, const EndpointSlice::Endpoint& endpoint,
                   const EndpointSlice::Port& port) {
  LabelMap labels;
  set_meta(labels, "endpointslice_address_type", slice.address_type);
  set_given(labels, "endpointslice_port_name", port.name);
  set_given(labels, "endpointslice_port_protocol", port.protocol);
  set_given(labels, "endpointslice_port_app_protocol", port.app_protocol);
  if (port.number) set_meta(labels, "endpointslice_port", std::to_string(*port.number));
  set_given(labels, "endpointslice_endpoint_conditions_ready", endpoint.ready);
  set_given(labels, "endpointslice_endpoint_conditions_serving", endpoint.serving);
  set_given(labels, "endpointslice_endpoint_conditions_terminating", endpoint.terminating);
  set_given(labels, "endpointslice_endpoint_hostname", endpoint.hostname);
  set_given(labels, "endpointslice_endpoint_node_name", endpoint.node_name);
  set_given(labels, "endpointslice_endpoint_zone", endpoint.zone);
  if (endpoint.target) {
    set_meta(labels, "endpointslice_address_target_kind", endpoint.target->kind);
    set_meta(labels, "endpointslice_address_target_name", endpoint.target->name);
  }
  for (const auto& [name, value] : endpoint.topology) {
    const std::string label = sanitized_label_name(name);
    set_meta(labels, "endpointslice_endpoint_topology_" + label, value);
    set_meta(labels, "endpointslice_endpoint_topology_present_" + label, "true");
  }
  return labels;
}

}  // namespace

Targets endpoint_slice_targets(const EndpointSlice& slice, const Known& known) {
  LabelMap common;
  set_meta(common, "namespace", slice.meta.name_space);
  add_service(common, known.service(service_key(slice)));
  add_object(common, slice.meta, "endpointslice");
  EndpointPods pods(known);
  Targets targets;
  for (const EndpointSlice::Endpoint& endpoint : slice.endpoints) {
    for (const EndpointSlice::Port& port : slice.ports) {
      for (const std::string& address : endpoint.addresses) {
        LabelMap labels = with(common, labels_of(slice, endpoint, port));
        labels[kAddress] = port.number ? join_host_port(address, *port.number) : address;
        if (endpoint.target && endpoint.target->kind == "Node") {
          add_node(labels, known.node(endpoint.target->name));
        } else if (endpoint.node_name) {
          add_node(labels, known.node(*endpoint.node_name));
        }
        if (const Pod* pod = pods.find(endpoint.target)) pods.add(labels, *pod, port.number, nullptr);
        targets.push_back(std::move(labels));
      }
    }
  }
  pods.add_rest(common, targets);
  return targets;
}

namespace {

// "*.example.com" stands for one name in front.
bool covers(std::string_view pattern, std::string_view host) {
  if (pattern == host) return true;
  if (!pattern.starts_with("*.")) return false;
  const std::size_t dot = host.find('.');
  return dot != host.npos && dot > 0 && host.substr(dot) == pattern.substr(1);
}

}  // namespace

Targets ingress_targets(const Ingress& ingress) {
  LabelMap common;
  set_meta(common, "namespace", ingress.meta.name_space);
  add_object(common, ingress.meta, "ingress");
  set_given(common, "ingress_class_name", ingress.class_name);
  Targets targets;
  for (const Ingress::Rule& rule : ingress.rules) {
    const auto is_of_rule = [&rule](const std::string& host) { return covers(host, rule.host); };
    const bool has_tls = std::ranges::any_of(ingress.tls_hosts, is_of_rule);
    for (const std::string& path : rule.paths) {
      LabelMap labels = common;
      labels[kAddress] = rule.host;
      set_meta(labels, "ingress_scheme", has_tls ? "https" : "http");
      set_meta(labels, "ingress_host", rule.host);
      set_meta(labels, "ingress_path", path);
      targets.push_back(std::move(labels));
    }
  }
  return targets;
}

}  // namespace lokitail::agent::kubernetes
