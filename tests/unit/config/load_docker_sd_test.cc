#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

// A job with this item, whose keys begin at f:4:24.
std::string docker_sd_job(const std::string& keys) {
  return kClients + "scrape_configs:\n- job_name: j\n  docker_sd_configs: [{" + keys + "}]\n";
}

TEST_CASE("a job that reads containers") {
  const Config defaults = load_good(docker_sd_job("host: unix:///var/run/docker.sock"));
  REQUIRE(defaults.scrape_configs[0].docker_sd_configs.size() == 1);
  CHECK(defaults.scrape_configs[0].has_targets);
  const DockerSdConfig& plain = defaults.scrape_configs[0].docker_sd_configs[0];
  CHECK(plain.host == "unix:///var/run/docker.sock");
  CHECK(plain.port == 80);
  CHECK(plain.host_networking_host == "localhost");
  CHECK(plain.match_first_network);
  CHECK(plain.refresh_interval == std::chrono::seconds(60));

  const Config config = load_good(docker_sd_job(
      "host: 'https://h:2376', port: 81, host_networking_host: here, match_first_network: false,\n"
      "    refresh_interval: 5s, filters: [{name: label, values: [a=b, c]}], tls_config: {ca_file: x},\n"
      "    basic_auth: {username: u}"));
  const DockerSdConfig& docker = config.scrape_configs[0].docker_sd_configs[0];
  CHECK(docker.port == 81);
  CHECK(docker.host_networking_host == "here");
  CHECK_FALSE(docker.match_first_network);
  CHECK(docker.refresh_interval == std::chrono::seconds(5));
  REQUIRE(docker.filters.size() == 1);
  CHECK(docker.filters[0].name == "label");
  CHECK(docker.filters[0].values == std::vector<std::string>{"a=b", "c"});
  CHECK(docker.http.tls_config.ca_file == "x");
  for (const Config& one : {defaults, config, load_good(docker_sd_job("host: 'tcp://127.0.0.1:2375'"))}) {
    CHECK(to_yaml(load_good(to_yaml(one))) == to_yaml(one));
  }
}

TEST_CASE("a job that reads containers by their files") {
  const Config config = load_good(
      docker_sd_job("containers_directory: /docker/containers//, port: 81, refresh_interval: 5s,\n"
                    "    filters: [{name: label, values: [a=b, c]}, {name: status, values: [running]}]"));
  const DockerSdConfig& docker = config.scrape_configs[0].docker_sd_configs[0];
  CHECK(docker.host.empty());
  CHECK(docker.containers_directory == "/docker/containers");
  CHECK(docker.port == 81);
  CHECK(docker.filters.size() == 2);
  CHECK(to_yaml(load_good(to_yaml(config))) == to_yaml(config));
}

TEST_CASE("wrong docker_sd_configs are refused with place and reason") {
  const ErrorRow rows[] = {
      {"no host", docker_sd_job("port: 1"),
       "f:4:23: host missing (or containers_directory, without the engine's socket)"},
      {"a host without a scheme", docker_sd_job("host: x"),
       "f:4:30: host: expected unix:///path, tcp://host:port, http:// or https://"},
      {"a socket without a path", docker_sd_job("host: unix://docker.sock"),
       "f:4:30: host: expected the absolute path of a socket behind unix://"},
      {"another scheme", docker_sd_job("host: ssh://me@h"),
       "f:4:30: host: expected unix:///path, tcp://host:port, http:// or https://"},
      {"a filter without a name", docker_sd_job("host: tcp://h, filters: [{values: [a]}]"),
       "f:4:49: filters: a filter needs a `name`"},
      {"no interval", docker_sd_job("host: tcp://h, refresh_interval: 0s"),
       "f:4:57: refresh_interval must be greater than zero"},
      {"unknown key", docker_sd_job("host: tcp://h, hots: x"),
       "f:4:39: docker_sd_configs: unknown key \"hots\" (did you mean \"host\"?)"},
      {"the engine and its files", docker_sd_job("host: tcp://h, containers_directory: /c"),
       "f:4:61: containers_directory is in place of host: expected one of the two"},
      {"a relative folder", docker_sd_job("containers_directory: c"),
       "f:4:46: containers_directory: expected an absolute path"},
      {"a filter that only the engine has",
       docker_sd_job("containers_directory: /c, filters: [{name: network, values: [a]}]"),
       "f:4:67: filters: \"network\" takes the engine (host); with containers_directory there are id, label, "
       "name "
       "and status"},
      {"a status that there is not",
       docker_sd_job("containers_directory: /c, filters: [{name: status, values: [up]}]"),
       "f:4:83: filters: no container has the status \"up\": expected created, dead, exited, paused, "
       "removing, "
       "restarting or running"},
      {"what is asked over HTTP", docker_sd_job("containers_directory: /c, tls_config: {}"),
       "f:4:50: docker_sd_configs: unknown key \"tls_config\""},
      {"a proxy", docker_sd_job("host: tcp://h, proxy_url: http://p"),
       "f:4:39: proxy_url is not supported by lokitail yet"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::config
