// An item of `http_sd_configs`.

#include "config/blocks.h"

namespace lokitail::config {

HttpSdConfig read_http_sd(const Node& node, Warnings& warnings) {
  HttpSdConfig config;
  Fields fields(node, "http_sd_configs", kRefuseUnknown, warnings);
  set_url(config.url, fields.find("url"));
  set_refresh_interval(config.refresh_interval, fields);
  read_http_client(fields, config.http, warnings);
  fields.finish();
  if (config.url.empty()) throw node.error("http_sd_configs: URL is missing");
  return config;
}

}  // namespace lokitail::config
