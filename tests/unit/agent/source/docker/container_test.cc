#include "agent/source/docker/container.h"

#include <catch2/catch.hpp>

#include "agent/http/url.h"
#include "agent/source/docker/engine_client.h"

namespace lokitail::agent {
namespace {

using config::LabelMap;

// As engines answer, shortened.
const char* const kContainers = R"json([
{"Id":"c1","Names":["/shop_web_1","/other/alias"],"Image":"nginx","State":"running","Status":"Up 2 hours",
 "Ports":[{"PrivatePort":53,"Type":"udp"},{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"}],
 "Labels":{"com.docker.compose.service":"web","a-b":"c"},"HostConfig":{"NetworkMode":"shop_net"},
 "NetworkSettings":{"Networks":{"bridge":{"NetworkID":"n1","IPAddress":"172.17.0.2"},
                                "shop_net":{"NetworkID":"n2","IPAddress":"172.18.0.2"}}}},
{"Id":"c2","Names":["/sidecar"],"State":"running","Ports":[],"Labels":null,
 "HostConfig":{"NetworkMode":"container:c1"},"NetworkSettings":{"Networks":{}}},
{"Id":"c3","Names":["/host"],"State":"exited","Ports":[],"Labels":{},"HostConfig":{"NetworkMode":"host"},
 "NetworkSettings":{"Networks":{"host":{"NetworkID":"n3","IPAddress":""}}}},
{"Id":"c4","Names":["/none"],"State":"paused","HostConfig":{"NetworkMode":"none"}}
])json";

const char* const kNetworks = R"json([
{"Name":"bridge","Id":"n1","Scope":"local","Internal":false,"Ingress":false,"Labels":{}},
{"Name":"shop_net","Id":"n2","Scope":"local","Internal":true,"Ingress":false,"Labels":{"x.y":"z"}}
])json";

FindContainer find_in(const std::vector<ListedContainer>& all) {
  return [&all](std::string_view id) -> const ListedContainer* {
    for (const ListedContainer& container : all) {
      if (container.id == id) return &container;
    }
    return nullptr;
  };
}

TEST_CASE("containers' labels are those of Promtail's first target", "[docker]") {
  const auto all = parse_containers(kContainers);
  const auto networks = parse_networks(kNetworks);
  REQUIRE(all);
  REQUIRE(all->size() == 4);
  REQUIRE(networks);
  config::DockerSdConfig config;
  const LabelMap shop = {
      {"__meta_docker_network_id", "n2"},         {"__meta_docker_network_name", "shop_net"},
      {"__meta_docker_network_scope", "local"},   {"__meta_docker_network_internal", "true"},
      {"__meta_docker_network_ingress", "false"}, {"__meta_docker_network_label_x_y", "z"},
      {"__meta_docker_network_ip", "172.18.0.2"}};
  LabelMap web = {{"__address__", "172.18.0.2:80"},
                  {"__meta_docker_container_id", "c1"},
                  {"__meta_docker_container_name", "/shop_web_1"},
                  {"__meta_docker_container_image", "nginx"},
                  {"__meta_docker_container_network_mode", "shop_net"},
                  {"__meta_docker_container_label_com_docker_compose_service", "web"},
                  {"__meta_docker_container_label_a_b", "c"},
                  {"__meta_docker_port_private", "80"},
                  {"__meta_docker_port_public", "8080"},
                  {"__meta_docker_port_public_ip", "0.0.0.0"}};
  web.insert(shop.begin(), shop.end());
  CHECK(container_labels((*all)[0], find_in(*all), *networks, config) == web);
  // It has the network of the one that it shares it with.
  const LabelMap sidecar = container_labels((*all)[1], find_in(*all), *networks, config);
  CHECK(sidecar.at("__meta_docker_network_name") == "shop_net");
  CHECK(sidecar.at("__address__") == "172.18.0.2:80");
  config.port = 99;
  CHECK(container_labels((*all)[1], find_in(*all), *networks, config).at("__address__") == "172.18.0.2:99");
  config.host_networking_host = "here";
  CHECK(container_labels((*all)[2], find_in(*all), *networks, config).at("__address__") == "here");
  CHECK_FALSE((*all)[2].runs());
  // Promtail leaves it out.
  CHECK(container_labels((*all)[3], find_in(*all), *networks, config) ==
        LabelMap{{"__meta_docker_container_id", "c4"},
                 {"__meta_docker_container_name", "/none"},
                 {"__meta_docker_container_network_mode", "none"}});
  CHECK((*all)[3].runs());
  config.match_first_network = false;
  CHECK(container_labels((*all)[0], find_in(*all), *networks, config).at("__meta_docker_network_name") ==
        "bridge");
  // What its own entry says is known where networks cannot be asked for.
  const LabelMap alone = container_labels((*all)[0], find_in(*all), {}, config);
  CHECK(alone.at("__meta_docker_network_id") == "n1");
  CHECK(alone.at("__meta_docker_network_name") == "bridge");
  CHECK(alone.count("__meta_docker_network_scope") == 0);
}

