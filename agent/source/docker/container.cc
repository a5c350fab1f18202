#include "agent/source/docker/container.h"

#include <algorithm>

#include "agent/source/docker/engine_json.h"
#include "pipeline/label_name.h"

namespace lokitail::agent {
namespace {

using config::LabelMap;
using pipeline::sanitized_label_name;

ListedContainer to_container(const JsonValue& value) {
  ListedContainer container;
  container.id = text_of(value, "Id");
  for (const JsonValue& name : items_of(value.find("Names"))) {
    if (name.is_string()) container.names.emplace_back(name.text());
  }
  container.image = text_of(value, "Image");
  container.state = text_of(value, "State");
  if (const JsonValue* host = value.find("HostConfig")) {
    container.network_mode = text_of(*host, "NetworkMode");
  }
  container.labels = texts_of(value.find("Labels"));
  container.networks = networks_of(member(value, "NetworkSettings", "Networks"));
  for (const JsonValue& port : items_of(value.find("Ports"))) {
    container.ports.push_back({text_of(port, "Type"), text_of(port, "IP"), port_of(port, "PrivatePort"),
                               port_of(port, "PublicPort")});
  }
  return container;
}

std::string join_host_port(const std::string& host, const std::string& port) {
  return (host.find(':') == host.npos ? host : '[' + host + ']') + ':' + port;
}

// Those of the container whose network is shared, where this one has none of its own.
const ListedContainer& owner_of_networks(const ListedContainer& container, const FindContainer& find) {
  constexpr std::string_view kShares = "container:";
  // No engine lets them make a ring.
  constexpr int kLongestChain = 16;
  const ListedContainer* owner = &container;
  for (int step = 0; owner->networks.empty() && step < kLongestChain; ++step) {
    if (!owner->network_mode.starts_with(kShares)) break;
    const ListedContainer* const next = find(owner->network_mode.substr(kShares.size()));
    if (next == nullptr) break;
    owner = next;
  }
  return *owner;
}

// Of several that are exposed the one with the smallest number: the engine keeps no order.
const ContainerPort* first_tcp_port(const ListedContainer& container) {
  const ContainerPort* first = nullptr;
  for (const ContainerPort& port : container.ports) {
    if (port.type == "tcp" && (first == nullptr || port.inside < first->inside)) first = &port;
  }
  return first;
}

bool is_user_defined(const std::string& mode) {
  return !mode.empty() && mode != "default" && mode != "bridge" && mode != "host" && mode != "none" &&
         mode != "nat" && !mode.starts_with("container:");
}

}  // namespace

std::optional<std::vector<ListedContainer>> parse_containers(std::string_view json) {
  const JsonText text(json);
  if (!text.value() || !text.value()->is_array()) return std::nullopt;
  std::vector<ListedContainer> containers;
  for (const JsonValue& item : text.value()->items()) {
    ListedContainer container = to_container(item);
    if (!container.id.empty()) containers.push_back(std::move(container));
  }
  return containers;
}

std::optional<ContainerDetails> parse_details(std::string_view json) {
  const JsonText text(json);
  if (!text.value() || !text.value()->is_object()) return std::nullopt;
  const JsonValue& value = *text.value();
  ContainerDetails details;
  details.log_path = text_of(value, "LogPath");
  if (const JsonValue* log = member(value, "HostConfig", "LogConfig"))
    details.log_driver = text_of(*log, "Type");
  if (const JsonValue* config = value.find("Config")) details.has_terminal = flag_of(*config, "Tty");
  if (const JsonValue* state = value.find("State")) details.runs = flag_of(*state, "Running");
  return details;
}

std::optional<std::map<std::string, LabelMap>> parse_networks(std::string_view json) {
  const JsonText text(json);
  if (!text.value() || !text.value()->is_array()) return std::nullopt;
  const auto yes_or_no = [](bool value) { return value ? "true" : "false"; };
  std::map<std::string, LabelMap> networks;
  for (const JsonValue& item : text.value()->items()) {
    LabelMap labels;
    const std::string id = text_of(item, "Id");
    labels["__meta_docker_network_id"] = id;
    labels["__meta_docker_network_name"] = text_of(item, "Name");
    labels["__meta_docker_network_scope"] = text_of(item, "Scope");
    labels["__meta_docker_network_internal"] = yes_or_no(flag_of(item, "Internal"));
    labels["__meta_docker_network_ingress"] = yes_or_no(flag_of(item, "Ingress"));
    for (const auto& [name, value] : texts_of(item.find("Labels"))) {
      labels["__meta_docker_network_label_" + sanitized_label_name(name)] = value;
    }
    networks[id] = std::move(labels);
  }
  return networks;
}

// Before 1.22 `id` and `status`; those go with 1.52.
std::optional<ContainerEvent> parse_event(std::string_view json) {
  const JsonText text(json);
  if (!text.value() || !text.value()->is_object()) return std::nullopt;
  const JsonValue& value = *text.value();
  ContainerEvent event{text_of(value, "Action"), {}};
  if (const JsonValue* actor = value.find("Actor")) event.id = text_of(*actor, "ID");
  if (event.action.empty()) event.action = text_of(value, "status");
  if (event.id.empty()) event.id = text_of(value, "id");
  if (event.action.empty() || event.id.empty()) return std::nullopt;
  return event;
}

std::string error_message(std::string_view json) {
  const JsonText text(json);
  if (text.value() && text.value()->is_object()) return text_of(*text.value(), "message");
  return std::string(json.substr(0, 200));
}

LabelMap container_labels(const ListedContainer& container, const FindContainer& find,
                          const std::map<std::string, LabelMap>& networks,
                          const config::DockerSdConfig& config) {
  LabelMap labels;
  labels["__meta_docker_container_id"] = container.id;
  labels["__meta_docker_container_name"] = container.names.empty() ? std::string() : container.names.front();
  labels["__meta_docker_container_network_mode"] = container.network_mode;
  if (!container.image.empty()) labels["__meta_docker_container_image"] = container.image;
  for (const auto& [name, value] : container.labels) {
    labels["__meta_docker_container_label_" + sanitized_label_name(name)] = value;
  }
  // Promtail leaves a container without any network out. Its log is one all the same.
  const ListedContainer& owner = owner_of_networks(container, find);
  if (owner.networks.empty()) return labels;
  auto network = owner.networks.begin();
  if (config.match_first_network && is_user_defined(owner.network_mode)) {
    const auto named = owner.networks.find(owner.network_mode);
    if (named != owner.networks.end()) network = named;
  }
  const auto& [name, settings] = *network;
  const std::string& ip = settings.ip;
  labels["__meta_docker_network_ip"] = ip;
  if (const auto known = networks.find(settings.id); known != networks.end()) {
    labels.insert(known->second.begin(), known->second.end());
  } else if (!settings.id.empty()) {
    labels["__meta_docker_network_id"] = settings.id;
    labels["__meta_docker_network_name"] = name;
  }
  if (const ContainerPort* const port = first_tcp_port(container)) {
    const std::string inside = std::to_string(port->inside);
    labels["__meta_docker_port_private"] = inside;
    if (port->outside != 0) {
      labels["__meta_docker_port_public"] = std::to_string(port->outside);
      labels["__meta_docker_port_public_ip"] = port->ip;
    }
    labels["__address__"] = join_host_port(ip, inside);
  } else if (container.network_mode == "host") {
    labels["__address__"] = config.host_networking_host;
  } else {
    labels["__address__"] = join_host_port(ip, std::to_string(config.port));
  }
  return labels;
}

}  // namespace lokitail::agent
