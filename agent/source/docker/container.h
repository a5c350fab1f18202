// What the Docker engine says of containers, networks and events, as far as it is needed here.
//
// Threads: pure functions. Errors: nothing for a text that is not what it should be; members that are missing,
//          or of another kind, stay empty.
// Source:  Docker Engine API: ContainerList, ContainerInspect, NetworkList, SystemEvents.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace lokitail::agent {

struct ContainerNetwork {
  std::string id;
  std::string ip;
};

struct ContainerPort {
  std::string type;  // "tcp", "udp", ...
  std::string ip;    // of the host
  std::uint16_t inside = 0;
  std::uint16_t outside = 0;  // 0: not published
};

// An item of the list of containers.
struct ListedContainer {
  std::string id;
  std::vector<std::string> names;  // each begins with a slash
  std::string image;               // as it was named when the container was made
  std::string state;               // "running", "exited", ...
  std::string network_mode;
  config::LabelMap labels;
  std::map<std::string, ContainerNetwork> networks;  // by name
  std::vector<ContainerPort> ports;

  // Whether it may write to its log. (An engine that tells no state lists running ones only.)
  bool runs() const {
    return state.empty() || state == "running" || state == "paused" || state == "restarting";
  }
};

// What a container's own page says.
struct ContainerDetails {
  std::string log_driver;
  std::string log_path;  // empty where the driver keeps no file
  bool has_terminal = false;
  bool runs = false;
};

struct ContainerEvent {
  std::string action;
  std::string id;
};

std::optional<std::vector<ListedContainer>> parse_containers(std::string_view json);
std::optional<ContainerDetails> parse_details(std::string_view json);
// Their labels, by id.
std::optional<std::map<std::string, config::LabelMap>> parse_networks(std::string_view json);
std::optional<ContainerEvent> parse_event(std::string_view json);
// The member `message` of an error.
std::string error_message(std::string_view json);

// nullptr where there is no such container.
using FindContainer = std::function<const ListedContainer*(std::string_view id)>;

// The labels of the first target that Promtail makes of a container: of its networks the one counts that its mode
// names, with `match_first_network`, and otherwise the first by name. `find` finds the one whose network this one
// shares. `networks` are the labels of those that are known, by id.
config::LabelMap container_labels(const ListedContainer& container, const FindContainer& find,
                                  const std::map<std::string, config::LabelMap>& networks,
                                  const config::DockerSdConfig& config);

}  // namespace lokitail::agent
