#include "agent/command/migrate/service_needs.h"

#include <algorithm>

#include "config/scalar.h"

namespace lokitail::agent::migrate {
namespace {

constexpr int64_t kFirstFreePort = 1024;

int64_t port_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const auto port = config::parse_yaml_int(colon == address.npos ? "" : address.substr(colon + 1));
  return port ? port->as_int64().value_or(kFirstFreePort) : kFirstFreePort;
}

bool listens_below_1024(const config::Config& config) {
  const auto is_low = [](int64_t port) { return port > 0 && port < kFirstFreePort; };
  if (!config.server.disable && is_low(config.server.http_listen_port)) return true;
  return std::ranges::any_of(config.scrape_configs, [&is_low](const config::ScrapeConfig& job) {
    return (job.syslog && is_low(port_of(job.syslog->listen_address))) ||
           (job.gelf && is_low(port_of(job.gelf->listen_address))) ||
           (job.push_api && is_low(job.push_api->server.http_listen_port)) ||
           (job.heroku_drain && is_low(job.heroku_drain->server.http_listen_port));
  });
}

// Whether a job names files below this folder.
bool reads_below(const config::Config& config, std::string_view folder) {
  return std::ranges::any_of(config.scrape_configs, [folder](const config::ScrapeConfig& job) {
    return std::ranges::any_of(job.static_configs, [folder](const config::StaticConfig& group) {
      const auto path = group.labels.find("__path__");
      return path != group.labels.end() && path->second.find(folder) != std::string::npos;
    });
  });
}

bool asks_docker(const config::Config& config) {
  return std::ranges::any_of(config.scrape_configs, [](const config::ScrapeConfig& job) {
    return std::ranges::any_of(job.docker_sd_configs,
                               [](const config::DockerSdConfig& sd) { return sd.host.starts_with("unix:"); });
  });
}

template <typename Has>
bool any_job(const config::Config& config, Has has) {
  return std::ranges::any_of(config.scrape_configs, has);
}

}  // namespace

std::vector<ServiceNeed> service_needs(const config::Config& config) {
  std::vector<ServiceNeed> needs;
  if (listens_below_1024(config)) {
    needs.push_back({"AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE",
                     "it listens on a port below 1024"});
  }
  if (asks_docker(config)) {
    needs.push_back({"SupplementaryGroups=docker",
                     "it asks the Docker engine; who may is root: docs/sources/docker.md tells how "
                     "to do without"});
  }
  if (reads_below(config, "/home/") || reads_below(config, "/root/")) {
    needs.push_back({"ProtectHome=read-only", "it reads logs in /home or /root"});
  }
  if (reads_below(config, "/tmp/")) needs.push_back({"PrivateTmp=no", "it reads logs in /tmp"});
  return needs;
}

std::vector<std::string> differences(const config::Config& config) {
  std::vector<std::string> found = {
      "It runs as the user lokitail, who may read all files and write to /var/lib/lokitail alone."};
  const auto is_endless = [](const config::ClientConfig& client) { return client.backoff.max_retries == 0; };
  if (std::ranges::any_of(config.clients, is_endless)) {
    found.emplace_back(
        "A push is tried again until Loki takes it. Promtail drops it after 10 attempts, or "
        "max_retries.");
  }
  if (any_job(config, [](const auto& job) { return job.journal.has_value(); })) {
    found.emplace_back("The journal's saved entry is not sent again. It needs the package libsystemd0.");
  }
  if (any_job(config, [](const auto& job) { return job.kafka.has_value(); })) {
    found.emplace_back(
        "A Kafka offset is committed when its message is delivered. It needs the package "
        "librdkafka1.");
  }
  if (any_job(config, [](const auto& job) { return !job.docker_sd_configs.empty(); })) {
    found.emplace_back("Containers' json-file logs are tailed as files where they can be read.");
  }
  if (any_job(config, [](const auto& job) { return job.push_api || job.heroku_drain; })) {
    found.emplace_back("What is pushed to it is answered once it is delivered or on disk.");
  }
  found.emplace_back("All differences: docs/migration.md.");
  return found;
}

}  // namespace lokitail::agent::migrate
