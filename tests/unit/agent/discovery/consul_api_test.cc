#include "agent/discovery/consul_api.h"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace lokitail::agent {
namespace {

using config::LabelMap;
using Targets = std::vector<LabelMap>;

TEST_CASE("what Consul is asked", "[discovery][consul]") {
  config::ConsulSdConfig config;
  CHECK(catalog_path(config, 0) == "/v1/catalog/services?stale=");
  config.allow_stale = false;
  CHECK(catalog_path(config, 0) == "/v1/catalog/services");
  CHECK(health_path(config, "a b/c", 7) == "/v1/health/service/a%20b%2Fc?index=7&wait=120s");
  CHECK(agent_health_path("web") == "/v1/agent/health/service/name/web?format=json");
  config.datacenter = "d", config.consul_namespace = "n", config.partition = "p";
  config.node_meta = {{"k", "v"}, {"l", "w"}};
  config.tags = {"x", "y&z"};
  config.filter = "A == \"b\"";
  const std::string common = "?dc=d&ns=n&partition=p&node-meta=k%3Av&node-meta=l%3Aw";
  CHECK(catalog_path(config, 0) == "/v1/catalog/services" + common + "&filter=A%20%3D%3D%20%22b%22");
  CHECK(health_path(config, "web", 0) == "/v1/health/service/web" + common + "&tag=x&tag=y%26z");
}

TEST_CASE("how Consul is reached", "[discovery][consul]") {
  config::ConsulSdConfig config;
  config.server = "u:p@c:1";
  config.path_prefix = "/x/";
  config.token = config::Secret("t");
  config.username = "me";
  config.password = config::Secret("w");
  const PollConfig poll = consul_server(config);
  CHECK(poll.url.host == "c");
  CHECK(poll.url.port == "1");
  CHECK(poll.url.target == "/x");
  CHECK(poll.http.http_headers.at("X-Consul-Token").secrets.at(0).reveal() == "t");
  CHECK(poll.http.basic_auth->username == "me");
  CHECK(poll.http.basic_auth->password.reveal() == "w");
  CHECK(shown_consul_server(config) == "http://u:<secret>@c:1/x/");

  // The variable that Consul's own client knows.
  config.token = config::Secret();
  ::setenv("CONSUL_HTTP_TOKEN", "from the environment", 1);
  const PollConfig from_environment = consul_server(config);
  ::unsetenv("CONSUL_HTTP_TOKEN");
  CHECK(from_environment.http.http_headers.at("X-Consul-Token").secrets.at(0).reveal() ==
        "from the environment");
  CHECK(consul_server(config).http.http_headers.empty());
}

TEST_CASE("indexes of Consul's answers", "[discovery][consul]") {
  CHECK(consul_index("17") == 17);
  CHECK(consul_index("18446744073709551615") == 18446744073709551615u);
  for (const char* none : {"", "0", "x", "1x", "-1", " 1", "18446744073709551616"}) {
    INFO(none);
    CHECK(consul_index(none) == 0);
  }
}

TEST_CASE("Consul's lists of services", "[discovery][consul]") {
  const auto all = parse_catalog(R"({"consul": [], "web": ["a", "b"], "db": ["a", 1], "odd": null})");
  REQUIRE(all);
  CHECK(*all == ConsulServices{{"consul", {}}, {"web", {"a", "b"}}, {"db", {"a"}}, {"odd", {}}});
  CHECK(*parse_agent_services(
            R"({"web-1": {"Service": "web", "Tags": ["a"]}, "web-2": {"Service": "web", "Tags": ["b"]},
                                  "x": 1})") == ConsulServices{{"web", {"a", "b"}}});
  for (const char* wrong : {"", "[]", "null", "{", "1"}) {
    INFO(wrong);
    CHECK_FALSE(parse_catalog(wrong));
    CHECK_FALSE(parse_agent_services(wrong));
  }
  config::ConsulSdConfig config;
  using Names = std::set<std::string>;
  CHECK(wanted_services(config, *all) == Names{"consul", "db", "odd", "web"});
  config.tags = {"a"};
  CHECK(wanted_services(config, *all) == Names{"db", "web"});
  config.services = {"web", "consul", "none"};
  CHECK(wanted_services(config, *all) == Names{"web"});
  config.tags = {};
  CHECK(wanted_services(config, *all) == Names{"consul", "web"});
}

TEST_CASE("labels of Consul's instances", "[discovery][consul]") {
  config::ConsulSdConfig config;
  const auto targets = parse_health(R"([
    {"Node": {"ID": "1", "Node": "n1", "Address": "10.0.0.1", "Datacenter": "dc1", "Meta": {"rack-id": "r", "n": 1},
              "TaggedAddresses": {"lan": "10.0.0.1", "wan-v4": "1.2.3.4"}},
     "Service": {"ID": "web-1", "Service": "web", "Tags": ["b", "a"], "Address": "", "Port": 8080, "Meta": {"v.1": "x"},
                 "Namespace": "ns", "Partition": "pa"},
     "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "c", "Status": "warning"}]},
    {"Node": {"Node": "n2", "Address": "10.0.0.2"}, "Service": {"ID": "web-2", "Address": "fe80::1", "Port": 0}}])",
                                    "web", config);
  REQUIRE(targets);
  REQUIRE(targets->size() == 2);
  CHECK((*targets)[0] == LabelMap{{"__address__", "10.0.0.1:8080"},
                                  {"__meta_consul_address", "10.0.0.1"},
                                  {"__meta_consul_dc", "dc1"},
                                  {"__meta_consul_health", "warning"},
                                  {"__meta_consul_metadata_rack_id", "r"},
                                  {"__meta_consul_namespace", "ns"},
                                  {"__meta_consul_node", "n1"},
                                  {"__meta_consul_partition", "pa"},
                                  {"__meta_consul_service", "web"},
                                  {"__meta_consul_service_address", ""},
                                  {"__meta_consul_service_id", "web-1"},
                                  {"__meta_consul_service_metadata_v_1", "x"},
                                  {"__meta_consul_service_port", "8080"},
                                  {"__meta_consul_tagged_address_lan", "10.0.0.1"},
                                  {"__meta_consul_tagged_address_wan_v4", "1.2.3.4"},
                                  {"__meta_consul_tags", ",b,a,"}});
  config.datacenter = "mine";
  config.tag_separator = "|";
  const LabelMap other =
      parse_health(R"([{"Service": {"Address": "fe80::1", "Tags": ["x"]}}])", "web", config)->at(0);
  CHECK(other.at("__address__") == "[fe80::1]:0");
  CHECK(other.at("__meta_consul_dc") == "mine");
  CHECK(other.at("__meta_consul_tags") == "|x|");
  CHECK(other.at("__meta_consul_health") == "passing");
  CHECK((*targets)[1].at("__meta_consul_tags") == ",,");
  CHECK(parse_health("[]", "web", config)->empty());
  for (const char* wrong : {"", "{}", "null", "[1]", "[{}", "[{}] x"}) {
    INFO(wrong);
    CHECK_FALSE(parse_health(wrong, "web", config));
  }
}

