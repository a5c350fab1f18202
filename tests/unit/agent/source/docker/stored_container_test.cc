#include "agent/source/docker/stored_container.h"

#include <catch2/catch.hpp>

#include <string>

namespace lokitail::agent {
namespace {

// As Docker 20.10 has written them, but for lines broken and with a network and ports.
const char* const kConfig =
    R"json({"StreamConfig":{},"State":{"Running":true,"Paused":false,"Restarting":false,
"OOMKilled":false,"RemovalInProgress":false,"Dead":false,"Pid":16123,"ExitCode":0,"Error":"",
"StartedAt":"2026-11-27T04:15:28.93890247Z","FinishedAt":"0001-01-01T00:00:00Z","Health":null},
"ID":"28b992eb33ade8cea7208002a4540b72acdc3c795f2dbb92da9bb39f50414c62","Created":"2026-11-27T04:15:28.517689107Z",
"Managed":false,"Path":"sh","Args":["-c","echo hi; sleep 1000"],"Config":{"Hostname":"28b992eb33ad","Domainname":"",
"User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"8080/tcp":{}},"Tty":false,
"OpenStdin":false,"StdinOnce":false,"Env":["PATH=/bin"],"Cmd":["sh","-c","echo hi; sleep 1000"],"Image":"bb:1",
"Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":{"com.docker.compose.project":"shop",
"com.docker.compose.service":"web"}},
"Image":"sha256:dfb3455dc43bb931dc8f0b7fbdcd314b266e4f8da2c5c3360956ce521fd46357","NetworkSettings":{"Bridge":"",
"SandboxID":"f9d6aa58c22021a5dd1ddb94d7fb3febd814675c947279d88ea584804d96db0d","HairpinMode":false,
"LinkLocalIPv6Address":"","LinkLocalIPv6PrefixLen":0,"Networks":{"shop_net":{"IPAMConfig":null,"Links":null,
"Aliases":null,"NetworkID":"2185f553736fcd5b780ad5a580d599842dbae71a957f2848f88e2be6fada93ac",
"EndpointID":"ac7953249f375b2d3847a9e6d3af6614dae971ce4459956baffb4ff1c909e418","Gateway":"172.18.0.1",
"IPAddress":"172.18.0.2","IPPrefixLen":16,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,
"MacAddress":"","DriverOpts":null,"IPAMOperational":false}},"Service":null,
"Ports":{"53/udp":null,"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}]},
"SandboxKey":"/var/run/docker/netns/f9d6aa58c220","SecondaryIPAddresses":null,"SecondaryIPv6Addresses":null,
"IsAnonymousEndpoint":false,"HasSwarmEndpoint":false},
"LogPath":"/var/lib/docker/containers/28b992eb33ad/28b992eb33ad-json.log","Name":"/web","Driver":"overlay2",
"OS":"linux","RestartCount":0,"HasBeenStartedBefore":true,"HasBeenManuallyStopped":false,"MountPoints":{},
"LocalLogCacheMeta":{"HaveNotifyEnabled":false}})json"
    "\n";
const char* const kHostConfig =
    R"json({"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{}},
"NetworkMode":"shop_net","PortBindings":{},"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":false,
"ShmSize":67108864,"Runtime":"runc","ConsoleSize":[0,0]})json";

std::string state_of(const std::string& state) {
  const auto stored = parse_stored_container(R"({"ID":"a","State":{)" + state + "}}", "{}");
  return stored ? stored->listed.state : "none";
}

TEST_CASE("what the engine keeps of a container says what the engine says", "[docker]") {
  const auto stored = parse_stored_container(kConfig, kHostConfig);
  REQUIRE(stored);
  CHECK(stored->details.log_driver == "json-file");
  CHECK(stored->details.log_path == "/var/lib/docker/containers/28b992eb33ad/28b992eb33ad-json.log");
  CHECK_FALSE(stored->details.has_terminal);
  CHECK(stored->details.runs);
  CHECK(stored->started_at == "2026-11-27T04:15:28.93890247Z");
  CHECK(stored->listed.runs());
  const config::LabelMap labels = container_labels(
      stored->listed, [](std::string_view) { return nullptr; }, {}, config::DockerSdConfig());
  CHECK(labels == config::LabelMap{{"__address__", "172.18.0.2:80"},
                                   {"__meta_docker_container_id",
                                    "28b992eb33ade8cea7208002a4540b72acdc3c795f2dbb92da9bb39f50414c62"},
                                   {"__meta_docker_container_image", "bb:1"},
                                   {"__meta_docker_container_label_com_docker_compose_project", "shop"},
                                   {"__meta_docker_container_label_com_docker_compose_service", "web"},
                                   {"__meta_docker_container_name", "/web"},
                                   {"__meta_docker_container_network_mode", "shop_net"},
                                   {"__meta_docker_network_id",
                                    "2185f553736fcd5b780ad5a580d599842dbae71a957f2848f88e2be6fada93ac"},
                                   {"__meta_docker_network_ip", "172.18.0.2"},
                                   {"__meta_docker_network_name", "shop_net"},
                                   {"__meta_docker_port_private", "80"},
                                   {"__meta_docker_port_public", "8080"},
                                   {"__meta_docker_port_public_ip", "0.0.0.0"}});
}

TEST_CASE("the states of containers, by their files", "[docker]") {
  const std::string started = R"("StartedAt":"2026-11-27T04:15:28.93890247Z")";
  CHECK(state_of(R"("StartedAt":"0001-01-01T00:00:00Z")") == "created");
  CHECK(state_of("") == "created");
  CHECK(state_of(started) == "exited");
  CHECK(state_of(R"("Running":true)") == "running");
  CHECK(state_of(R"("Running":true,"Paused":true)") == "paused");
  CHECK(state_of(R"("Running":true,"Restarting":true)") == "restarting");
  CHECK(state_of(started + R"(,"RemovalInProgress":true)") == "removing");
  CHECK(state_of(started + R"(,"Dead":true)") == "dead");
}

TEST_CASE("texts that are no container, and half of one", "[docker]") {
  const std::string whole = kConfig;
  for (std::size_t size = 0; size + 2 < whole.size(); size += 7) {
    INFO(size);
    CHECK_FALSE(parse_stored_container(whole.substr(0, size), kHostConfig));
  }
  CHECK_FALSE(parse_stored_container(kConfig, ""));
  CHECK_FALSE(parse_stored_container(kConfig, "[]"));
  CHECK_FALSE(parse_stored_container("{}", "{}"));
  CHECK_FALSE(parse_stored_container(R"({"ID":"a"})", "{}"));
  CHECK_FALSE(parse_stored_container(R"({"ID":5,"State":{}})", "{}"));
  // What is of another kind is as good as missing.
  const auto odd = parse_stored_container(
      R"({"ID":"a","State":{},"Name":7,"Config":[],"NetworkSettings":{"Networks":[],"Ports":{"x":1,"70000/tcp":null,)"
      R"("/tcp":null,"81":[{"HostPort":5}]}}})",
      R"({"LogConfig":"json-file","NetworkMode":null})");
  REQUIRE(odd);
  CHECK(odd->listed.names.empty());
  CHECK(odd->details.log_driver.empty());
  REQUIRE(odd->listed.ports.size() == 1);
  CHECK(odd->listed.ports[0].inside == 81);
  CHECK(odd->listed.ports[0].outside == 0);
}

}  // namespace
}  // namespace lokitail::agent
