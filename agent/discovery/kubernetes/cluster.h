// Where the API server is, and who we are to it: as the configuration says, as a kubeconfig says, or as
// whatever runs in a cluster finds it.
//
// Threads: pure functions; files are read. Errors: ClusterError with what is missing, for people; no secrets.
// Source:  client-go's rest.InClusterConfig and clientcmd; the reference of kubeconfig (v1).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "agent/http/url.h"
#include "config/config.h"

namespace lokitail::agent::kubernetes {

class ClusterError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Cluster {
  http::Url url;
  std::string base;  // of all paths; empty, or a path without a slash at its end
  config::HttpClientConfig http;
  std::string name_space;  // our own; empty where it is not known
};

// Takes the server's URL apart; one without a scheme is https, as for kubectl.
void set_server(Cluster& cluster, const std::string& url);

// May fail now and not later: in a cluster the token may come after us.
Cluster find_cluster(const config::KubernetesSdConfig& config);

// Of the current context. `path` is for messages, and what paths in it are relative to.
Cluster read_kubeconfig(std::string_view text, const std::string& path);

// The folder of the service account: LOKITAIL_SERVICE_ACCOUNT_DIRECTORY, which tests set, or where Kubernetes
// mounts it.
std::string service_account_directory();

}  // namespace lokitail::agent::kubernetes
