// An item of `scrape_configs`.

#include "config/blocks.h"

namespace lokitail::config {
namespace {

void refuse_other_targets(Fields& fields) {
  fields.not_yet({"file_sd_configs",
                  "kubernetes_sd_configs",
                  "consul_sd_configs",
                  "consulagent_sd_configs",
                  "dns_sd_configs",
                  "digitalocean_sd_configs",
                  "dockerswarm_sd_configs",
                  "serverset_sd_configs",
                  "nerve_sd_configs",
                  "marathon_sd_configs",
                  "gce_sd_configs",
                  "ec2_sd_configs",
                  "openstack_sd_configs",
                  "azure_sd_configs",
                  "triton_sd_configs",
                  "docker_sd_configs",
                  "journal",
                  "syslog",
                  "gcplog",
                  "loki_push_api",
                  "windows_events",
                  "kafka",
                  "azure_event_hubs",
                  "gelf",
                  "cloudflare",
                  "heroku_drain"});
}

StaticConfig read_static(const Node& node, Warnings& warnings) {
  StaticConfig config;
  Fields fields(node, "static_configs", kRefuseUnknown, warnings);
  if (const Node* targets = fields.find("targets")) config.targets = read_text_list(*targets);
  set(config.labels, fields.find("labels"));
  fields.finish();
  return config;
}

void check_encoding(const Node* node) {
  if (node && !read_text(*node).empty()) {
    throw node->error("encoding is not supported by lokitail yet");
  }
}

void check_decompression(const Node* node, Warnings& warnings) {
  if (!node) return;
  Fields fields(*node, "decompression", kRefuseUnknown, warnings);
  not_yet_when_true(fields, "enabled", "decompression");
  skip(fields, {"initial_delay", "format"});
  fields.finish();
}

}  // namespace

void read_scrape(const Node& node, ScrapeConfig& scrape, Warnings& warnings) {
  scrape.place = node.place();
  Fields fields(node, "scrape config", kRefuseUnknown, warnings);
  set(scrape.job_name, fields.find("job_name"));
  for_each_item(fields.find("relabel_configs"), "relabel_configs", warnings, [&](const Node& item) {
    RelabelConfig rule;
    read_relabel(item, rule, warnings);
    scrape.relabel_configs.push_back(std::move(rule));
  });
  for_each_item(fields.find("static_configs"), "static_configs", warnings, [&](const Node& item) {
    scrape.static_configs.push_back(read_static(item, warnings));
  });
  if (const Node* stages = fields.find("pipeline_stages")) {
    if (!stages->is_sequence()) {
      throw stages->error("pipeline_stages: expected a list, found " + stages->describe());
    }
    scrape.pipeline_stages = *stages;
  }
  check_encoding(fields.find("encoding"));
  check_decompression(fields.find("decompression"), warnings);
  refuse_other_targets(fields);
  fields.finish();

  if (scrape.job_name.empty()) throw node.error("job_name is empty");
  scrape.has_targets = !scrape.static_configs.empty();
}

}  // namespace lokitail::config
