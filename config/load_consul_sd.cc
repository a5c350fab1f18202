// Items of `consul_sd_configs` and `consulagent_sd_configs`.

#include "config/blocks.h"
#include "config/url.h"

namespace lokitail::config {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

// What both have.
void read_common(Fields& fields, ConsulSdConfig& config) {
  set(config.server, fields.find("server"));
  set(config.token, fields.find("token"));
  set(config.datacenter, fields.find("datacenter"));
  set(config.tag_separator, fields.find("tag_separator"));
  set_choice(config.scheme, fields.find("scheme"), {"http", "https"},
             "scheme: expected http or https, found");
  set(config.username, fields.find("username"));
  set(config.password, fields.find("password"));
  set_refresh_interval(config.refresh_interval, fields);
  if (const Node* services = fields.find("services")) config.services = read_text_list(*services);
  if (const Node* tags = fields.find("tags")) config.tags = read_text_list(*tags);
}

void check_server(const Node& node, Fields& fields, const ConsulSdConfig& config) {
  const Node* const given = fields.find("server");
  const Node& place = given == nullptr ? node : *given;
  if (config.server.find_first_not_of(" \t") == std::string::npos) {
    throw place.error("consul SD configuration requires a server address");
  }
  if (config.server.starts_with("unix://")) {
    throw place.error("server: expected host:port; a unix socket is not supported by lokitail yet");
  }
  if (const auto problem = url_problem(config.url())) throw place.error("server: " + *problem);
}

}  // namespace

std::string ConsulSdConfig::url() const {
  std::string_view address = server;
  std::string text = scheme + "://";
  if (address.starts_with(kHttps)) text = kHttps;
  if (address.starts_with(kHttps) || address.starts_with(kHttp))
    address.remove_prefix(address.find("//") + 2);
  while (address.ends_with('/')) address.remove_suffix(1);
  text += address;
  if (!path_prefix.empty() && !path_prefix.starts_with('/')) text += '/';
  return text + path_prefix;
}

ConsulSdConfig read_consul_sd(const Node& node, Warnings& warnings) {
  ConsulSdConfig config;
  Fields fields(node, "consul_sd_configs", kRefuseUnknown, warnings);
  read_common(fields, config);
  set(config.path_prefix, fields.find("path_prefix"));
  set(config.consul_namespace, fields.find("namespace"));
  set(config.partition, fields.find("partition"));
  set(config.allow_stale, fields.find("allow_stale"));
  set(config.node_meta, fields.find("node_meta"));
  set(config.filter, fields.find("filter"));
  read_http_client(fields, config.http, warnings);
  fields.finish();
  check_server(node, fields, config);
  if ((!config.username.empty() || !config.password.empty()) && config.http.basic_auth) {
    throw node.error("at most one of username and password, and basic_auth can be configured");
  }
  if (!config.token.empty() && config.http.authorization) {
    throw node.error("at most one of token and authorization can be configured");
  }
  return config;
}

ConsulSdConfig read_consul_agent_sd(const Node& node, Warnings& warnings) {
  ConsulSdConfig config;
  Fields fields(node, "consulagent_sd_configs", kRefuseUnknown, warnings);
  read_common(fields, config);
  // Promtail takes them and asks nobody with them: an agent has one node, and knows it best.
  skip(fields, {"allow_stale", "node_meta"});
  if (const Node* tls = fields.find("tls_config")) read_tls(*tls, config.http.tls_config, warnings);
  fields.finish();
  check_server(node, fields, config);
  return config;
}

}  // namespace lokitail::config
