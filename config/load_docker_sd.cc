// An item of a scrape config's `docker_sd_configs`.

#include <algorithm>
#include <array>
#include <string_view>

#include "config/blocks.h"
#include "config/url.h"

namespace lokitail::config {
namespace {

constexpr std::size_t kLongestSocketPath = 107;  // unix(7)

// What can be told of a container without the engine.
constexpr std::array<std::string_view, 4> kFileFilters = {"id", "label", "name", "status"};
constexpr std::array<std::string_view, 7> kStates = {"created",  "dead",       "exited", "paused",
                                                     "removing", "restarting", "running"};

// For the files the agent is the one who filters.
void check_file_filter(const DockerSdConfig::Filter& filter, const Node& name, const Node* values) {
  if (std::ranges::find(kFileFilters, filter.name) == kFileFilters.end()) {
    throw name.error(
        "filters: \"" + filter.name +
        "\" takes the engine (host); with containers_directory there are id, label, name and status");
  }
  if (filter.name != "status" || values == nullptr) return;
  for (const std::string& state : filter.values) {
    if (std::ranges::find(kStates, state) != kStates.end()) continue;
    throw values->error("filters: no container has the status \"" + state +
                        "\": expected created, dead, exited, paused, removing, restarting or running");
  }
}

DockerSdConfig::Filter read_filter(const Node& node, bool by_files, Warnings& warnings) {
  DockerSdConfig::Filter filter;
  Fields fields(node, "filters", kRefuseUnknown, warnings);
  const Node* const name = fields.find("name");
  const Node* const values = fields.find("values");
  set(filter.name, name);
  if (values) filter.values = read_text_list(*values);
  fields.finish();
  if (filter.name.empty()) throw node.error("filters: a filter needs a `name`");
  if (by_files) check_file_filter(filter, *name, values);
  return filter;
}

// As the Docker client takes it. Named pipes are Windows', and `ssh` is the docker command's alone.
void check_host(const Node& node, std::string_view host) {
  constexpr std::string_view kUnix = "unix://";
  constexpr std::string_view kTcp = "tcp://";
  if (host.starts_with(kUnix)) {
    if (host.size() == kUnix.size() || host[kUnix.size()] != '/') {
      throw node.error("host: expected the absolute path of a socket behind unix://");
    }
    if (host.size() - kUnix.size() > kLongestSocketPath) {
      throw node.error("host: the path of a socket has at most 107 bytes");
    }
    return;
  }
  std::string url(host);
  if (host.starts_with(kTcp)) url.replace(0, kTcp.size() - 3, "http");
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    throw node.error("host: expected unix:///path, tcp://host:port, http:// or https://");
  }
  if (const auto problem = url_problem(url)) throw node.error("host: " + *problem);
}

void set_directory(std::string& out, const Node& node) {
  set(out, &node);
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  if (!out.starts_with('/')) throw node.error("containers_directory: expected an absolute path");
}

}  // namespace

DockerSdConfig read_docker_sd(const Node& node, Warnings& warnings) {
  DockerSdConfig config;
  config.place = node.place();
  Fields fields(node, "docker_sd_configs", kRefuseUnknown, warnings);
  const Node* const host = fields.find("host");
  const Node* const directory = fields.find("containers_directory");
  set(config.host, host);
  if (directory) set_directory(config.containers_directory, *directory);
  set(config.port, fields.find("port"));
  set(config.host_networking_host, fields.find("host_networking_host"));
  set(config.match_first_network, fields.find("match_first_network"));
  set_refresh_interval(config.refresh_interval, fields);
  for_each_item(fields.find("filters"), "filters", warnings, [&](const Node& item) {
    config.filters.push_back(read_filter(item, directory != nullptr, warnings));
  });
  fields.not_yet({"proxy_url"});
  not_yet_when_true(fields, "proxy_from_environment", "a proxy in front of a Docker engine");
  // Of files nothing is asked over HTTP: its keys are unknown there.
  if (!directory) read_http_client(fields, config.http, warnings);
  fields.finish();
  if (directory) {
    if (host) throw directory->error("containers_directory is in place of host: expected one of the two");
    return config;
  }
  if (config.host.empty()) {
    throw node.error("host missing (or containers_directory, without the engine's socket)");
  }
  check_host(*host, config.host);
  return config;
}

}  // namespace lokitail::config
