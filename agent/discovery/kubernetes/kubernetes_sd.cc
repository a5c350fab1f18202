#include "agent/discovery/kubernetes/kubernetes_sd.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/discovery/file_target_maker.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

using config::KubernetesSdConfig;
using kubernetes::Targets;
using Role = KubernetesSdConfig::Role;

// For who we are to be found out again, where that failed.
constexpr std::chrono::seconds kRetry{5};

struct Resource {
  const char* group;  // of the API, with its version
  const char* name;
};

Resource resource_of(Role role) {
  switch (role) {
    case Role::kPod:
      return {"/api/v1", "pods"};
    case Role::kService:
      return {"/api/v1", "services"};
    case Role::kEndpoints:
      return {"/api/v1", "endpoints"};
    case Role::kEndpointSlice:
      return {"/apis/discovery.k8s.io/v1", "endpointslices"};
    case Role::kNode:
      return {"/api/v1", "nodes"};
    case Role::kIngress:
      return {"/apis/networking.k8s.io/v1", "ingresses"};
  }
  return {};
}

Targets make_node(const kubernetes::Json& object) { return node_targets(kubernetes::read_node(object)); }
Targets make_service(const kubernetes::Json& object) {
  return service_targets(kubernetes::read_service(object));
}
Targets make_ingress(const kubernetes::Json& object) {
  return ingress_targets(kubernetes::read_ingress(object));
}

// Whether somebody has said which pods are wanted.
bool selects_pods(const KubernetesSdConfig& config) {
  return std::ranges::any_of(config.selectors, [](const auto& selector) {
    return selector.role == Role::kPod && !(selector.label.empty() && selector.field.empty());
  });
}

kubernetes::PodRoleConfig pod_role(const KubernetesSdConfig& config, const std::string& host) {
  kubernetes::PodRoleConfig role;
  role.directory = config.pod_logs_directory;
  role.node_name = host;
  role.namespaces = config.namespaces;
  role.only_folders = config.only_folders;
  // The name of our own namespace comes with the cluster, perhaps later.
  role.guesses = !selects_pods(config) && !config.own_namespace;
  role.attached = config.attach;
  return role;
}

}  // namespace

KubernetesSd::KubernetesSd(boost::asio::io_context& control, Inotify& inotify,
                           const KubernetesSdConfig& config, Found found, kubernetes::IsUsed is_used)
    : control_(control),
      config_(config),
      host_(host_name()),
      timer_(control),
      namespaces_(config.namespaces) {
  if (config.attach.namespace_labels) {
    namespace_metadata_ = std::make_unique<kubernetes::NamespaceMetadata>(std::move(found), is_used);
    found = [this](const std::string& group, Targets targets) {
      namespace_metadata_->tell(group, std::move(targets));
    };
    is_used = [used = std::move(is_used)](std::string_view label) {
      return label == kubernetes::NamespaceMetadata::kNamespace || used(label);
    };
  }
  kubernetes::ToldTargets told(std::move(found), std::move(is_used));
  switch (config.role) {
    case Role::kPod:
      pods_ =
          std::make_unique<kubernetes::PodRole>(control, inotify, pod_role(config, host_), std::move(told));
      break;
    case Role::kEndpoints:
    case Role::kEndpointSlice:
      endpoints_ = std::make_unique<kubernetes::EndpointsRole>(control, config.role == Role::kEndpointSlice,
                                                               std::move(told));
      break;
    case Role::kService:
      plain_ = std::make_unique<kubernetes::PlainRole>("svc", make_service, std::move(told));
      break;
    case Role::kNode:
      plain_ = std::make_unique<kubernetes::PlainRole>("node", make_node, std::move(told));
      break;
    case Role::kIngress:
      plain_ = std::make_unique<kubernetes::PlainRole>("ingress", make_ingress, std::move(told));
      break;
  }
}

KubernetesSd::~KubernetesSd() = default;

void KubernetesSd::start() {
  is_running_ = true;
  if (pods_) pods_->start();
  if (!config_.only_folders) connect();
}

void KubernetesSd::stop() {
  is_running_ = false;
  timer_.cancel();
  for (const auto& reflector : reflectors_) reflector->stop();
  if (pods_) pods_->stop();
  if (endpoints_) endpoints_->stop();
}

void KubernetesSd::connect() {
  try {
    const kubernetes::Cluster cluster = kubernetes::find_cluster(config_);
    if (config_.own_namespace) {
      if (cluster.name_space.empty())
        throw kubernetes::ClusterError("the name of our own namespace is not known");
      namespaces_.push_back(cluster.name_space);
    }
    reflect(cluster);
    for (const auto& reflector : reflectors_) reflector->start();
    return;
  } catch (const kubernetes::ClusterError& problem) {
    if (reported_ != problem.what()) {
      reported_ = problem.what();
      log::error("the Kubernetes API cannot be asked yet", {{"error", reported_}});
    }
  }
  timer_.expires_after(kRetry);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && is_running_) connect();
  });
}

void KubernetesSd::reflect(const kubernetes::Cluster& cluster) {
  if (namespace_metadata_) reflect_namespaces(cluster);
  if (pods_) {
    reflect(cluster, Role::kPod, *pods_);
    if (config_.attach.node) reflect(cluster, Role::kNode, pods_->nodes());
  } else if (endpoints_) {
    reflect(cluster, config_.role, *endpoints_);
    reflect(cluster, Role::kService, endpoints_->services());
    reflect(cluster, Role::kPod, endpoints_->pods());
    if (config_.attach.node) reflect(cluster, Role::kNode, endpoints_->nodes());
  } else {
    reflect(cluster, config_.role, *plain_);
  }
}

void KubernetesSd::reflect_namespaces(const kubernetes::Cluster& cluster) {
  for (const std::string& name : namespaces_.empty() ? std::vector<std::string>{""} : namespaces_) {
    kubernetes::ReflectorConfig config;
    config.path = "/api/v1/namespaces";
    if (!name.empty()) config.field_selector = "metadata.name=" + name;
    reflectors_.push_back(
        std::make_shared<kubernetes::Reflector>(control_, cluster, std::move(config), *namespace_metadata_));
  }
}

kubernetes::ReflectorConfig KubernetesSd::selection(Role role) const {
  kubernetes::ReflectorConfig result;
  const auto selector = std::ranges::find(config_.selectors, role, &KubernetesSdConfig::Selector::role);
  const bool is_selected = selector != config_.selectors.end();
  if (is_selected) {
    result.label_selector = selector->label;
    result.field_selector = selector->field;
  }
  if (config_.role != Role::kPod) return result;
  // What is on this node: few enough for the server to answer from what it has at hand.
  result.lists_from_cache = true;
  if (role == Role::kPod) {
    result.field_selector += (result.field_selector.empty() ? "" : ",") + ("spec.nodeName=" + host_);
  } else if (!is_selected) {
    result.field_selector = "metadata.name=" + host_;
  }
  return result;
}

void KubernetesSd::reflect(const kubernetes::Cluster& cluster, Role role, kubernetes::ObjectListener& told) {
  const Resource resource = resource_of(role);
  const bool is_in_all = namespaces_.empty() || role == Role::kNode;
  for (const std::string& name_space : is_in_all ? std::vector<std::string>{""} : namespaces_) {
    kubernetes::ReflectorConfig config = selection(role);
    config.path =
        resource.group + (name_space.empty() ? "" : "/namespaces/" + name_space) + '/' + resource.name;
    reflectors_.push_back(
        std::make_shared<kubernetes::Reflector>(control_, cluster, std::move(config), told));
  }
}

}  // namespace lokitail::agent