TEST_CASE("of several ports the smallest counts, and containers that share a network in a ring have none",
          "[docker]") {
  const auto all = parse_containers(R"json([
    {"Id":"p","Ports":[{"PrivatePort":9000,"Type":"tcp"},{"PrivatePort":8080,"PublicPort":1,"IP":"::","Type":"tcp"}],
     "NetworkSettings":{"Networks":{"n":{"IPAddress":"10.0.0.1"}}}},
    {"Id":"a","HostConfig":{"NetworkMode":"container:b"}},{"Id":"b","HostConfig":{"NetworkMode":"container:a"}}])json");
  REQUIRE(all);
  const LabelMap labels = container_labels((*all)[0], find_in(*all), {}, {});
  CHECK(labels.at("__address__") == "10.0.0.1:8080");
  CHECK(labels.at("__meta_docker_port_public_ip") == "::");
  CHECK(container_labels((*all)[1], find_in(*all), {}, {}).count("__address__") == 0);
}

TEST_CASE("a container's page, and events of all ages", "[docker]") {
  const auto details =
      parse_details(R"({"State":{"Running":true},"LogPath":"/l/c-json.log","Config":{"Tty":true},)"
                    R"("HostConfig":{"LogConfig":{"Type":"json-file","Config":{}}}})"
                    "\n");
  REQUIRE(details);
  CHECK(details->log_driver == "json-file");
  CHECK(details->log_path == "/l/c-json.log");
  CHECK(details->has_terminal);
  CHECK(details->runs);
  const auto event =
      parse_event(R"({"status":"start","id":"c1","Type":"container","Action":"start","Actor":{"ID":"c1"}})");
  REQUIRE(event);
  CHECK(event->action == "start");
  CHECK(event->id == "c1");
  CHECK(parse_event(R"({"status":"die","id":"c2"})")->action == "die");
  for (const char* text : {"", "{", "[]", "null", "{\"Action\":1}"}) CHECK_FALSE(parse_event(text));
  CHECK_FALSE(parse_containers("{\"message\":\"no\"}"));
  CHECK(parse_containers("[]\n")->empty());
  CHECK(parse_containers("[1,{\"Id\":5},null]")->empty());
  CHECK(error_message("{\"message\":\"page not found\"}\n") == "page not found");
}

TEST_CASE("the version that both sides speak", "[docker]") {
  CHECK(negotiated_version("1.41") == "1.41");
  CHECK(negotiated_version("") == "1.24");
  CHECK(negotiated_version("9.1") == "1.52");
  CHECK(negotiated_version("1.9") == "1.9");  // not newer than 1.24
  CHECK(version_asked_for(
            R"({"message":"client version 1.52 is too new. Maximum supported API version is 1.41"})") ==
        "1.41");
  CHECK(version_asked_for(
            "client version 1.24 is too old. Minimum supported API version is 1.44, please upgrade") ==
        "1.44");
  CHECK(version_asked_for("{\"message\":\"invalid filter\"}").empty());
  CHECK(http::percent_encode("{\"a\":[1]}~") == "%7B%22a%22%3A%5B1%5D%7D~");
}

}  // namespace
}  // namespace lokitail::agent
