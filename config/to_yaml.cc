// The effective configuration as text.

#include "config/yaml_writer.h"

namespace lokitail::config {
namespace {

void write(Writer& out, const BasicAuth& auth) {
  out.begin_block("basic_auth");
  out.put_given("username", auth.username);
  out.put_given("username_file", auth.username_file);
  out.put_given("password", auth.password);
  out.put_given("password_file", auth.password_file);
  out.end_mapping();
}

void write(Writer& out, const Authorization& authorization) {
  out.begin_block("authorization");
  out.put("type", authorization.type);
  out.put_given("credentials", authorization.credentials);
  out.put_given("credentials_file", authorization.credentials_file);
  out.end_mapping();
}

void write(Writer& out, const ServerTlsConfig& config) {
  const TlsConfig& tls = config.tls;
  if (!tls.min_version.empty()) out.put("tls_min_version", "Version" + tls.min_version);
  if (!config.is_on()) return;
  out.begin_block("http_tls_config");
  out.put_given("cert", tls.cert);
  out.put_given("cert_file", tls.cert_file);
  out.put_given("key", tls.key);
  out.put_given("key_file", tls.key_file);
  out.put_given("client_auth_type", config.client_auth_type);
  out.put_given("client_ca", tls.ca);
  out.put_given("client_ca_file", tls.ca_file);
  out.end_mapping();
}

}  // namespace

// ---- Blocks that stand in more than one place -------------------------------------------------------

void write(Writer& out, const ServerConfig& server) {
  out.begin_block("server");
  out.put("disable", server.disable);
  out.put_given("external_url", server.external_url);
  out.put("health_check_target", server.health_check_target);
  out.put("enable_runtime_reload", server.enable_runtime_reload);
  out.put("http_listen_network", server.http_listen_network);
  out.put("http_listen_address", server.http_listen_address);
  out.put("http_listen_port", server.http_listen_port);
  out.put("http_listen_conn_limit", server.http_listen_conn_limit);
  out.put_given("http_path_prefix", server.http_path_prefix);
  write(out, server.http_tls_config);
  if (server.basic_auth) write(out, *server.basic_auth);
  if (server.admin) out.put("admin", server.admin);
  out.put_list("allowed_hosts", server.allowed_hosts);
  if (!server.per_file_metrics) out.put("per_file_metrics", server.per_file_metrics);
  if (!server.http_listen_socket.empty()) {
    out.put("http_listen_socket", server.http_listen_socket);
    out.put("http_listen_socket_mode", server.http_listen_socket_mode);
  }
  out.put("http_server_read_timeout", server.http_server_read_timeout);
  out.put("http_server_write_timeout", server.http_server_write_timeout);
  out.put("http_server_idle_timeout", server.http_server_idle_timeout);
  out.put("graceful_shutdown_timeout", server.graceful_shutdown_timeout);
  out.put("log_format", server.log_format);
  out.put("log_level", server.log_level);
  out.end_mapping();
}

void write_keys(Writer& out, const TlsConfig& tls) {
  out.put_given("ca", tls.ca);
  out.put_given("ca_file", tls.ca_file);
  out.put_given("cert", tls.cert);
  out.put_given("cert_file", tls.cert_file);
  out.put_given("key", tls.key);
  out.put_given("key_file", tls.key_file);
  out.put_given("server_name", tls.server_name);
  out.put("insecure_skip_verify", tls.insecure_skip_verify);
  out.put_given("min_version", tls.min_version);
  out.put_given("max_version", tls.max_version);
}

void write(Writer& out, const TlsConfig& tls) {
  out.begin_block("tls_config");
  write_keys(out, tls);
  out.end_mapping();
}

void write(Writer& out, const HttpClientConfig& http) {
  if (http.basic_auth) write(out, *http.basic_auth);
  if (http.authorization) write(out, *http.authorization);
  out.put_given("bearer_token", http.bearer_token);
  out.put_given("bearer_token_file", http.bearer_token_file);
  write(out, http.tls_config);
  out.put_url("proxy_url", http.proxy_url);
  out.put_given("no_proxy", http.no_proxy);
  if (http.proxy_from_environment) out.put("proxy_from_environment", true);
  if (!http.proxy_connect_header.empty()) {
    out.begin_block("proxy_connect_header");
    for (const auto& [name, values] : http.proxy_connect_header) out.put_list(name, values);
    out.end_mapping();
  }
  out.put("follow_redirects", http.follow_redirects);
  out.put("enable_http2", http.enable_http2);
  if (http.http_headers.empty()) return;
  out.begin_block("http_headers");
  for (const auto& [name, header] : http.http_headers) {
    out.begin_block(name);
    out.put_list("values", header.values);
    out.put_list("secrets", header.secrets);
    out.put_list("files", header.files);
    out.end_mapping();
  }
  out.end_mapping();
}

void write(Writer& out, const RelabelConfig& rule) {
  out.begin_mapping();
  out.put_list("source_labels", rule.source_labels);
  out.put("separator", rule.separator);
  out.put("regex", rule.regex);
  if (rule.modulus != 0) out.put("modulus", rule.modulus);
  out.put_given("target_label", rule.target_label);
  out.put("replacement", rule.replacement);
  out.put("action", std::string(to_string(rule.action)));
  out.end_mapping();
}

// What is not in Promtail, where it is used.

// ---- The others ---------------------------------------------------------------------------------

namespace {

void write_headers(Writer& out, const std::map<std::string, Secret>& headers) {
  if (headers.empty()) return;
  out.begin_block("headers");
  for (const auto& [name, value] : headers) out.put(name, out.shown(value));
  out.end_mapping();
}

void write_additions(Writer& out, const ClientConfig& client) {
  const ClientConfig defaults;
  out.put_given("match", client.match);
  if (!client.relabel_configs.empty()) {
    out.begin_list("relabel_configs");
    for (const RelabelConfig& rule : client.relabel_configs) write(out, rule);
    out.end_list();
  }
  if (!client.failover_to.empty()) {
    out.put_list("failover_to", client.failover_to);
    out.put("failover_after", client.failover_after);
  }
  if (client.concurrency != defaults.concurrency) out.put("concurrency", client.concurrency);
  if (client.connection_max_age != defaults.connection_max_age) {
    out.put("connection_max_age", client.connection_max_age);
  }
}

void write(Writer& out, const ClientConfig& client) {
  out.begin_mapping();
  out.put_given("name", client.name);
  out.put_url("url", client.url);
  out.put("batchwait", client.batchwait);
  out.put("batchsize", client.batchsize);
  out.put("timeout", client.timeout);
  out.begin_block("backoff_config");
  out.put("min_period", client.backoff.min_period);
  out.put("max_period", client.backoff.max_period);
  out.put("max_retries", client.backoff.max_retries);
  out.end_mapping();
  write_headers(out, client.headers);
  out.put_labels("external_labels", client.external_labels);
  out.put_given("tenant_id", client.tenant_id);
  out.put("drop_rate_limited_batches", client.drop_rate_limited_batches);
  write(out, client.http);
  write_additions(out, client);
  out.end_mapping();
}

void write(Writer& out, const PositionsConfig& positions) {
  out.begin_block("positions");
  out.put("filename", positions.filename);
  out.put("sync_period", positions.sync_period);
  out.put("ignore_invalid_yaml", positions.ignore_invalid_yaml);
  out.end_mapping();
}

void write(Writer& out, const LimitsConfig& limits) {
  out.begin_block("limits_config");
  out.put("readline_rate", limits.readline_rate);
  out.put("readline_burst", limits.readline_burst);
  out.put("readline_rate_enabled", limits.readline_rate_enabled);
  out.put("readline_rate_drop", limits.readline_rate_drop);
  out.put("max_streams", limits.max_streams);
  out.put("max_line_size", limits.max_line_size);
  out.put("max_line_size_truncate", limits.max_line_size_truncate);
  if (limits.target_rate > 0) {
    out.put("target_rate", limits.target_rate);
    out.put("target_burst", limits.target_burst);
    out.put("target_rate_drop", limits.target_rate_drop);
  }
  if (limits.cpu_share > 0) out.put("cpu_share", limits.cpu_share);
  out.put("max_bytes_in_flight", limits.max_bytes_in_flight);
  out.end_mapping();
}

void write(Writer& out, const DeadLetterConfig& letters) {
  if (letters.file.empty()) return;
  out.begin_block("dead_letters");
  out.put("file", letters.file);
  out.put("max_bytes", letters.max_bytes);
  out.put("max_files", letters.max_files);
  out.end_mapping();
}

void write(Writer& out, const SpoolConfig& spool) {
  using Mode = SpoolConfig::Mode;
  out.begin_block("spool");
  const std::string mode = spool.mode == Mode::kOff ? "off" : spool.mode == Mode::kAuto ? "auto" : "always";
  out.put("mode", mode);
  out.put_given("directory", spool.directory);
  out.put("max_bytes", spool.max_bytes);
  out.put("max_age", spool.max_age);
  const bool drops = spool.when_full == SpoolConfig::WhenFull::kDropOldest;
  out.put("when_full", std::string(drops ? "drop_oldest" : "block"));
  out.end_mapping();
}

void write(Writer& out, const TracingConfig& tracing) {
  if (!tracing.enabled && tracing.endpoint.empty()) return;
  out.begin_block("tracing");
  out.put("enabled", tracing.enabled);
  out.put_url("endpoint", tracing.endpoint);
  out.put("sampling_ratio", tracing.sampling_ratio);
  out.put("timeout", tracing.timeout);
  out.put("queue_size", tracing.queue_size);
  write_headers(out, tracing.headers);
  write(out, tracing.http);
  out.end_mapping();
}

void write(Writer& out, const FileWatchConfig& watch) {
  out.begin_block("file_watch_config");
  out.put("min_poll_frequency", watch.min_poll_frequency);
  out.put("max_poll_frequency", watch.max_poll_frequency);
  out.end_mapping();
}

std::string text_of(const Config& config, Secrets secrets) {
  Writer out(secrets);
  out.begin_mapping();
  out.begin_block("global");
  write(out, config.global.file_watch_config);
  out.end_mapping();
  write(out, config.server);
  out.begin_list("clients");
  for (const ClientConfig& client : config.clients) write(out, client);
  out.end_list();
  write(out, config.positions);
  out.begin_list("scrape_configs");
  for (const ScrapeConfig& scrape : config.scrape_configs) write(out, scrape);
  out.end_list();
  out.begin_block("target_config");
  out.put("sync_period", config.target_config.sync_period);
  out.put("stdin", config.target_config.read_stdin);
  out.put("stuck_after", config.target_config.stuck_after);
  out.end_mapping();
  write(out, config.limits_config);
  out.put("workers", config.workers);
  write(out, config.dead_letters);
  write(out, config.spool);
  write(out, config.tracing);
  out.end_mapping();
  return out.text();
}

}  // namespace

std::string to_yaml(const Config& config) { return text_of(config, Secrets::kHidden); }

std::string to_yaml_with_secrets(const Config& config) { return text_of(config, Secrets::kShown); }

std::string to_yaml_with_secrets(const ScrapeConfig& scrape) {
  Writer out(Secrets::kShown);
  write(out, scrape);
  return out.text();
}

std::string to_yaml(const ClientConfig& client) {
  Writer out(Secrets::kHidden);
  write(out, client);
  return out.text();
}

std::string to_yaml(const Node& node) {
  Writer out(Secrets::kHidden);
  out.put(node);
  return out.text();
}

std::string to_yaml_with_secrets(const ClientConfig& client) {
  Writer out(Secrets::kShown);
  write(out, client);
  return out.text();
}

}  // namespace lokitail::config
