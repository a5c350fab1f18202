// Arbitrary bytes as what the Docker engine keeps of a container, its two files torn anywhere: what is read
// of them makes labels, with an id, a state and ports that are such.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/source/docker/container_filter.h"
#include "agent/source/docker/stored_container.h"

using namespace lokitail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const agent::ContainerFilter filter([] {
    config::DockerSdConfig config;
    config.filters = {{"name", {"^web", "x$"}}, {"label", {"a=b"}}, {"status", {"running"}}};
    return config;
  }());
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  // Where it has a line for each, these are the files.
  std::size_t tear = bytes.find('\n');
  if (tear == bytes.npos) tear = (data[0] + 256u * data[1]) % (bytes.size() + 1);
  const auto stored = agent::parse_stored_container(bytes.substr(0, tear), bytes.substr(tear));
  if (!stored) return 0;
  if (stored->listed.id.empty() || stored->listed.state.empty()) std::abort();
  for (const agent::ContainerPort& port : stored->listed.ports) {
    if (port.inside == 0) std::abort();
  }
  const auto itself = [&](std::string_view id) {
    return id == stored->listed.id ? &stored->listed : nullptr;
  };
  const config::LabelMap labels =
      agent::container_labels(stored->listed, itself, {}, config::DockerSdConfig());
  if (labels.at("__meta_docker_container_id") != stored->listed.id) std::abort();
  static_cast<void>(filter.matches(stored->listed));
  return 0;
}
