// An item of `kubernetes_sd_configs`.
// Source: Prometheus' discovery/kubernetes, whose messages are kept.

#include <algorithm>
#include <array>
#include <utility>

#include "config/blocks.h"
#include "config/nearest.h"

namespace lokitail::config {
namespace {

using Role = KubernetesSdConfig::Role;

constexpr std::array<std::string_view, 6> kRoles{"pod",           "service", "endpoints",
                                                 "endpointslice", "node",    "ingress"};

Role read_role(const Node& node) {
  const std::string text = read_text(node);
  const auto found = std::ranges::find(kRoles, text);
  if (found == kRoles.end()) {
    throw node.error("unknown Kubernetes SD role \"" + text + "\"" + did_you_mean(text, kRoles) +
                     ", expected one of: pod, service, endpoints, endpointslice, node, ingress");
  }
  return static_cast<Role>(found - kRoles.begin());
}

// Whose objects a role asks for, and so may select.
std::vector<Role> roles_selected_by(Role role, bool attaches_node) {
  if (role != Role::kEndpoints && role != Role::kEndpointSlice) {
    if (role == Role::kPod && attaches_node) return {role, Role::kNode};
    return {role};
  }
  std::vector<Role> roles{Role::kPod, Role::kService, role};
  if (attaches_node) roles.push_back(Role::kNode);
  return roles;
}

KubernetesSdConfig::Selector read_selector(const Node& node, Warnings& warnings) {
  KubernetesSdConfig::Selector selector;
  Fields fields(node, "selectors", kRefuseUnknown, warnings);
  const Node* const role = fields.find("role");
  if (role) selector.role = read_role(*role);
  set(selector.label, fields.find("label"));
  set(selector.field, fields.find("field"));
  fields.finish();
  if (!role) throw node.error("selectors: role missing");
  return selector;
}

void check_selectors(const Node& node, const KubernetesSdConfig& config) {
  const std::vector<Role> allowed = roles_selected_by(config.role, config.attach.node);
  std::string names;
  for (const Role role : allowed) names += (names.empty() ? "" : ", ") + std::string(to_string(role));
  for (std::size_t i = 0; i < config.selectors.size(); ++i) {
    const Role role = config.selectors[i].role;
    const auto same = [role](const auto& other) { return other.role == role; };
    const auto first = config.selectors.begin();
    if (std::find_if(first, first + static_cast<std::ptrdiff_t>(i), same) - first <
        static_cast<std::ptrdiff_t>(i)) {
      throw node.error("duplicated selector role: " + std::string(to_string(role)));
    }
    if (std::ranges::find(allowed, role) == allowed.end()) {
      throw node.error(std::string(to_string(config.role)) + " role supports only " + names + " selectors");
    }
  }
}

void read_namespaces(const Node& node, KubernetesSdConfig& config, Warnings& warnings) {
  Fields fields(node, "namespaces", kRefuseUnknown, warnings);
  set(config.own_namespace, fields.find("own_namespace"));
  if (const Node* names = fields.find("names")) config.namespaces = read_text_list(*names);
  fields.finish();
}

void read_attach_metadata(const Node& node, KubernetesSdConfig& config, Warnings& warnings) {
  Fields fields(node, "attach_metadata", kRefuseUnknown, warnings);
  set(config.attach.node, fields.find("node"));
  set(config.attach.namespace_labels, fields.find("namespace"));
  set(config.attach.deployment, fields.find("deployment"));
  set(config.attach.job, fields.find("job"));
  set(config.attach.cronjob, fields.find("cronjob"));
  fields.finish();
}

// Whether a key of the HTTP client says anything but its default.
bool is_custom(const Node& item) {
  constexpr std::array<std::string_view, 11> kKeys{"basic_auth",
                                                   "authorization",
                                                   "oauth2",
                                                   "bearer_token",
                                                   "bearer_token_file",
                                                   "tls_config",
                                                   "proxy_url",
                                                   "no_proxy",
                                                   "http_headers",
                                                   "proxy_connect_header",
                                                   "proxy_from_environment"};
  return std::ranges::any_of(item.entries(), [&](const auto& entry) {
    const auto& [key, value] = entry;
    if (value.is_null()) return false;
    if (key.text() == "follow_redirects" || key.text() == "enable_http2") return !read_bool(value);
    return std::ranges::find(kKeys, key.text()) != kKeys.end();
  });
}

void check_where(const Node& node, const KubernetesSdConfig& config) {
  const bool has_server = !config.api_server.empty();
  const bool has_file = !config.kubeconfig_file.empty();
  if (has_server && has_file)
    throw node.error("cannot use 'kubeconfig_file' and 'api_server' simultaneously");
  if (has_file && is_custom(node)) {
    throw node.error("cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
  }
  if (!has_server && is_custom(node)) {
    throw node.error(
        "to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
  }
  if (has_server && config.own_namespace) {
    throw node.error("cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
  }
  if (has_file && config.own_namespace) {
    throw node.error("cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
  }
}

// Without an API there is nobody to select, and nothing but pods.
void check_folders(const Node& node, const KubernetesSdConfig& config) {
  if (config.role != Role::kPod) throw node.error("source: folders knows pods alone: expected `role: pod`");
  const bool asks = !config.api_server.empty() || !config.kubeconfig_file.empty() || config.own_namespace ||
                    config.attach.any() || !config.selectors.empty();
  if (asks) {
    throw node.error(
        "source: folders asks no API: api_server, kubeconfig_file, selectors, attach_metadata and "
        "namespaces.own_namespace have no place beside it");
  }
}

}  // namespace

std::string_view to_string(Role role) { return kRoles.at(static_cast<std::size_t>(role)); }

KubernetesSdConfig read_kubernetes_sd(const Node& node, Warnings& warnings) {
  KubernetesSdConfig config;
  config.place = node.place();
  Fields fields(node, "kubernetes_sd_configs", kRefuseUnknown, warnings);
  const Node* const role = fields.find("role");
  if (role) config.role = read_role(*role);
  set_url(config.api_server, fields.find("api_server"));
  set(config.kubeconfig_file, fields.find("kubeconfig_file"));
  if (const Node* namespaces = fields.find("namespaces")) read_namespaces(*namespaces, config, warnings);
  if (const Node* attach = fields.find("attach_metadata")) read_attach_metadata(*attach, config, warnings);
  const Node* const selectors = fields.find("selectors");
  for_each_item(selectors, "selectors", warnings,
                [&](const Node& item) { config.selectors.push_back(read_selector(item, warnings)); });
  std::string source = "api";
  set_choice(source, fields.find("source"), {"api", "folders"}, "expected one of api, folders, found");
  config.only_folders = source == "folders";
  const Node* const directory = fields.find("pod_logs_directory");
  set(config.pod_logs_directory, directory);
  read_http_client(fields, config.http, warnings);
  fields.finish();
  if (!role) {
    throw node.error("role missing (one of: pod, service, endpoints, endpointslice, node, ingress)");
  }
  if (!config.pod_logs_directory.starts_with('/')) {
    throw(directory ? *directory : node).error("pod_logs_directory: expected an absolute path");
  }
  check_where(node, config);
  if (selectors) check_selectors(*selectors, config);
  if (config.only_folders) check_folders(node, config);
  return config;
}

}  // namespace lokitail::config
