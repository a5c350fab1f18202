#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

std::string received_job(const std::string& block) {
  return kClients + "scrape_configs:\n- job_name: j\n  " + block + "\n";
}

TEST_CASE("jobs that take GELF and what Heroku drains post") {
  const Config gelf = load_good(received_job("gelf: {}"));
  REQUIRE(gelf.scrape_configs[0].gelf);
  CHECK(gelf.scrape_configs[0].has_targets);
  CHECK(gelf.scrape_configs[0].gelf->listen_address == ":12201");
  const Config more =
      load_good(received_job("gelf: {listen_address: 'h:1', labels: {a: b}, use_incoming_timestamp: true}"));
  CHECK(more.scrape_configs[0].gelf->listen_address == "h:1");
  CHECK(more.scrape_configs[0].gelf->labels == LabelMap{{"a", "b"}});
  CHECK(more.scrape_configs[0].gelf->use_incoming_timestamp);
  CHECK(to_yaml(load_good(to_yaml(more))) == to_yaml(more));
  const Config drain =
      load_good(received_job("heroku_drain: {server: {http_listen_port: 8080}, labels: {a: b}}"));
  REQUIRE(drain.scrape_configs[0].heroku_drain);
  CHECK(drain.scrape_configs[0].has_targets);
  CHECK(drain.scrape_configs[0].heroku_drain->server.http_listen_port == 8080);
  CHECK(to_yaml(load_good(to_yaml(drain))) == to_yaml(drain));
}

TEST_CASE("keys of GELF and Heroku drains that are wrong") {
  CHECK_THAT(load_error(received_job("gelf: {listen_adress: ':1'}")), Catch::Contains("listen_address"));
  CHECK_THAT(load_error(received_job("gelf: {listen_address: '12201'}")),
             Catch::Contains("expected host:port"));
  CHECK_THAT(load_error(received_job("heroku_drain: {server: {port: 1}}")), Catch::Contains("f:4:"));
}

}  // namespace
}  // namespace lokitail::config
