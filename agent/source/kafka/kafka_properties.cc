#include "agent/source/kafka/kafka_properties.h"

namespace lokitail::agent {
namespace {

using Authentication = config::KafkaConfig::Authentication;
using Properties = std::vector<std::pair<std::string, std::string>>;

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

void add_given(Properties& out, const char* name, const std::string& value) {
  if (!value.empty()) out.emplace_back(name, value);
}

void add_tls(Properties& out, const config::TlsConfig& tls) {
  add_given(out, "ssl.ca.pem", tls.ca);
  add_given(out, "ssl.ca.location", tls.ca_file);
  add_given(out, "ssl.certificate.pem", tls.cert);
  add_given(out, "ssl.certificate.location", tls.cert_file);
  add_given(out, "ssl.key.pem", tls.key.reveal());
  add_given(out, "ssl.key.location", tls.key_file);
  if (tls.insecure_skip_verify) {
    out.emplace_back("enable.ssl.certificate.verification", "false");
    out.emplace_back("ssl.endpoint.identification.algorithm", "none");
  } else {
    // Another name than the broker's is checked by the consumer.
    out.emplace_back("ssl.endpoint.identification.algorithm", tls.server_name.empty() ? "https" : "none");
  }
}

std::string security_protocol(const config::KafkaConfig& config) {
  switch (config.authentication) {
    case Authentication::kNone:
      return "plaintext";
    case Authentication::kSsl:
      return "ssl";
    case Authentication::kSasl:
      return config.sasl_use_tls ? "sasl_ssl" : "sasl_plaintext";
  }
  return "plaintext";
}

// The one that librdkafka has of sticky assignors is cooperative.
std::string assignor(const std::string& name) { return name == "sticky" ? "cooperative-sticky" : name; }

}  // namespace

bool kafka_uses_tls(const config::KafkaConfig& config) {
  return config.authentication == Authentication::kSsl ||
         (config.authentication == Authentication::kSasl && config.sasl_use_tls);
}

Properties kafka_properties(const config::KafkaConfig& config) {
  Properties out = {
      {"bootstrap.servers", joined(config.brokers)},
      {"group.id", config.group_id},
      {"client.id", "lokitail"},
      {"partition.assignment.strategy", assignor(config.assignor)},
      {"auto.offset.reset", "earliest"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"isolation.level", "read_uncommitted"},
      {"session.timeout.ms", "10000"},
      {"heartbeat.interval.ms", "3000"},
      // New partitions are seen as soon as new topics.
      {"topic.metadata.refresh.interval.ms", "30000"},
      {"socket.keepalive.enable", "true"},
      // What is fetched ahead is memory: of all partitions together, and of one answer.
      {"queued.max.messages.kbytes", "2048"},
      {"fetch.max.bytes", "2097152"},
      {"security.protocol", security_protocol(config)},
  };
  if (config.authentication == Authentication::kSasl) {
    out.emplace_back("sasl.mechanisms", config.sasl_mechanism);
    out.emplace_back("sasl.username", config.sasl_user);
    out.emplace_back("sasl.password", config.sasl_password.reveal());
  }
  if (kafka_uses_tls(config)) add_tls(out, config.tls_config);
  return out;
}

}  // namespace lokitail::agent
