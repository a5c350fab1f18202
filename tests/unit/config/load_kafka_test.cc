#include <catch2/catch.hpp>

#include "config/config.h"
#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

using Authentication = KafkaConfig::Authentication;

std::string kafka_job(const std::string& lines) {
  return "clients: [{url: http://loki/p}]\nscrape_configs:\n- job_name: a\n  " + lines;
}
std::string kafka(const std::string& keys) {
  return kafka_job("kafka: {brokers: [b:1], topics: [t], " + keys + "}");
}

KafkaConfig kafka_of(const std::string& text) {
  const Config config = load_good(text);
  REQUIRE(config.scrape_configs.at(0).kafka);
  CHECK(config.scrape_configs[0].has_targets);
  // What is shown of it can be loaded again, where no secret is hidden in it.
  CHECK(to_yaml(load_good(to_yaml(config))) == to_yaml(config));
  return *config.scrape_configs[0].kafka;
}

TEST_CASE("a job that reads Kafka") {
  const KafkaConfig plain = kafka_of(kafka_job("kafka: {brokers: [b:1], topics: [t]}"));
  CHECK(plain.brokers == std::vector<std::string>{"b:1"});
  CHECK(plain.topics.at(0).name == "t");
  CHECK(plain.group_id == "promtail");
  CHECK(plain.assignor == "range");
  CHECK(plain.authentication == Authentication::kNone);
  CHECK_FALSE(plain.use_incoming_timestamp);

  const KafkaConfig full = kafka_of(
      kafka("group_id: g, version: 3.6.0, assignor: sticky, labels: {a: b}, use_incoming_timestamp: true,\n"
            "    authentication: {type: ssl, tls_config: {ca_file: c, server_name: n, min_version: TLS12}}"));
  CHECK(full.group_id == "g");
  CHECK(full.assignor == "sticky");
  CHECK(full.labels == LabelMap{{"a", "b"}});
  CHECK(full.use_incoming_timestamp);
  CHECK(full.authentication == Authentication::kSsl);
  CHECK(full.tls_config.ca_file == "c");
  CHECK(full.tls_config.server_name == "n");

  const KafkaConfig sasl =
      kafka_of(kafka("authentication: {type: sasl, sasl_config: {mechanism: SCRAM-SHA-512, user: u,\n"
                     "    password: hush, use_tls: true, ca_file: c}}"));
  CHECK(sasl.authentication == Authentication::kSasl);
  CHECK(sasl.sasl_mechanism == "SCRAM-SHA-512");
  CHECK(sasl.sasl_user == "u");
  CHECK(sasl.sasl_password.reveal() == "hush");
  CHECK(sasl.sasl_use_tls);
  CHECK(sasl.tls_config.ca_file == "c");
  // What a type does not use does not count.
  CHECK(kafka_of(kafka("authentication: {type: none, sasl_config: {mechanism: x}}")).authentication ==
        Authentication::kNone);
}

TEST_CASE("a password of Kafka's is not shown") {
  const Config config = load_good(
      kafka("authentication: {type: sasl, sasl_config: {mechanism: PLAIN, user: u, password: hush}}"));
  CHECK(to_yaml(config).find("hush") == std::string::npos);
}

TEST_CASE("wrong kafka blocks are refused with place and reason") {
  const ErrorRow rows[] = {
      {"no brokers", kafka_job("kafka: {topics: [t]}"), "f:4:10: no Kafka bootstrap brokers defined"},
      {"no topics", kafka_job("kafka: {brokers: [b]}"), "f:4:10: no topics given to be consumed"},
      {"an empty topic", kafka_job("kafka: {brokers: [b], topics: [t, '']}"),
       "f:4:37: a topic without a name"},
      {"version", kafka("version: two"), "f:4:49: version: expected one like 2.1.1, found \"two\""},
      {"assignor", kafka("assignor: random"),
       "f:4:50: unrecognized consumer group partition assignor: \"random\""},
      {"type", kafka("authentication: {type: tls}"), "f:4:63: unsupported authentication type \"tls\""},
      {"no mechanism", kafka("authentication: {type: sasl, sasl_config: {user: u}}"),
       "f:4:82: error unsupported sasl mechanism: \"\" (expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512)"},
      {"mechanism", kafka("authentication: {type: sasl, sasl_config: {mechanism: GSSAPI}}"),
       "f:4:94: error unsupported sasl mechanism: \"GSSAPI\" (expected PLAIN, SCRAM-SHA-256 or "
       "SCRAM-SHA-512)"},
      {"an own lowest version of TLS", kafka("authentication: {type: ssl, tls_config: {min_version: TLS13}}"),
       "f:4:94: kafka: TLS 1.2 cannot be refused here; OpenSSL's own configuration can do that"},
      {"unknown key", kafka("group: g"), "f:4:40: kafka: unknown key \"group\" (did you mean \"group_id\"?)"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::config
