#include "agent/discovery/consul_api.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "agent/json_members.h"
#include "config/url.h"
#include "pipeline/arena.h"
#include "pipeline/label_name.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent {
namespace {

using config::ConsulSdConfig;
using config::LabelMap;
using pipeline::sanitized_label_name;
using pipeline::lang::parse_strict_json;

// Consul waits for this long, and up to a sixteenth more at random.
constexpr std::chrono::seconds kWait{120};
constexpr std::chrono::seconds kTimeout = kWait + std::chrono::seconds(15);

constexpr const char* kTokenVariable = "CONSUL_HTTP_TOKEN";

void add(std::string& query, std::string_view name, std::string_view value) {
  query += query.empty() ? '?' : '&';
  query.append(name).append("=").append(http::percent_encode(value));
}

// What both kinds of blocking queries have.
std::string common_query(const ConsulSdConfig& config, std::uint64_t index) {
  std::string query;
  const auto add_given = [&query](std::string_view name, const std::string& value) {
    if (!value.empty()) add(query, name, value);
  };
  add_given("dc", config.datacenter);
  add_given("ns", config.consul_namespace);
  add_given("partition", config.partition);
  if (config.allow_stale) add(query, "stale", "");
  for (const auto& [name, value] : config.node_meta) add(query, "node-meta", name + ':' + value);
  if (index != 0) {
    add(query, "index", std::to_string(index));
    add(query, "wait", fmt::format("{}s", kWait.count()));
  }
  return query;
}

std::string join_host_port(const std::string& host, const std::string& port) {
  return (host.find(':') == host.npos ? host : '[' + host + ']') + ':' + port;
}

// A whole number as its text; others are none.
std::string number_of(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  const double number = value != nullptr && value->is_number() ? value->number() : 0;
  constexpr double kMost = 1e9;
  return std::abs(number) <= kMost ? std::to_string(static_cast<std::int64_t>(number)) : "0";
}

std::set<std::string> tags_of(const JsonValue* list) {
  std::set<std::string> tags;
  for (const JsonValue& tag : items_of(list)) {
    if (tag.is_string()) tags.emplace(tag.text());
  }
  return tags;
}

// In the order in which they are given, with a separator on both sides of each: `,a,b,`.
std::string joined_tags(const JsonValue* list, const std::string& separator) {
  std::string text = separator;
  bool is_first = true;
  for (const JsonValue& tag : items_of(list)) {
    if (!is_first) text += separator;
    is_first = false;
    if (tag.is_string()) text += tag.text();
  }
  return text + separator;
}

// The worst of the checks, as Consul's own client finds it.
std::string aggregated_status(const JsonValue* checks) {
  bool is_maintained = false;
  bool is_critical = false;
  bool is_warning = false;
  for (const JsonValue& check : items_of(checks)) {
    const std::string id = text_of(check, "CheckID");
    if (id == "_node_maintenance" || id.starts_with("_service_maintenance:")) {
      is_maintained = true;
      continue;
    }
    const std::string status = text_of(check, "Status");
    if (status == "critical") {
      is_critical = true;
    } else if (status == "warning") {
      is_warning = true;
    } else if (status != "passing") {
      return {};
    }
  }
  return is_maintained ? "maintenance" : is_critical ? "critical" : is_warning ? "warning" : "passing";
}

// Labels of a target, whose names begin alike.
class Labels {
 public:
  Labels(std::string prefix, LabelMap& labels) : prefix_(std::move(prefix)), labels_(labels) {}

  void set(std::string_view name, std::string value) {
    labels_[prefix_ + std::string(name)] = std::move(value);
  }
  // A label for each of them.
  void set_all(std::string_view family, const LabelMap& texts) {
    for (const auto& [name, value] : texts) {
      labels_[fmt::format("{}{}_{}", prefix_, family, sanitized_label_name(name))] = value;
    }
  }
  // What an instance of a service says of itself. `node` is the address of where it runs.
  void set_service(const JsonValue& service, const std::string& node, const ConsulSdConfig& config) {
    const std::string address = text_of(service, "Address");
    const std::string port = number_of(service, "Port");
    labels_["__address__"] = join_host_port(address.empty() ? node : address, port);
    set("address", node);
    set("tags", joined_tags(service.find("Tags"), config.tag_separator));
    set("service_address", address);
    set("service_port", port);
    set("service_id", text_of(service, "ID"));
    set_all("service_metadata", texts_of(service.find("Meta")));
  }

 private:
  const std::string prefix_;
  LabelMap& labels_;
};

// A target of each item of a list, of which `make` makes labels. Nothing where the text is no list of objects.
template <typename Make>
std::optional<std::vector<LabelMap>> targets_of(std::string_view json, const char* prefix, Make make) {
  pipeline::Arena arena;
  const auto value = parse_strict_json(json, arena);
  if (!value || !value->is_array()) return std::nullopt;
  std::vector<LabelMap> targets;
  for (const JsonValue& item : value->items()) {
    if (!item.is_object()) return std::nullopt;
    Labels labels(prefix, targets.emplace_back());
    make(item, labels);
  }
  return targets;
}

const JsonValue& object_in(const JsonValue& value, std::string_view key) {
  static const JsonValue kNone;
  const JsonValue* const found = value.find(key);
  return found == nullptr ? kNone : *found;
}

}  // namespace

