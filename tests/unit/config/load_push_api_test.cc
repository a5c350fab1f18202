#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

std::string push_api_job(const std::string& keys) {
  return kClients + "scrape_configs:\n- job_name: j\n  loki_push_api: {" + keys + "}\n";
}

TEST_CASE("a job that takes pushes") {
  const Config defaults = load_good(push_api_job(""));
  const auto& plain = defaults.scrape_configs[0].push_api;
  REQUIRE(plain);
  CHECK(defaults.scrape_configs[0].has_targets);
  CHECK(plain->server.http_listen_port == 0);
  CHECK_FALSE(plain->use_incoming_timestamp);
  CHECK_FALSE(plain->keep_tenant);
  CHECK(plain->max_send_msg_size == 100u << 20);

  const Config config = load_good(
      push_api_job("server: {http_listen_port: 3500, grpc_listen_port: 3600}, labels: {a: b},\n"
                   "    use_incoming_timestamp: true, keep_tenant: true, max_send_msg_size: 1048576"));
  const auto& push = config.scrape_configs[0].push_api;
  REQUIRE(push);
  CHECK(push->server.http_listen_port == 3500);
  CHECK(push->labels == LabelMap{{"a", "b"}});
  CHECK(push->use_incoming_timestamp);
  CHECK(push->keep_tenant);
  CHECK(push->max_send_msg_size == 1u << 20);
  CHECK(to_yaml(load_good(to_yaml(config))) == to_yaml(config));
}

TEST_CASE("keys of pushes that are wrong") {
  CHECK_THAT(load_error(push_api_job("labls: {a: b}")),
             Catch::Contains("f:4:19:") && Catch::Contains("labels"));
  CHECK_THAT(load_error(push_api_job("max_send_msg_size: 0")), Catch::Contains("expected at least one byte"));
  CHECK_THAT(load_error(push_api_job("server: {http_listen_port: 70000}")),
             Catch::Contains("expected a port"));
}

}  // namespace
}  // namespace lokitail::config
