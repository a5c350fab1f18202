// Targets that servers are asked for.
#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

// A job with one item of this kind, in flow style in line 4.
std::string service_discovery_job(const std::string& kind, const std::string& item) {
  return kClients + "scrape_configs:\n- job_name: j\n  " + kind + ": [{" + item + "}]\n";
}

void check_written(const Config& config) { CHECK(to_yaml(load_good(to_yaml(config))) == to_yaml(config)); }

TEST_CASE("targets that a server lists") {
  const Config config = load_good(service_discovery_job(
      "http_sd_configs", "url: 'https://u:p@h/x?y=z', refresh_interval: 5s, tls_config: {ca_file: c}"));
  REQUIRE(config.scrape_configs[0].http_sd_configs.size() == 1);
  const HttpSdConfig& http = config.scrape_configs[0].http_sd_configs[0];
  CHECK(http.url.reveal() == "https://u:p@h/x?y=z");
  CHECK(http.refresh_interval == std::chrono::seconds(5));
  CHECK(http.http.tls_config.ca_file == "c");
  CHECK(config.scrape_configs[0].has_targets);
  CHECK(config.scrape_configs[0].has_files());
  CHECK(to_yaml(config).find("https://u:<secret>@h/x?y=z") != std::string::npos);
  const Config slow =
      load_good(service_discovery_job("http_sd_configs", "url: 'http://h', refresh_interval: 1d12h"));
  CHECK(slow.scrape_configs[0].http_sd_configs[0].refresh_interval == std::chrono::hours(36));
  CHECK(to_yaml(slow).find("refresh_interval: 1d12h\n") != std::string::npos);
  check_written(slow);
  const Config plain = load_good(service_discovery_job("http_sd_configs", "url: 'http://h'"));
  CHECK(plain.scrape_configs[0].http_sd_configs[0].refresh_interval == std::chrono::seconds(60));
  check_written(plain);
}

TEST_CASE("services of Consul and of its agent") {
  const Config plain = load_good(service_discovery_job("consul_sd_configs", ""));
  const ConsulSdConfig& defaults = plain.scrape_configs[0].consul_sd_configs.at(0);
  CHECK(defaults.server == "localhost:8500");
  CHECK(defaults.url() == "http://localhost:8500");
  CHECK(defaults.tag_separator == ",");
  CHECK(defaults.allow_stale);
  CHECK(defaults.refresh_interval == std::chrono::seconds(30));
  CHECK(plain.scrape_configs[0].has_targets);

  const Config config =
      load_good(service_discovery_job("consul_sd_configs",
                                      "server: c:1, path_prefix: p, token: t, datacenter: d, namespace: n, "
                                      "partition: q, tag_separator: ';', scheme: https,\n"
                                      "    username: u, password: w, allow_stale: false, refresh_interval: "
                                      "1s, services: [a], tags: [b], node_meta: {k: v},\n"
                                      "    filter: 'ServiceName == x', tls_config: {server_name: s}"));
  const ConsulSdConfig& consul = config.scrape_configs[0].consul_sd_configs.at(0);
  CHECK(consul.url() == "https://c:1/p");
  CHECK(consul.token.reveal() == "t");
  CHECK(consul.consul_namespace == "n");
  CHECK(consul.partition == "q");
  CHECK(consul.username == "u");
  CHECK(consul.password.reveal() == "w");
  CHECK_FALSE(consul.allow_stale);
  CHECK(consul.services == std::vector<std::string>{"a"});
  CHECK(consul.node_meta == LabelMap{{"k", "v"}});
  CHECK(consul.filter == "ServiceName == x");
  CHECK(consul.http.tls_config.server_name == "s");
  CHECK(to_yaml(config).find("token: <secret>") != std::string::npos);

  const Config agent = load_good(service_discovery_job(
      "consulagent_sd_configs",
      "server: 'http://c:1/', token: t, services: [a], node_meta: {k: v}, allow_stale: true,\n"
      "    tls_config: {server_name: s}"));
  CHECK(agent.scrape_configs[0].consulagent_sd_configs.at(0).url() == "http://c:1");
  CHECK(agent.scrape_configs[0].has_targets);
  for (const Config& one : {plain, config, agent}) check_written(one);
}

TEST_CASE("addresses of Consul") {
  const auto url = [](const std::string& server, const std::string& scheme, const std::string& prefix) {
    ConsulSdConfig config;
    config.server = server, config.scheme = scheme, config.path_prefix = prefix;
    return config.url();
  };
  CHECK(url("c:1", "http", "") == "http://c:1");
  CHECK(url("https://c:1", "http", "") == "https://c:1");
  CHECK(url("http://c:1", "https", "") == "https://c:1");
  CHECK(url("c/", "http", "/x/y") == "http://c/x/y");
}

TEST_CASE("wrong discovery by servers is refused with place and reason") {
  const ErrorRow rows[] = {
      {"no URL", service_discovery_job("http_sd_configs", "refresh_interval: 1s"),
       "f:4:21: http_sd_configs: URL is missing"},
      {"another scheme", service_discovery_job("http_sd_configs", "url: 'ftp://h'"),
       "f:4:27: this URL cannot be used: it must begin with http:// or https://"},
      {"no host", service_discovery_job("http_sd_configs", "url: 'http:///x'"),
       "f:4:27: this URL cannot be used: the host is missing"},
      {"no interval", service_discovery_job("http_sd_configs", "url: 'http://h', refresh_interval: 0s"),
       "f:4:57: refresh_interval must be greater than zero"},
      {"an interval with a fraction",
       service_discovery_job("http_sd_configs", "url: 'http://h', refresh_interval: 1.5m"),
       "f:4:57: expected a duration such as 90s or 1h30m (units, in this order: y w d h m s ms), found "
       "\"1.5m\""},
      {"unknown key", service_discovery_job("http_sd_configs", "uri: 'http://h'"),
       "f:4:22: http_sd_configs: unknown key \"uri\" (did you mean \"url\"?)"},
      {"no server", service_discovery_job("consul_sd_configs", "server: ' '"),
       "f:4:32: consul SD configuration requires a server address"},
      {"a socket", service_discovery_job("consul_sd_configs", "server: 'unix:///x'"),
       "f:4:32: server: expected host:port; a unix socket is not supported by lokitail yet"},
      {"a bad port", service_discovery_job("consul_sd_configs", "server: 'c:x'"),
       "f:4:32: server: invalid port after host"},
      {"a bad scheme", service_discovery_job("consul_sd_configs", "scheme: ftp"),
       "f:4:32: scheme: expected http or https, found \"ftp\""},
      {"two users", service_discovery_job("consul_sd_configs", "username: u, basic_auth: {username: u}"),
       "f:4:23: at most one of username and password, and basic_auth can be configured"},
      {"two tokens", service_discovery_job("consul_sd_configs", "token: u, authorization: {credentials: u}"),
       "f:4:23: at most one of token and authorization can be configured"},
      {"unknown key of Consul", service_discovery_job("consul_sd_configs", "service: [a]"),
       "f:4:24: consul_sd_configs: unknown key \"service\" (did you mean \"services\"?)"},
      {"a key that agents lack", service_discovery_job("consulagent_sd_configs", "filter: x"),
       "f:4:29: consulagent_sd_configs: unknown key \"filter\""},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::config
