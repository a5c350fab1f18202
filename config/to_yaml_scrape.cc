// An item of `scrape_configs` as text.

#include "config/yaml_writer.h"

namespace lokitail::config {
namespace {

void write(Writer& out, const JournalConfig& journal) {
  out.begin_block("journal");
  out.put("max_age", journal.max_age);
  out.put("json", journal.json);
  out.put_labels("labels", journal.labels);
  out.put("path", journal.path);
  out.put("matches", journal.matches);
  out.put_given("namespace", journal.journal_namespace);
  out.end_mapping();
}

void write(Writer& out, const SyslogConfig& syslog) {
  out.begin_block("syslog");
  out.put("listen_address", syslog.listen_address);
  out.put("listen_protocol", syslog.listen_protocol);
  out.put("syslog_format", syslog.syslog_format);
  out.put("idle_timeout", syslog.idle_timeout);
  out.put("max_message_length", syslog.max_message_length);
  out.put("label_structured_data", syslog.label_structured_data);
  out.put("use_incoming_timestamp", syslog.use_incoming_timestamp);
  out.put("use_rfc5424_message", syslog.use_rfc5424_message);
  out.put_labels("labels", syslog.labels);
  if (!syslog.tls_config.cert_file.empty()) write(out, syslog.tls_config);
  out.end_mapping();
}

void write(Writer& out, const PushApiConfig& push) {
  out.begin_block("loki_push_api");
  write(out, push.server);
  out.put("use_incoming_timestamp", push.use_incoming_timestamp);
  out.put("keep_tenant", push.keep_tenant);
  out.put("max_send_msg_size", push.max_send_msg_size);
  out.put_labels("labels", push.labels);
  out.end_mapping();
}

void write_authentication(Writer& out, const KafkaConfig& kafka) {
  using Authentication = KafkaConfig::Authentication;
  if (kafka.authentication == Authentication::kNone) return;
  const bool is_sasl = kafka.authentication == Authentication::kSasl;
  out.begin_block("authentication");
  out.put("type", std::string(is_sasl ? "sasl" : "ssl"));
  if (is_sasl) {
    out.begin_block("sasl_config");
    out.put("mechanism", kafka.sasl_mechanism);
    out.put_given("user", kafka.sasl_user);
    out.put_given("password", kafka.sasl_password);
    out.put("use_tls", kafka.sasl_use_tls);
    write_keys(out, kafka.tls_config);
    out.end_mapping();
  } else {
    write(out, kafka.tls_config);
  }
  out.end_mapping();
}

void write(Writer& out, const KafkaConfig& kafka) {
  out.begin_block("kafka");
  out.put_list("brokers", kafka.brokers);
  std::vector<std::string> topics;
  for (const KafkaConfig::Topic& topic : kafka.topics) topics.push_back(topic.name);
  out.put_list("topics", topics);
  out.put("group_id", kafka.group_id);
  out.put("version", kafka.version);
  out.put("assignor", kafka.assignor);
  write_authentication(out, kafka);
  out.put_labels("labels", kafka.labels);
  out.put("use_incoming_timestamp", kafka.use_incoming_timestamp);
  out.end_mapping();
}

void write(Writer& out, const GelfConfig& gelf) {
  out.begin_block("gelf");
  out.put("listen_address", gelf.listen_address);
  out.put("use_incoming_timestamp", gelf.use_incoming_timestamp);
  out.put_labels("labels", gelf.labels);
  out.end_mapping();
}

void write(Writer& out, const HerokuDrainConfig& drain) {
  out.begin_block("heroku_drain");
  write(out, drain.server);
  out.put("use_incoming_timestamp", drain.use_incoming_timestamp);
  out.put_labels("labels", drain.labels);
  out.end_mapping();
}

void write(Writer& out, const HttpSdConfig& http) {
  out.begin_mapping();
  out.put_url("url", http.url);
  out.put("refresh_interval", format_prometheus_duration(http.refresh_interval));
  write(out, http.http);
  out.end_mapping();
}

// The keys that both consul_sd_configs and consulagent_sd_configs have.
void write_keys(Writer& out, const ConsulSdConfig& consul) {
  out.put("server", consul.server);
  out.put_given("token", consul.token);
  out.put_given("datacenter", consul.datacenter);
  out.put("tag_separator", consul.tag_separator);
  out.put("scheme", consul.scheme);
  out.put_given("username", consul.username);
  out.put_given("password", consul.password);
  out.put("refresh_interval", format_prometheus_duration(consul.refresh_interval));
  out.put_list("services", consul.services);
  out.put_list("tags", consul.tags);
}

void write_consul(Writer& out, const ConsulSdConfig& consul) {
  out.begin_mapping();
  write_keys(out, consul);
  out.put_given("path_prefix", consul.path_prefix);
  out.put_given("namespace", consul.consul_namespace);
  out.put_given("partition", consul.partition);
  out.put("allow_stale", consul.allow_stale);
  out.put_labels("node_meta", consul.node_meta);
  out.put_given("filter", consul.filter);
  write(out, consul.http);
  out.end_mapping();
}

void write_consul_agent(Writer& out, const ConsulSdConfig& consul) {
  out.begin_mapping();
  write_keys(out, consul);
  write(out, consul.http.tls_config);
  out.end_mapping();
}

template <typename Item, typename Write>
void write_list(Writer& out, std::string_view name, const std::vector<Item>& items, Write write_item) {
  if (items.empty()) return;
  out.begin_list(name);
  for (const Item& item : items) write_item(out, item);
  out.end_list();
}

void write(Writer& out, const DockerSdConfig& docker) {
  out.begin_mapping();
  if (docker.containers_directory.empty()) {
    out.put("host", docker.host);
  } else {
    out.put("containers_directory", docker.containers_directory);
  }
  out.put("port", docker.port);
  out.put("host_networking_host", docker.host_networking_host);
  out.put("match_first_network", docker.match_first_network);
  out.put("refresh_interval", format_prometheus_duration(docker.refresh_interval));
  if (!docker.filters.empty()) {
    out.begin_list("filters");
    for (const DockerSdConfig::Filter& filter : docker.filters) {
      out.begin_mapping();
      out.put("name", filter.name);
      out.put_list("values", filter.values);
      out.end_mapping();
    }
    out.end_list();
  }
  if (docker.containers_directory.empty()) write(out, docker.http);
  out.end_mapping();
}

void write(Writer& out, const KubernetesSdConfig& kubernetes) {
  out.begin_mapping();
  out.put("role", std::string(to_string(kubernetes.role)));
  if (kubernetes.only_folders) out.put("source", std::string("folders"));
  out.put("pod_logs_directory", kubernetes.pod_logs_directory);
  out.put_url("api_server", kubernetes.api_server);
  out.put_given("kubeconfig_file", kubernetes.kubeconfig_file);
  out.begin_block("namespaces");
  out.put("own_namespace", kubernetes.own_namespace);
  out.put_list("names", kubernetes.namespaces);
  out.end_mapping();
  if (!kubernetes.selectors.empty()) {
    out.begin_list("selectors");
    for (const KubernetesSdConfig::Selector& selector : kubernetes.selectors) {
      out.begin_mapping();
      out.put("role", std::string(to_string(selector.role)));
      out.put_given("label", selector.label);
      out.put_given("field", selector.field);
      out.end_mapping();
    }
    out.end_list();
  }
  if (const auto& attach = kubernetes.attach; attach.any()) {
    out.begin_block("attach_metadata");
    const std::pair<const char*, bool> all[] = {{"node", attach.node},
                                                {"namespace", attach.namespace_labels},
                                                {"deployment", attach.deployment},
                                                {"job", attach.job},
                                                {"cronjob", attach.cronjob}};
    for (const auto& [key, is_on] : all) {
      if (is_on) out.put(key, true);
    }
    out.end_mapping();
  }
  if (!kubernetes.api_server.empty()) write(out, kubernetes.http);
  out.end_mapping();
}

}  // namespace

void write(Writer& out, const ScrapeConfig& scrape) {
  out.begin_mapping();
  out.put("job_name", scrape.job_name);
  out.put_node("pipeline_stages", scrape.pipeline_stages);
  out.begin_list("relabel_configs");
  for (const RelabelConfig& rule : scrape.relabel_configs) write(out, rule);
  out.end_list();
  out.put_given("encoding", scrape.encoding);
  if (scrape.spools) out.put_given("spool", "always");
  if (scrape.decompression) {
    out.begin_block("decompression");
    out.put("enabled", true);
    out.put("initial_delay", scrape.decompression->initial_delay);
    out.put("format", scrape.decompression->format);
    out.end_mapping();
  }
  if (scrape.journal) write(out, *scrape.journal);
  if (scrape.syslog) write(out, *scrape.syslog);
  if (scrape.kafka) write(out, *scrape.kafka);
  if (scrape.push_api) write(out, *scrape.push_api);
  if (scrape.gelf) write(out, *scrape.gelf);
  if (scrape.heroku_drain) write(out, *scrape.heroku_drain);
  if (!scrape.file_sd_configs.empty()) {
    out.begin_list("file_sd_configs");
    for (const FileSdConfig& config : scrape.file_sd_configs) {
      out.begin_mapping();
      out.put_list("files", config.files);
      out.put("refresh_interval", format_prometheus_duration(config.refresh_interval));
      out.end_mapping();
    }
    out.end_list();
  }
  write_list(out, "kubernetes_sd_configs", scrape.kubernetes_sd_configs,
             [](Writer& to, const KubernetesSdConfig& item) { write(to, item); });
  write_list(out, "http_sd_configs", scrape.http_sd_configs,
             [](Writer& to, const HttpSdConfig& item) { write(to, item); });
  write_list(out, "consul_sd_configs", scrape.consul_sd_configs, write_consul);
  write_list(out, "consulagent_sd_configs", scrape.consulagent_sd_configs, write_consul_agent);
  if (!scrape.docker_sd_configs.empty()) {
    out.begin_list("docker_sd_configs");
    for (const DockerSdConfig& docker : scrape.docker_sd_configs) write(out, docker);
    out.end_list();
  }
  out.begin_list("static_configs");
  for (const StaticConfig& config : scrape.static_configs) {
    out.begin_mapping();
    out.put_list("targets", config.targets);
    out.put_labels("labels", config.labels);
    out.end_mapping();
  }
  out.end_list();
  out.end_mapping();
}

}  // namespace lokitail::config
