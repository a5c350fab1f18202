#include "agent/source/kafka/kafka_properties.h"

#include <catch2/catch.hpp>

#include <map>

#include "agent/source/kafka/kafka_library.h"

namespace lokitail::agent {
namespace {

using Authentication = config::KafkaConfig::Authentication;

std::map<std::string, std::string> properties_of(const config::KafkaConfig& config) {
  const auto all = kafka_properties(config);
  return {all.begin(), all.end()};
}

config::KafkaConfig plain() {
  config::KafkaConfig config;
  config.brokers = {"a:9092", "b:9092"};
  return config;
}

TEST_CASE("what Promtail's keys are to librdkafka", "[kafka]") {
  config::KafkaConfig config = plain();
  auto properties = properties_of(config);
  CHECK(properties["bootstrap.servers"] == "a:9092,b:9092");
  CHECK(properties["group.id"] == "promtail");
  CHECK(properties["partition.assignment.strategy"] == "range");
  CHECK(properties["auto.offset.reset"] == "earliest");
  CHECK(properties["enable.auto.commit"] == "false");
  CHECK(properties["enable.auto.offset.store"] == "false");
  CHECK(properties["security.protocol"] == "plaintext");
  CHECK_FALSE(properties.contains("sasl.mechanisms"));
  config.assignor = "sticky";
  CHECK(properties_of(config)["partition.assignment.strategy"] == "cooperative-sticky");
}

TEST_CASE("how brokers are trusted, and told who comes", "[kafka]") {
  config::KafkaConfig config = plain();
  config.authentication = Authentication::kSsl;
  config.tls_config.ca_file = "/ca";
  config.tls_config.cert = "C";
  config.tls_config.key = config::Secret("K");
  auto ssl = properties_of(config);
  CHECK(ssl["security.protocol"] == "ssl");
  CHECK(ssl["ssl.ca.location"] == "/ca");
  CHECK(ssl["ssl.certificate.pem"] == "C");
  CHECK(ssl["ssl.key.pem"] == "K");
  CHECK(ssl["ssl.endpoint.identification.algorithm"] == "https");
  CHECK_FALSE(ssl.contains("enable.ssl.certificate.verification"));

  config.authentication = Authentication::kSasl;
  config.sasl_mechanism = "SCRAM-SHA-512";
  config.sasl_user = "u";
  config.sasl_password = config::Secret("p");
  auto sasl = properties_of(config);
  CHECK(sasl["security.protocol"] == "sasl_plaintext");
  CHECK(sasl["sasl.mechanisms"] == "SCRAM-SHA-512");
  CHECK(sasl["sasl.username"] == "u");
  CHECK(sasl["sasl.password"] == "p");
  CHECK_FALSE(sasl.contains("ssl.ca.location"));
  config.sasl_use_tls = true;
  config.tls_config.insecure_skip_verify = true;
  sasl = properties_of(config);
  CHECK(sasl["security.protocol"] == "sasl_ssl");
  CHECK(sasl["enable.ssl.certificate.verification"] == "false");
  config.tls_config.insecure_skip_verify = false;
  config.tls_config.server_name = "other";
  CHECK(properties_of(config)["ssl.endpoint.identification.algorithm"] == "none");
}

TEST_CASE("librdkafka knows all of these properties", "[kafka]") {
  std::string problem;
  const KafkaLibrary* const library = load_kafka_library(problem);
  if (library == nullptr) {
    WARN("SKIPPED: " << problem);
    return;
  }
  config::KafkaConfig config = plain();
  config.authentication = Authentication::kSasl;
  config.sasl_mechanism = "SCRAM-SHA-256";
  config.sasl_user = "u";
  config.sasl_password = config::Secret("p");
  config.sasl_use_tls = true;
  config.tls_config.ca_file = "/ca";
  config.tls_config.cert_file = "/cert";
  config.tls_config.key_file = "/key";
  for (const char* const assignor : {"range", "roundrobin", "sticky"}) {
    config.assignor = assignor;
    rd_kafka_conf_t* const conf = library->conf_new_();
    for (const auto& [name, value] : kafka_properties(config)) {
      char reason[256] = "";
      INFO(name);
      CHECK(library->conf_set_(conf, name.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK);
      INFO(reason);
    }
    library->conf_destroy_(conf);
  }
}

}  // namespace
}  // namespace lokitail::agent