PollConfig consul_server(const ConsulSdConfig& config) {
  PollConfig poll;
  poll.url = http::parse_url(config.url()).value_or(http::Url());  // checked with the configuration
  while (poll.url.target.ends_with('/')) poll.url.target.pop_back();
  poll.http = config.http;
  if (!config.username.empty() || !config.password.empty()) {
    config::BasicAuth& auth = poll.http.basic_auth.emplace();
    auth.username = config.username;
    auth.password = config.password;
  }
  // Consul's own client, with which Promtail asks, knows the variable.
  const char* const given = std::getenv(kTokenVariable);
  const config::Secret token =
      !config.token.empty() || given == nullptr ? config.token : config::Secret(given);
  if (!token.empty()) poll.http.http_headers["X-Consul-Token"].secrets = {token};
  poll.interval = config.refresh_interval;
  poll.timeout = kTimeout;
  return poll;
}

std::string shown_consul_server(const ConsulSdConfig& config) { return config::mask_url(config.url()); }

std::string catalog_path(const ConsulSdConfig& config, std::uint64_t index) {
  std::string query = common_query(config, index);
  if (!config.filter.empty()) add(query, "filter", config.filter);
  return "/v1/catalog/services" + query;
}

std::string health_path(const ConsulSdConfig& config, const std::string& service, std::uint64_t index) {
  std::string query = common_query(config, index);
  for (const std::string& tag : config.tags) add(query, "tag", tag);
  return "/v1/health/service/" + http::percent_encode(service) + query;
}

std::string agent_health_path(const std::string& service) {
  return "/v1/agent/health/service/name/" + http::percent_encode(service) + "?format=json";
}

std::uint64_t consul_index(std::string_view header) {
  std::uint64_t index = 0;
  const char* const end = header.data() + header.size();
  const auto [stop, error] = std::from_chars(header.data(), end, index);
  return error == std::errc() && stop == end ? index : 0;
}

std::optional<ConsulServices> parse_catalog(std::string_view json) {
  pipeline::Arena arena;
  const auto value = parse_strict_json(json, arena);
  if (!value || !value->is_object()) return std::nullopt;
  ConsulServices services;
  for (const JsonMember& service : value->members()) {
    if (!service.key.empty()) services[std::string(service.key)] = tags_of(&service.value);
  }
  return services;
}

// An object of instances by their ids. Of several with one name any may have the tags.
std::optional<ConsulServices> parse_agent_services(std::string_view json) {
  pipeline::Arena arena;
  const auto value = parse_strict_json(json, arena);
  if (!value || !value->is_object()) return std::nullopt;
  ConsulServices services;
  for (const JsonMember& instance : value->members()) {
    const std::string name = text_of(instance.value, "Service");
    if (!name.empty()) services[name].merge(tags_of(instance.value.find("Tags")));
  }
  return services;
}

std::set<std::string> wanted_services(const ConsulSdConfig& config, const ConsulServices& all) {
  std::set<std::string> wanted;
  for (const auto& [name, tags] : all) {
    const bool is_named =
        config.services.empty() || std::ranges::find(config.services, name) != config.services.end();
    const auto has = [&tags = tags](const std::string& tag) { return tags.contains(tag); };
    if (is_named && std::ranges::all_of(config.tags, has)) wanted.insert(name);
  }
  return wanted;
}

std::optional<std::vector<LabelMap>> parse_health(std::string_view json, const std::string& service,
                                                  const ConsulSdConfig& config) {
  return targets_of(json, "__meta_consul_", [&](const JsonValue& item, Labels& labels) {
    const JsonValue& node = object_in(item, "Node");
    const JsonValue& instance = object_in(item, "Service");
    labels.set_service(instance, text_of(node, "Address"), config);
    labels.set("service", service);
    const std::string datacenter = text_of(node, "Datacenter");
    labels.set("dc", datacenter.empty() ? config.datacenter : datacenter);
    labels.set("health", aggregated_status(item.find("Checks")));
    labels.set("namespace", text_of(instance, "Namespace"));
    labels.set("partition", text_of(instance, "Partition"));
    labels.set("node", text_of(node, "Node"));
    labels.set_all("metadata", texts_of(node.find("Meta")));
    labels.set_all("tagged_address", texts_of(node.find("TaggedAddresses")));
  });
}

std::optional<ConsulAgent> parse_agent(std::string_view json) {
  pipeline::Arena arena;
  const auto value = parse_strict_json(json, arena);
  if (!value || !value->is_object()) return std::nullopt;
  const JsonValue& config = object_in(*value, "Config");
  ConsulAgent agent{text_of(config, "NodeName"), text_of(object_in(*value, "Member"), "Addr"),
                    text_of(config, "Datacenter"), texts_of(value->find("Meta"))};
  if (agent.node.empty()) return std::nullopt;
  return agent;
}

std::optional<std::vector<LabelMap>> parse_agent_health(std::string_view json, const std::string& service,
                                                        const std::string& health, const ConsulAgent& agent,
                                                        const ConsulSdConfig& config) {
  return targets_of(json, "__meta_consulagent_", [&](const JsonValue& item, Labels& labels) {
    const JsonValue& instance = object_in(item, "Service");
    labels.set_service(instance, agent.address, config);
    labels.set("service", service);
    labels.set("dc", config.datacenter.empty() ? agent.datacenter : config.datacenter);
    labels.set("health", health);
    labels.set("node", agent.node);
    labels.set_all("metadata", agent.metadata);
    LabelMap addresses;
    for (const JsonMember& tagged : members_of(instance.find("TaggedAddresses"))) {
      addresses[std::string(tagged.key)] =
          text_of(tagged.value, "Address") + ':' + number_of(tagged.value, "Port");
    }
    labels.set_all("tagged_address", addresses);
  });
}

}  // namespace lokitail::agent
