// The `syslog` block of a scrape config.

#include "config/blocks.h"

namespace lokitail::config {

SyslogConfig read_syslog(const Node& node, Warnings& warnings) {
  SyslogConfig config;
  config.place = node.place();
  Fields fields(node, "syslog", kRefuseUnknown, warnings);
  const Node* const address = fields.find("listen_address");
  set(config.listen_address, address);
  set_choice(config.listen_protocol, fields.find("listen_protocol"), {"tcp", "udp"},
             "invalid transport protocol. expected 'tcp' or 'udp', got");
  // Promtail takes any other word for rfc5424.
  set_choice(config.syslog_format, fields.find("syslog_format"), {"rfc5424", "rfc3164"},
             "expected one of rfc5424, rfc3164, found");
  set_positive(config.idle_timeout, fields.find("idle_timeout"), "idle_timeout");
  const Node* const length = fields.find("max_message_length");
  set(config.max_message_length, length);
  set(config.label_structured_data, fields.find("label_structured_data"));
  set(config.use_incoming_timestamp, fields.find("use_incoming_timestamp"));
  set(config.use_rfc5424_message, fields.find("use_rfc5424_message"));
  set(config.labels, fields.find("labels"));
  if (const Node* tls = fields.find("tls_config")) read_tls(*tls, config.tls_config, warnings);
  fields.finish();
  if (config.listen_address.empty()) throw node.error("syslog needs a `listen_address`");
  if (config.listen_address.rfind(':') == std::string::npos) {
    throw address->error("listen_address: expected host:port, found \"" + config.listen_address + "\"");
  }
  if (config.max_message_length == 0) config.max_message_length = 8192;
  if (config.max_message_length < 0) throw length->error("max_message_length must not be negative");
  const TlsConfig& tls = config.tls_config;
  const bool has_tls = !tls.cert_file.empty() || !tls.key_file.empty() || !tls.ca_file.empty();
  if (has_tls && (tls.cert_file.empty() || tls.key_file.empty())) {
    throw node.error("syslog: tls_config needs cert_file and key_file");
  }
  if (has_tls && config.listen_protocol == "udp") throw node.error("syslog: TLS is for TCP");
  return config;
}

}  // namespace lokitail::config
