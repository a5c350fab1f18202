// The `loki_push_api` block of a scrape config.

#include "config/blocks.h"

namespace lokitail::config {

PushApiConfig read_push_api(const Node& node, Warnings& warnings) {
  PushApiConfig config;
  config.place = node.place();
  config.server.http_listen_port = 0;  // any that is free
  Fields fields(node, "loki_push_api", kRefuseUnknown, warnings);
  if (const Node* server = fields.find("server")) read_server(*server, config.server, warnings);
  set(config.labels, fields.find("labels"));
  set(config.use_incoming_timestamp, fields.find("use_incoming_timestamp"));
  set(config.keep_tenant, fields.find("keep_tenant"));
  const Node* const size = fields.find("max_send_msg_size");
  set_bytes(config.max_send_msg_size, size);
  fields.finish();
  if (config.max_send_msg_size == 0) throw size->error("max_send_msg_size: expected at least one byte");
  return config;
}

}  // namespace lokitail::config
