// What Consul's HTTP API is asked, what it says, and which labels that makes.
//
// Threads: pure functions. Errors: nothing for an answer that is not what it should be; members that are
//          missing, or of another kind, stay empty.
// Source:  Consul's API: catalog/services, health/service, agent/self, agent/services and
//          agent/health/service/name; Prometheus' discovery/consul, and Promtail's discovery/consulagent, for
//          the labels.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/discovery/poll.h"
#include "config/config.h"

namespace lokitail::agent {

// How a server is reached: URL, with the prefix of all paths for its target, and credentials.
PollConfig consul_server(const config::ConsulSdConfig& config);
// For the log.
std::string shown_consul_server(const config::ConsulSdConfig& config);

// Paths with their queries, without the prefix. What is asked with an index is answered when there is
// something newer, or after some minutes.
std::string catalog_path(const config::ConsulSdConfig& config, std::uint64_t index);
std::string health_path(const config::ConsulSdConfig& config, const std::string& service,
                        std::uint64_t index);
std::string agent_health_path(const std::string& service);

// The index of what was answered, from the header X-Consul-Index; 0 where it is none.
std::uint64_t consul_index(std::string_view header);

// The tags of each service, by name.
using ConsulServices = std::map<std::string, std::set<std::string>>;
std::optional<ConsulServices> parse_catalog(std::string_view json);
std::optional<ConsulServices> parse_agent_services(std::string_view json);
// Those of them that the configuration asks for, by name and tags.
std::set<std::string> wanted_services(const config::ConsulSdConfig& config, const ConsulServices& all);

// The targets of a service, as health/service tells.
std::optional<std::vector<config::LabelMap>> parse_health(std::string_view json, const std::string& service,
                                                          const config::ConsulSdConfig& config);

// What an agent says of itself.
struct ConsulAgent {
  std::string node;
  std::string address;
  std::string datacenter;
  config::LabelMap metadata;
};
std::optional<ConsulAgent> parse_agent(std::string_view json);
// The targets of a service, as its agent tells. `health` is that of all of them.
std::optional<std::vector<config::LabelMap>> parse_agent_health(std::string_view json,
                                                                const std::string& service,
                                                                const std::string& health,
                                                                const ConsulAgent& agent,
                                                                const config::ConsulSdConfig& config);

}  // namespace lokitail::agent
