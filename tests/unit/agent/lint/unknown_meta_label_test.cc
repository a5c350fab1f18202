// Labels that no discovery and no receiver has.
#include <catch2/catch.hpp>

#include "tests/unit/agent/lint/support.h"

namespace lokitail::agent::lint {
namespace {

using namespace test;

const char* const kId = "unknown-meta-label";

// A job with this block and these rules, of which the first is in line 5.
std::string with_rules(const std::string& block, const std::string& rules) {
  return kClient + "scrape_configs:\n- job_name: j\n  " + block + "\n  relabel_configs:\n" + rules;
}

std::string reading(const std::string& label) {
  return "  - {source_labels: [" + label + "], target_label: x}\n";
}

TEST_CASE("unknown-meta-label: labels that there are") {
  const char* const there[] = {
      "__meta_consul_service",
      "__meta_consul_service_metadata_anything",
      "__meta_consul_tagged_address_lan",
      "__meta_consulagent_metadata_rack",
      "__meta_docker_container_label_x",
      "__meta_docker_port_public_ip",
      "__meta_kafka_message_key",
      "__meta_kubernetes_pod_annotationpresent_kubernetes_io_config_hash",
      "__meta_kubernetes_pod_container_port_number",
      "__meta_kubernetes_endpointslice_endpoint_topology_kubernetes_io_hostname",
      "__meta_kubernetes_node_address_InternalIP",
      "__syslog_message_severity",
      "__syslog_message_sd_ex_1_a",
      "__gelf_message_level",
      "__heroku_drain_param_x",
      "__journal__systemd_unit",
      "__journal__audit_field_x",
      "__journal_priority_keyword",
      "__journal_my_unit",
      "__meta_nomad_service",
      "__meta_ec2_tag_Name",
      "__meta_filepath",
      "__meta_mine",
      "__tmp_x",
      "__address__",
      "plain",
  };
  for (const char* label : there) {
    INFO(label);
    CHECK(places(kId, with_rules("consul_sd_configs: [{}]", reading(label))).empty());
  }
}

TEST_CASE("unknown-meta-label: misspelt labels, and what is meant") {
  const struct {
    const char* label;
    const char* better;
  } rows[] = {
      {"__meta_consul_servce", "__meta_consul_service"},
      {"__meta_consul_service_adress", "__meta_consul_service_address"},
      {"__meta_consul_service_meta_app", "__meta_consul_service_metadata_app"},
      {"__meta_consulagent_namespace", ""},
      {"__meta_consol_service", "__meta_consul_service"},
      {"__meta_docker_container_lable_app", "__meta_docker_container_label_app"},
      {"__meta_docker_container_nme", "__meta_docker_container_name"},
      {"__meta_kafka_topics", "__meta_kafka_topic"},
      {"__meta_kubernetes_pod_nmae", "__meta_kubernetes_pod_name"},
      {"__meta_kubernetes_pod_labels_app", "__meta_kubernetes_pod_label_app"},
      {"__meta_kubernetes_pod_label_", ""},
      {"__meta_kuberntes_pod_name", "__meta_kubernetes_pod_name"},
      {"__syslog_message_sevrity", "__syslog_message_severity"},
      {"__syslog_hostname", "__syslog_connection_hostname"},
      {"__gelf_message_levl", "__gelf_message_level"},
      {"__heroku_drain_prc", "__heroku_drain_proc"},
      {"__journal__systemd_unti", "__journal__systemd_unit"},
      {"__journal_systemd_unit", "__journal__systemd_unit"},
      {"__journal_hostname", "__journal__hostname"},
  };
  for (const auto& row : rows) {
    INFO(row.label);
    const std::string text = with_rules("syslog: {listen_address: ':1'}", reading(row.label));
    CHECK(places(kId, text) == Places{"6:22"});
    CHECK(contains(says(kId, text), row.label));
    if (*row.better != '\0') CHECK(says(kId, text).ends_with(std::string(" / ") + row.better));
  }
}

TEST_CASE("unknown-meta-label: names that something else may set") {
  const std::string rule = reading("__meta_consul_servce");
  const char* const blocks[] = {"file_sd_configs: [{files: [a.yml]}]", "http_sd_configs: [{url: 'http://h'}]",
                                "loki_push_api: {server: {}}",
                                "static_configs: [{labels: {__meta_consul_servce: x, __path__: /x}}]"};
  for (const char* block : blocks) {
    INFO(block);
    CHECK(places(kId, with_rules(block, rule)).empty());
  }
  const std::string consul = "consul_sd_configs: [{}]";
  CHECK(places(kId, with_rules(consul, rule)) == Places{"6:22"});
  CHECK(places(kId, with_rules(consul, "  - {target_label: __meta_consul_servce, replacement: x}\n" + rule))
            .empty());
  CHECK(
      places(kId, with_rules(consul, rule + "  - {target_label: __meta_consul_servce, replacement: x}\n")) ==
      Places{"6:22"});
  const std::string copies = "  - {action: labelmap, regex: '__meta_consul_(.+)', replacement: '";
  CHECK(places(kId, with_rules(consul, copies + "__meta_consul_$1'}\n" + rule)).empty());
  CHECK(places(kId, with_rules(consul, copies + "$1'}\n" + rule)) == Places{"7:22"});
}

TEST_CASE("unknown-meta-label: names that a labelmap looks for") {
  const auto map = [](const std::string& regex) {
    return with_rules("kubernetes_sd_configs: [{role: pod}]",
                      "  - {action: labelmap, regex: '" + regex + "'}\n");
  };
  for (const char* regex :
       {"__meta_kubernetes_pod_label_(.+)", "__meta_kubernetes_pod_label_app_(.+)",
        "__meta_kubernetes_pod_(name|uid)", "__meta_kubernetes_.*", "__meta_(.+)", "(.*)"}) {
    INFO(regex);
    CHECK(places(kId, map(regex)).empty());
  }
  CHECK(places(kId, map("__meta_kubernetes_pod_lable_(.+)")) == Places{"6:31"});
  CHECK(says(kId, map("__meta_kubernetes_pod_lable_(.+)")).ends_with("/ __meta_kubernetes_pod_label_"));
}

}  // namespace
}  // namespace lokitail::agent::lint
