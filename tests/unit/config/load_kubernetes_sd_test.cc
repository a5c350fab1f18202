#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

using Role = KubernetesSdConfig::Role;

// A job with this item, whose keys begin at f:4:28.
std::string kubernetes_sd_job(const std::string& keys) {
  return kClients + "scrape_configs:\n- job_name: j\n  kubernetes_sd_configs: [{" + keys + "}]\n";
}

TEST_CASE("a job that asks Kubernetes") {
  const Config defaults = load_good(kubernetes_sd_job("role: pod"));
  REQUIRE(defaults.scrape_configs[0].kubernetes_sd_configs.size() == 1);
  CHECK(defaults.scrape_configs[0].has_files());
  CHECK(defaults.scrape_configs[0].has_targets);
  const KubernetesSdConfig& plain = defaults.scrape_configs[0].kubernetes_sd_configs[0];
  CHECK(plain.role == Role::kPod);
  CHECK(plain.api_server.empty());
  CHECK(plain.namespaces.empty());
  CHECK_FALSE(plain.only_folders);
  CHECK(plain.pod_logs_directory == "/var/log/pods");

  const Config config = load_good(kubernetes_sd_job(
      "role: endpointslice, api_server: 'https://u:p@h:6443/x', namespaces: {names: [a, b]}, "
      "selectors: [{role: pod, label: 'a=b'}, {role: service, field: 'metadata.name=c'}, {role: node}],\n"
      "    attach_metadata: {node: true, namespace: true, cronjob: true}, tls_config: {ca_file: ca}, "
      "bearer_token_file: t, "
      "pod_logs_directory: /p"));
  const KubernetesSdConfig& full = config.scrape_configs[0].kubernetes_sd_configs[0];
  CHECK(full.role == Role::kEndpointSlice);
  CHECK(full.api_server.reveal() == "https://u:p@h:6443/x");
  CHECK(full.namespaces == std::vector<std::string>{"a", "b"});
  REQUIRE(full.selectors.size() == 3);
  CHECK(full.selectors[0].label == "a=b");
  CHECK(full.selectors[1].role == Role::kService);
  CHECK(full.selectors[1].field == "metadata.name=c");
  CHECK(full.attach.node);
  CHECK(full.attach.namespace_labels);
  CHECK(full.attach.cronjob);
  CHECK_FALSE(full.attach.job);
  CHECK(full.http.tls_config.ca_file == "ca");
  CHECK(full.http.bearer_token_file == "t");
  CHECK(full.pod_logs_directory == "/p");
  CHECK(to_yaml(config).find("u:p@") == std::string::npos);
  for (const Config& one :
       {defaults, load_good(kubernetes_sd_job("role: pod, source: folders, namespaces: {names: [a]}")),
        load_good(kubernetes_sd_job("role: ingress, kubeconfig_file: /k, follow_redirects: true")),
        load_good(kubernetes_sd_job("role: node, api_server: 'https://h', bearer_token_file: t"))}) {
    CHECK(to_yaml(load_good(to_yaml(one))) == to_yaml(one));
  }
}

TEST_CASE("wrong kubernetes_sd_configs are refused with place and reason") {
  const ErrorRow rows[] = {
      {"no role", kubernetes_sd_job("source: api"),
       "f:4:27: role missing (one of: pod, service, endpoints, endpointslice, node, ingress)"},
      {"unknown role", kubernetes_sd_job("role: pods"),
       "f:4:34: unknown Kubernetes SD role \"pods\" (did you mean \"pod\"?), expected one of: pod, service, "
       "endpoints, endpointslice, node, ingress"},
      {"two places", kubernetes_sd_job("role: pod, api_server: 'http://h', kubeconfig_file: k"),
       "f:4:27: cannot use 'kubeconfig_file' and 'api_server' simultaneously"},
      {"a client without a server", kubernetes_sd_job("role: pod, bearer_token_file: t"),
       "f:4:27: to use custom HTTP client configuration please provide the 'api_server' URL explicitly"},
      {"a client with a kubeconfig",
       kubernetes_sd_job("role: pod, kubeconfig_file: k, follow_redirects: false"),
       "f:4:27: cannot use a custom HTTP client configuration together with 'kubeconfig_file'"},
      {"own namespace elsewhere",
       kubernetes_sd_job("role: pod, api_server: 'http://h', namespaces: {own_namespace: true}"),
       "f:4:27: cannot use 'api_server' and 'namespaces.own_namespace' simultaneously"},
      {"own namespace of a kubeconfig",
       kubernetes_sd_job("role: pod, kubeconfig_file: k, namespaces: {own_namespace: true}"),
       "f:4:27: cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously"},
      {"two selectors", kubernetes_sd_job("role: pod, selectors: [{role: pod}, {role: pod}]"),
       "f:4:50: duplicated selector role: pod"},
      {"a selector of another role", kubernetes_sd_job("role: pod, selectors: [{role: service}]"),
       "f:4:50: pod role supports only pod selectors"},
      {"a selector of no role", kubernetes_sd_job("role: pod, selectors: [{label: a}]"),
       "f:4:51: selectors: role missing"},
      {"folders of nodes", kubernetes_sd_job("role: node, source: folders"),
       "f:4:27: source: folders knows pods alone: expected `role: pod`"},
      {"folders with a selector", kubernetes_sd_job("role: pod, source: folders, selectors: [{role: pod}]"),
       "f:4:27: source: folders asks no API: api_server, kubeconfig_file, selectors, attach_metadata and "
       "namespaces.own_namespace have no place beside it"},
      {"a relative folder", kubernetes_sd_job("role: pod, pod_logs_directory: pods"),
       "f:4:59: pod_logs_directory: expected an absolute path"},
      {"unknown key", kubernetes_sd_job("role: pod, kubeconfig: k"),
       "f:4:39: kubernetes_sd_configs: unknown key \"kubeconfig\" (did you mean \"kubeconfig_file\"?)"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::config
