// An item of `scrape_configs`.

#include <algorithm>
#include <array>

#include "config/blocks.h"
#include "config/nearest.h"
#include "config/text_encoding.h"

namespace lokitail::config {
namespace {

void refuse_other_targets(Fields& fields) {
  fields.not_yet({"dns_sd_configs", "digitalocean_sd_configs", "dockerswarm_sd_configs",
                  "serverset_sd_configs", "nerve_sd_configs", "marathon_sd_configs", "gce_sd_configs",
                  "ec2_sd_configs", "openstack_sd_configs", "azure_sd_configs", "triton_sd_configs"});
}

// What Promtail has and this program will not have.
void refuse_out_of_scope(Fields& fields, Warnings& warnings) {
  for (const std::string_view key : {"azure_event_hubs", "cloudflare", "gcplog", "windows_events"}) {
    const Node* const block = fields.find(key);
    if (block == nullptr) continue;
    const std::string_view in_alloy = key == "windows_events" ? "windowsevent" : key;
    warnings.refuse(block->error(std::string(key) +
                                 " is out of scope: keep what reads it now (Grafana Alloy has loki.source." +
                                 std::string(in_alloy) + "), and let it push to a job with loki_push_api"));
  }
}

StaticConfig read_static(const Node& node, Warnings& warnings) {
  StaticConfig config;
  Fields fields(node, "static_configs", kRefuseUnknown, warnings);
  if (const Node* targets = fields.find("targets")) config.targets = read_text_list(*targets);
  set(config.labels, fields.find("labels"));
  fields.finish();
  return config;
}

// Promtail takes any name, and then reads no file.
void read_encoding(const Node* node, std::string& encoding) {
  set(encoding, node);
  if (encoding.empty() || find_text_encoding(encoding)) return;
  throw node->error("unknown encoding \"" + encoding + "\"" + did_you_mean(encoding, text_encoding_names()));
}

std::optional<DecompressionConfig> read_decompression(const Node& node, Warnings& warnings) {
  DecompressionConfig config;
  bool enabled = false;
  Fields fields(node, "decompression", kRefuseUnknown, warnings);
  set(enabled, fields.find("enabled"));
  set(config.initial_delay, fields.find("initial_delay"));
  const Node* const format = fields.find("format");
  set(config.format, format);
  fields.finish();
  if (!enabled) return std::nullopt;
  const auto formats = decompression_formats();
  if (std::ranges::find(formats, config.format) == formats.end()) {
    throw(format ? *format : node)
        .error("decompression: expected one of the formats gz, z, bz2, xz, zst" +
               (config.format.empty() ? std::string() : ", found \"" + config.format + "\""));
  }
  return config;
}

}  // namespace

std::span<const std::string_view> decompression_formats() {
  static constexpr std::array<std::string_view, 5> kFormats = {"gz", "z", "bz2", "xz", "zst"};
  return kFormats;
}

void read_scrape(const Node& node, ScrapeConfig& scrape, Warnings& warnings) {
  scrape.place = node.place();
  Fields fields(node, "scrape config", kRefuseUnknown, warnings);
  set(scrape.job_name, fields.find("job_name"));
  for_each_item(fields.find("relabel_configs"), "relabel_configs", warnings, [&](const Node& item) {
    RelabelConfig rule;
    read_relabel(item, rule, warnings);
    scrape.relabel_configs.push_back(std::move(rule));
  });
  for_each_item(fields.find("static_configs"), "static_configs", warnings,
                [&](const Node& item) { scrape.static_configs.push_back(read_static(item, warnings)); });
  for_each_item(fields.find("file_sd_configs"), "file_sd_configs", warnings,
                [&](const Node& item) { scrape.file_sd_configs.push_back(read_file_sd(item, warnings)); });
  for_each_item(
      fields.find("kubernetes_sd_configs"), "kubernetes_sd_configs", warnings,
      [&](const Node& item) { scrape.kubernetes_sd_configs.push_back(read_kubernetes_sd(item, warnings)); });
  for_each_item(fields.find("http_sd_configs"), "http_sd_configs", warnings,
                [&](const Node& item) { scrape.http_sd_configs.push_back(read_http_sd(item, warnings)); });
  for_each_item(fields.find("consul_sd_configs"), "consul_sd_configs", warnings, [&](const Node& item) {
    scrape.consul_sd_configs.push_back(read_consul_sd(item, warnings));
  });
  const Node* const agents = fields.find("consulagent_sd_configs");
  for_each_item(agents, "consulagent_sd_configs", warnings, [&](const Node& item) {
    scrape.consulagent_sd_configs.push_back(read_consul_agent_sd(item, warnings));
  });
  if (const Node* stages = fields.find("pipeline_stages")) {
    if (!stages->is_sequence()) {
      throw stages->error("pipeline_stages: expected a list, found " + stages->describe());
    }
    stages->refuse_replaced_keys();
    scrape.pipeline_stages = *stages;
  }
  read_encoding(fields.find("encoding"), scrape.encoding);
  if (const Node* decompression = fields.find("decompression")) {
    scrape.decompression = read_decompression(*decompression, warnings);
  }
  if (const Node* journal = fields.find("journal")) scrape.journal = read_journal(*journal, warnings);
  if (const Node* syslog = fields.find("syslog")) scrape.syslog = read_syslog(*syslog, warnings);
  if (const Node* push = fields.find("loki_push_api")) scrape.push_api = read_push_api(*push, warnings);
  if (const Node* gelf = fields.find("gelf")) scrape.gelf = read_gelf(*gelf, warnings);
  if (const Node* drain = fields.find("heroku_drain"))
    scrape.heroku_drain = read_heroku_drain(*drain, warnings);
  for_each_item(fields.find("docker_sd_configs"), "docker_sd_configs", warnings, [&](const Node& item) {
    scrape.docker_sd_configs.push_back(read_docker_sd(item, warnings));
  });
  if (const Node* kafka = fields.find("kafka")) scrape.kafka = read_kafka(*kafka, warnings);
  std::string spool = "auto";
  set_choice(spool, fields.find("spool"), {"auto", "always"}, "expected one of auto, always, found");
  scrape.spools = spool == "always";
  refuse_other_targets(fields);
  refuse_out_of_scope(fields, warnings);
  fields.finish();

  if (scrape.job_name.empty()) throw node.error("job_name is empty");
  scrape.has_targets = scrape.has_files() || scrape.journal || scrape.syslog || scrape.push_api ||
                       scrape.gelf || scrape.heroku_drain || scrape.kafka ||
                       !scrape.docker_sd_configs.empty();
}

}  // namespace lokitail::config
