// The `kafka` block of a scrape config.

#include <algorithm>
#include <array>
#include <cctype>

#include "config/blocks.h"
#include "config/nearest.h"

namespace lokitail::config {
namespace {

using Authentication = KafkaConfig::Authentication;

// Three or four numbers with dots between them.
bool is_version(std::string_view text) {
  int numbers = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dot = text[i] == '.';
    if (is_dot && (i == 0 || text[i - 1] == '.')) return false;
    if (!is_dot && std::isdigit(static_cast<unsigned char>(text[i])) == 0) return false;
    numbers += is_dot ? 1 : 0;
  }
  return (numbers == 3 || numbers == 4) && text.back() != '.';
}

// Of the brokers. They are asked what they speak, so all that matters is that it is one.
void read_version(const Node* node, std::string& version) {
  if (!node) return;
  set(version, node);
  if (!is_version(version)) {
    throw node->error("version: expected one like 2.1.1, found \"" + version + "\"");
  }
}

void read_brokers(const Node* node, std::vector<std::string>& brokers) {
  if (!node) return;
  brokers = read_text_list(*node);
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    if (brokers[i].empty()) throw node->items()[i].error("a broker without a name");
  }
}

void read_topics(const Node* node, std::vector<KafkaConfig::Topic>& topics) {
  if (!node) return;
  const auto names = read_text_list(*node);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Place& place = node->items()[i].place();
    if (names[i].empty()) throw Error(place, "a topic without a name");
    topics.push_back({names[i], place});
  }
}

// Neither can be had from librdkafka, whose lowest is what OpenSSL is set up for on this machine.
void refuse_tls_versions(Fields& fields, const TlsConfig& tls) {
  if (tls.min_version == "TLS13") {
    throw fields.find("min_version")
        ->error(
            "kafka: TLS 1.2 cannot be refused here; OpenSSL's own "
            "configuration can do that");
  }
  if (!tls.max_version.empty() && tls.max_version != "TLS13") {
    throw fields.find("max_version")->error("kafka: TLS 1.3 cannot be refused");
  }
}

void read_kafka_tls(const Node& node, TlsConfig& tls, Warnings& warnings) {
  Fields fields(node, "tls_config", kRefuseUnknown, warnings);
  read_tls(fields, tls);
  refuse_tls_versions(fields, tls);
  fields.finish();
}

void read_sasl(const Node& node, KafkaConfig& config, Warnings& warnings) {
  Fields fields(node, "sasl_config", kRefuseUnknown, warnings);
  const Node* const mechanism = fields.find("mechanism");
  set(config.sasl_mechanism, mechanism);
  set(config.sasl_user, fields.find("user"));
  set(config.sasl_password, fields.find("password"));
  set(config.sasl_use_tls, fields.find("use_tls"));
  read_tls(fields, config.tls_config);
  refuse_tls_versions(fields, config.tls_config);
  fields.finish();
  // As Promtail, which has a default and does not take it.
  static constexpr std::array<std::string_view, 3> kMechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
  if (std::ranges::find(kMechanisms, config.sasl_mechanism) == kMechanisms.end()) {
    throw(mechanism ? *mechanism : node)
        .error("error unsupported sasl mechanism: \"" + config.sasl_mechanism +
               "\" (expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512)" +
               did_you_mean(config.sasl_mechanism, kMechanisms));
  }
}

void read_authentication(const Node& node, KafkaConfig& config, Warnings& warnings) {
  Fields fields(node, "authentication", kRefuseUnknown, warnings);
  std::string type = "none";
  set_choice(type, fields.find("type"), {"none", "ssl", "sasl", ""}, "unsupported authentication type");
  const Node* const tls = fields.find("tls_config");
  const Node* const sasl = fields.find("sasl_config");
  fields.finish();
  // What the type does not use does not count.
  if (type == "ssl") {
    config.authentication = Authentication::kSsl;
    if (tls) read_kafka_tls(*tls, config.tls_config, warnings);
  } else if (type == "sasl") {
    config.authentication = Authentication::kSasl;
    read_sasl(sasl ? *sasl : node, config, warnings);
  }
}

}  // namespace

KafkaConfig read_kafka(const Node& node, Warnings& warnings) {
  KafkaConfig config;
  config.place = node.place();
  Fields fields(node, "kafka", kRefuseUnknown, warnings);
  read_brokers(fields.find("brokers"), config.brokers);
  read_topics(fields.find("topics"), config.topics);
  set(config.group_id, fields.find("group_id"));
  read_version(fields.find("version"), config.version);
  set_choice(config.assignor, fields.find("assignor"), {"range", "sticky", "roundrobin", ""},
             "unrecognized consumer group partition assignor:");
  if (const Node* authentication = fields.find("authentication")) {
    read_authentication(*authentication, config, warnings);
  }
  set(config.labels, fields.find("labels"));
  set(config.use_incoming_timestamp, fields.find("use_incoming_timestamp"));
  fields.finish();
  if (config.brokers.empty()) throw node.error("no Kafka bootstrap brokers defined");
  if (config.topics.empty()) throw node.error("no topics given to be consumed");
  if (config.group_id.empty()) config.group_id = "promtail";
  if (config.assignor.empty()) config.assignor = "range";
  return config;
}

}  // namespace lokitail::config
