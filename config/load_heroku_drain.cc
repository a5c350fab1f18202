// The `heroku_drain` block of a scrape config.

#include "config/blocks.h"

namespace lokitail::config {

HerokuDrainConfig read_heroku_drain(const Node& node, Warnings& warnings) {
  HerokuDrainConfig config;
  config.place = node.place();
  config.server.http_listen_port = 0;  // any that is free
  Fields fields(node, "heroku_drain", kRefuseUnknown, warnings);
  if (const Node* server = fields.find("server")) read_server(*server, config.server, warnings);
  set(config.labels, fields.find("labels"));
  set(config.use_incoming_timestamp, fields.find("use_incoming_timestamp"));
  fields.finish();
  return config;
}

}  // namespace lokitail::config