TEST_CASE("the health of an instance is that of its worst check", "[discovery][consul]") {
  const struct {
    const char* checks;
    const char* want;
  } rows[] = {
      {"", "passing"},
      {R"({"Status": "passing"}, {"Status": "critical"}, {"Status": "warning"})", "critical"},
      {R"({"Status": "critical"}, {"CheckID": "_node_maintenance", "Status": "critical"})", "maintenance"},
      {R"({"CheckID": "_service_maintenance:web", "Status": "critical"})", "maintenance"},
      {R"({"Status": "odd"})", ""},
  };
  for (const auto& row : rows) {
    INFO(row.checks);
    const std::string text = std::string(R"([{"Service": {}, "Checks": [)") + row.checks + "]}]";
    CHECK(parse_health(text, "s", {})->at(0).at("__meta_consul_health") == row.want);
  }
}

TEST_CASE("labels of a Consul agent's instances", "[discovery][consul]") {
  const auto agent = parse_agent(R"({"Config": {"Datacenter": "dc1", "NodeName": "n1", "Revision": 1},
    "Member": {"Addr": "10.0.0.1", "Port": 8301}, "Meta": {"consul-network-segment": "", "rack": "r"}})");
  REQUIRE(agent);
  config::ConsulSdConfig config;
  const auto targets =
      parse_agent_health(R"([{"AggregatedStatus": "passing", "Service": {"ID": "web-1", "Service": "web",
    "Tags": [], "Address": "10.1.0.1", "Port": 80, "Meta": {"k": "v"},
    "TaggedAddresses": {"lan_ipv4": {"Address": "10.1.0.1", "Port": 80}}}, "Checks": []}])",
                         "web", "critical", *agent, config);
  REQUIRE(targets);
  CHECK(*targets == Targets{{{"__address__", "10.1.0.1:80"},
                             {"__meta_consulagent_address", "10.0.0.1"},
                             {"__meta_consulagent_dc", "dc1"},
                             {"__meta_consulagent_health", "critical"},
                             {"__meta_consulagent_metadata_consul_network_segment", ""},
                             {"__meta_consulagent_metadata_rack", "r"},
                             {"__meta_consulagent_node", "n1"},
                             {"__meta_consulagent_service", "web"},
                             {"__meta_consulagent_service_address", "10.1.0.1"},
                             {"__meta_consulagent_service_id", "web-1"},
                             {"__meta_consulagent_service_metadata_k", "v"},
                             {"__meta_consulagent_service_port", "80"},
                             {"__meta_consulagent_tagged_address_lan_ipv4", "10.1.0.1:80"},
                             {"__meta_consulagent_tags", ",,"}}});
  for (const char* wrong : {"", "{}", "[]", "null", R"({"Config": {"NodeName": 1}})"}) {
    INFO(wrong);
    CHECK_FALSE(parse_agent(wrong));
    if (std::string(wrong) != "[]") CHECK_FALSE(parse_agent_health(wrong, "s", "", *agent, config));
  }
}

}  // namespace
}  // namespace lokitail::agent
