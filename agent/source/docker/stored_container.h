// What the Docker engine keeps of a container in its folder: config.v2.json and hostconfig.json. The engine
// writes both anew, and renames them into place, whenever it starts, stops or renames the container.
//
// Threads: pure functions. Errors: nothing for texts that are not what they should be; members that are
// missing, or
//          of another kind, stay empty.
// Source:  moby's container/container.go, which is no format that the engine promises: it has kept these
// names since
//          1.10.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/source/docker/container.h"

namespace lokitail::agent {

struct StoredContainer {
  ListedContainer listed;
  ContainerDetails details;  // log_path is where the engine has it
  std::string started_at;    // of the latest start; empty where there was none
};

// What the engine tells of this container when it is asked.
std::optional<StoredContainer> parse_stored_container(std::string_view config, std::string_view host_config);

}  // namespace lokitail::agent
