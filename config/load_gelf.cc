// The `gelf` block of a scrape config.

#include "config/blocks.h"

namespace lokitail::config {

GelfConfig read_gelf(const Node& node, Warnings& warnings) {
  GelfConfig config;
  config.place = node.place();
  Fields fields(node, "gelf", kRefuseUnknown, warnings);
  const Node* const address = fields.find("listen_address");
  set(config.listen_address, address);
  set(config.labels, fields.find("labels"));
  set(config.use_incoming_timestamp, fields.find("use_incoming_timestamp"));
  fields.finish();
  if (config.listen_address.rfind(':') == std::string::npos) {
    throw address->error("listen_address: expected host:port, found \"" + config.listen_address + "\"");
  }
  return config;
}

}  // namespace lokitail::config
