// The file that kubectl reads: contexts, each a cluster and a user.

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "agent/discovery/kubernetes/cluster.h"
#include "config/base64.h"
#include "config/node.h"
#include "config/value.h"

namespace lokitail::agent::kubernetes {
namespace {

namespace fs = std::filesystem;

const config::Node* child(const config::Node& of, std::string_view key) {
  for (const auto& [name, value] : of.entries()) {
    if (name.text() == key && !value.is_null()) return &value;
  }
  return nullptr;
}

std::string text_at(const config::Node& of, std::string_view key) {
  const config::Node* const value = child(of, key);
  return value == nullptr ? std::string() : config::read_text(*value);
}

// The member `what` of the item of that name in a list.
const config::Node& named(const config::Node& document, std::string_view list, const std::string& name,
                          std::string_view what) {
  if (const config::Node* items = child(document, list)) {
    for (const config::Node& item : items->items()) {
      if (text_at(item, "name") != name) continue;
      if (const config::Node* found = child(item, what)) return *found;
    }
  }
  throw document.error("there is no " + std::string(what) + " \"" + name + "\" in " + std::string(list));
}

std::string decoded(const config::Node& node) {
  std::string text = config::read_text(node);
  std::erase(text, ' ');
  std::optional<std::string> bytes = config::decode_base64(text);
  if (!bytes) throw node.error("expected base64");
  return *std::move(bytes);
}

class Reader {
 public:
  explicit Reader(const std::string& path) : folder_(fs::path(path).parent_path()) {}

  void read_cluster(const config::Node& cluster, Cluster& to) const {
    set_server(to, text_at(cluster, "server"));
    config::TlsConfig& tls = to.http.tls_config;
    tls.ca_file = path_at(cluster, "certificate-authority");
    if (const config::Node* data = child(cluster, "certificate-authority-data")) {
      tls.ca = decoded(*data);
      tls.ca_file.clear();  // data comes first, as for kubectl
    }
    if (const config::Node* skip = child(cluster, "insecure-skip-tls-verify")) {
      tls.insecure_skip_verify = config::read_bool(*skip);
    }
    tls.server_name = text_at(cluster, "tls-server-name");
    to.http.proxy_url = config::Secret(text_at(cluster, "proxy-url"));
  }

  void read_user(const config::Node& user, Cluster& to) const {
    for (const std::string_view key : {"exec", "auth-provider"}) {
      if (const config::Node* node = child(user, key)) {
        throw node->error(
            "user: `" + std::string(key) +
            "` runs a program for its credentials, which lokitail does not: give a token, a tokenFile "
            "or a client certificate");
      }
    }
    config::TlsConfig& tls = to.http.tls_config;
    tls.cert_file = path_at(user, "client-certificate");
    tls.key_file = path_at(user, "client-key");
    if (const config::Node* data = child(user, "client-certificate-data")) {
      tls.cert = decoded(*data);
      tls.cert_file.clear();
    }
    if (const config::Node* data = child(user, "client-key-data")) {
      tls.key = config::Secret(decoded(*data));
      tls.key_file.clear();
    }
    to.http.bearer_token = config::Secret(text_at(user, "token"));
    to.http.bearer_token_file = path_at(user, "tokenFile");
    const std::string name = text_at(user, "username");
    if (name.empty() || !to.http.bearer_token.empty() || !to.http.bearer_token_file.empty()) return;
    to.http.basic_auth.emplace();
    to.http.basic_auth->username = name;
    to.http.basic_auth->password = config::Secret(text_at(user, "password"));
  }

 private:
  std::string path_at(const config::Node& of, std::string_view key) const {
    const std::string text = text_at(of, key);
    return text.empty() ? text : (folder_ / text).string();
  }

  const fs::path folder_;
};

}  // namespace

Cluster read_kubeconfig(std::string_view text, const std::string& path) {
  try {
    const config::Node document = config::Node::parse(text, path);
    const std::string current = text_at(document, "current-context");
    if (current.empty()) throw document.error("the kubeconfig has no current-context");
    const config::Node& context = named(document, "contexts", current, "context");
    const Reader reader(path);
    Cluster cluster;
    reader.read_cluster(named(document, "clusters", text_at(context, "cluster"), "cluster"), cluster);
    const std::string user = text_at(context, "user");
    if (!user.empty()) reader.read_user(named(document, "users", user, "user"), cluster);
    cluster.name_space = text_at(context, "namespace");
    return cluster;
  } catch (const config::Error& problem) {
    throw ClusterError(problem.what());
  }
}

}  // namespace lokitail::agent::kubernetes
