#include "agent/discovery/kubernetes/cluster.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace lokitail::agent::kubernetes {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::optional<std::string> read_small_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Cluster in_cluster() {
  const std::string host = variable("KUBERNETES_SERVICE_HOST");
  const std::string port = variable("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    throw ClusterError(
        "not in a Kubernetes cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; "
        "elsewhere give api_server or kubeconfig_file");
  }
  const fs::path folder = service_account_directory();
  Cluster cluster;
  set_server(cluster, "https://" + (host.find(':') == host.npos ? host : '[' + host + ']') + ':' + port);
  cluster.http.bearer_token_file = folder / "token";
  cluster.http.tls_config.ca_file = folder / "ca.crt";
  std::error_code ignored;
  if (!fs::exists(cluster.http.bearer_token_file, ignored)) {
    throw ClusterError("there is no service account token at " + cluster.http.bearer_token_file);
  }
  std::string name_space = read_small_file(folder / "namespace").value_or(std::string());
  while (!name_space.empty() && std::string_view(" \r\n").find(name_space.back()) != std::string_view::npos) {
    name_space.pop_back();
  }
  cluster.name_space = name_space;
  return cluster;
}

}  // namespace

std::string service_account_directory() {
  const std::string given = variable("LOKITAIL_SERVICE_ACCOUNT_DIRECTORY");
  return given.empty() ? "/var/run/secrets/kubernetes.io/serviceaccount" : given;
}

void set_server(Cluster& cluster, const std::string& text) {
  const auto url = http::parse_url(text.find("://") == text.npos ? "https://" + text : text);
  if (!url) throw ClusterError("the API server's address is no http or https URL");
  cluster.url = *url;
  cluster.base = url->target.substr(0, url->target.find('?'));
  while (cluster.base.ends_with('/')) cluster.base.pop_back();
}

Cluster find_cluster(const config::KubernetesSdConfig& config) {
  if (!config.api_server.empty()) {
    Cluster cluster;
    set_server(cluster, config.api_server.reveal());
    cluster.http = config.http;
    return cluster;
  }
  if (!config.kubeconfig_file.empty()) {
    const auto text = read_small_file(config.kubeconfig_file);
    if (!text) throw ClusterError("cannot read the kubeconfig " + config.kubeconfig_file);
    return read_kubeconfig(*text, config.kubeconfig_file);
  }
  return in_cluster();
}

}  // namespace lokitail::agent::kubernetes
