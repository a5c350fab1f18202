#include "agent/discovery/kubernetes/cluster.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>

#include "tests/support/temp_dir.h"

namespace lokitail::agent::kubernetes {
namespace {

using namespace lokitail::test;

const std::string kContexts = R"(apiVersion: v1
kind: Config
current-context: here
contexts:
- name: other
  context: {cluster: c0, user: u0}
- name: here
  context: {cluster: c1, user: u1, namespace: mine}
)";

std::string problem_of(const std::string& text) {
  try {
    read_kubeconfig(text, "/etc/kube/config");
  } catch (const ClusterError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("kubernetes cluster: a kubeconfig with files") {
  const Cluster cluster = read_kubeconfig(kContexts + R"(clusters:
- name: c1
  cluster: {server: 'https://h:6443/k8s/clusters/c-1/', certificate-authority: ca.crt, tls-server-name: api}
users:
- name: u1
  user: {client-certificate: /abs/me.crt, client-key: me.key, tokenFile: token}
)",
                                          "/etc/kube/config");
  CHECK(cluster.url.host == "h");
  CHECK(cluster.url.port == "6443");
  CHECK(cluster.base == "/k8s/clusters/c-1");
  CHECK(cluster.name_space == "mine");
  CHECK(cluster.http.tls_config.ca_file == "/etc/kube/ca.crt");
  CHECK(cluster.http.tls_config.server_name == "api");
  CHECK(cluster.http.tls_config.cert_file == "/abs/me.crt");
  CHECK(cluster.http.tls_config.key_file == "/etc/kube/me.key");
  CHECK(cluster.http.bearer_token_file == "/etc/kube/token");
}

TEST_CASE("kubernetes cluster: a kubeconfig with everything inside") {
  const Cluster cluster = read_kubeconfig(kContexts + R"(clusters:
- name: c1
  cluster: {server: 'https://[::1]', certificate-authority-data: Q0E=, insecure-skip-tls-verify: true}
users:
- name: u1
  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ, username: me, password: secret}
)",
                                          "/etc/kube/config");
  CHECK(cluster.url.host == "::1");
  CHECK(cluster.url.port == "443");
  CHECK(cluster.base.empty());
  CHECK(cluster.http.tls_config.ca == "CA");
  CHECK(cluster.http.tls_config.cert == "CERT");
  CHECK(cluster.http.tls_config.key.reveal() == "KEY");
  CHECK(cluster.http.tls_config.insecure_skip_verify);
  REQUIRE(cluster.http.basic_auth);
  CHECK(cluster.http.basic_auth->username == "me");
  CHECK(cluster.http.basic_auth->password.reveal() == "secret");
}

TEST_CASE("kubernetes cluster: a kubeconfig that cannot be used says why") {
  const std::string clusters = "clusters: [{name: c1, cluster: {server: 'https://h'}}]\n";
  CHECK(problem_of("a: b\n").find("no current-context") != std::string::npos);
  CHECK(problem_of("[}").find("/etc/kube/config:1") != std::string::npos);
  CHECK(problem_of(kContexts).find("there is no cluster \"c1\" in clusters") != std::string::npos);
  CHECK(problem_of(kContexts + clusters).find("there is no user \"u1\" in users") != std::string::npos);
  CHECK(problem_of(kContexts + clusters + "users: [{name: u1, user: {exec: {command: aws}}}]\n")
            .find("runs a program for its credentials") != std::string::npos);
  CHECK(problem_of(kContexts + clusters + "users: [{name: u1, user: {client-key-data: '%'}}]\n")
            .find("expected base64") != std::string::npos);
  CHECK(problem_of(kContexts + "clusters: [{name: c1, cluster: {server: 'ftp://h'}}]\n")
            .find("no http or https URL") != std::string::npos);
}

TEST_CASE("kubernetes cluster: in a cluster the service account is used") {
  const TempDir account;
  ::setenv("LOKITAIL_SERVICE_ACCOUNT_DIRECTORY", account.path().c_str(), 1);
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  const config::KubernetesSdConfig config;
  CHECK_THROWS_WITH(find_cluster(config), Catch::Contains("not in a Kubernetes cluster"));
  ::setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  ::setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  CHECK_THROWS_WITH(find_cluster(config), Catch::Contains("there is no service account token"));
  // One that cannot be looked at now may be there later.
  std::filesystem::create_symlink("token", account / "token");
  CHECK_THROWS_AS(find_cluster(config), ClusterError);
  std::filesystem::remove(account / "token");
  write_file(account / "token", "t");
  write_file(account / "namespace", "mine\n");
  const Cluster cluster = find_cluster(config);
  CHECK(cluster.url.scheme == "https");
  CHECK(cluster.url.host == "fd00::1");
  CHECK(cluster.http.bearer_token_file == account / "token");
  CHECK(cluster.http.tls_config.ca_file == account / "ca.crt");
  CHECK(cluster.name_space == "mine");
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  ::unsetenv("LOKITAIL_SERVICE_ACCOUNT_DIRECTORY");

  config::KubernetesSdConfig direct;
  direct.api_server = config::Secret("http://h:8080/base/");
  CHECK(find_cluster(direct).base == "/base");
}

}  // namespace
}  // namespace lokitail::agent::kubernetes
