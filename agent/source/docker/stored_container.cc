#include "agent/source/docker/stored_container.h"

#include <charconv>
#include <utility>

#include "agent/source/docker/engine_json.h"

namespace lokitail::agent {
namespace {

// Go's time.Time that was never set.
constexpr std::string_view kNoTime = "0001-01-01T";

// As the engine names it.
std::string state_name(const JsonValue& state, bool was_started) {
  if (flag_of(state, "Running")) {
    if (flag_of(state, "Paused")) return "paused";
    return flag_of(state, "Restarting") ? "restarting" : "running";
  }
  if (flag_of(state, "RemovalInProgress")) return "removing";
  if (flag_of(state, "Dead")) return "dead";
  return was_started ? "exited" : "created";
}

std::uint16_t to_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port : std::uint16_t{0};
}

// {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "53/udp": null}
void add_ports(const JsonMember& item, std::vector<ContainerPort>& ports) {
  const std::string_view key = item.key;
  const std::size_t slash = std::min(key.find('/'), key.size());
  ContainerPort port;
  port.inside = to_port(key.substr(0, slash));
  port.type = slash < key.size() ? key.substr(slash + 1) : "tcp";
  if (port.inside == 0) return;
  const auto bindings = items_of(&item.value);
  if (bindings.empty()) ports.push_back(port);
  for (const JsonValue& binding : bindings) {
    port.ip = text_of(binding, "HostIp");
    port.outside = to_port(text_of(binding, "HostPort"));
    ports.push_back(port);
  }
}

}  // namespace

std::optional<StoredContainer> parse_stored_container(std::string_view config, std::string_view host_config) {
  const JsonText text(config);
  const JsonText host_text(host_config);
  if (!text.value() || !text.value()->is_object()) return std::nullopt;
  if (!host_text.value() || !host_text.value()->is_object()) return std::nullopt;
  const JsonValue& value = *text.value();
  const JsonValue& host = *host_text.value();
  StoredContainer stored;
  ListedContainer& listed = stored.listed;
  listed.id = text_of(value, "ID");
  const JsonValue* const state = value.find("State");
  if (listed.id.empty() || state == nullptr || !state->is_object()) return std::nullopt;
  if (std::string name = text_of(value, "Name"); !name.empty()) listed.names.push_back(std::move(name));
  stored.started_at = text_of(*state, "StartedAt");
  if (stored.started_at.starts_with(kNoTime)) stored.started_at.clear();
  listed.state = state_name(*state, !stored.started_at.empty());
  listed.network_mode = text_of(host, "NetworkMode");
  if (const JsonValue* const made_with = value.find("Config")) {
    listed.image = text_of(*made_with, "Image");
    listed.labels = texts_of(made_with->find("Labels"));
    stored.details.has_terminal = flag_of(*made_with, "Tty");
  }
  if (const JsonValue* const network = value.find("NetworkSettings")) {
    listed.networks = networks_of(network->find("Networks"));
    for (const JsonMember& item : members_of(network->find("Ports"))) add_ports(item, listed.ports);
  }
  if (const JsonValue* const log = host.find("LogConfig")) stored.details.log_driver = text_of(*log, "Type");
  stored.details.log_path = text_of(value, "LogPath");
  stored.details.runs = flag_of(*state, "Running");
  return stored;
}

}  // namespace lokitail::agent
