// Arbitrary text as any of Consul's answers, and as a list of targets in JSON.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "agent/discovery/consul_api.h"
#include "agent/discovery/target_list.h"

namespace {

using namespace lokitail::agent;

void check(const std::optional<std::vector<lokitail::config::LabelMap>>& targets) {
  if (!targets) return;
  for (const auto& labels : *targets) {
    if (!labels.contains("__address__")) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  lokitail::config::ConsulSdConfig config;
  config.tags = {"a"};
  for (const auto& services : {parse_catalog(text), parse_agent_services(text)}) {
    if (services && wanted_services(config, *services).size() > services->size()) std::abort();
  }
  check(parse_health(text, "s", config));
  check(parse_agent_health(text, "s", "passing", parse_agent(text).value_or(ConsulAgent()), config));
  consul_index(text);
  try {
    check(read_json_target_list(text));
  } catch (const std::runtime_error&) {
  }
  return 0;
}
