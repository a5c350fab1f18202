// The `server` block.

#include <algorithm>
#include <array>

#include "config/blocks.h"
#include "config/nearest.h"

namespace lokitail::config {
namespace {

// Nothing here speaks gRPC.
void skip_grpc(Fields& fields) {
  skip(fields, {"grpc_listen_network", "grpc_listen_address", "grpc_listen_port", "grpc_listen_conn_limit",
                "grpc_tls_config", "grpc_server_max_recv_msg_size", "grpc_server_max_send_msg_size",
                "grpc_server_max_concurrent_streams", "grpc_server_max_connection_idle",
                "grpc_server_max_connection_age", "grpc_server_max_connection_age_grace",
                "grpc_server_keepalive_time", "grpc_server_keepalive_timeout",
                "grpc_server_min_time_between_pings", "grpc_server_ping_without_stream_allowed",
                "grpc_collect_max_streams_by_conn", "grpc_server_num_workers",
                "grpc_server_stats_tracking_enabled", "grpc_server_recv_buffer_pools_enabled"});
}

void note_ignored(Fields& fields) {
  fields.ignored({"profiling_enabled", "tls_cipher_suites", "register_instrumentation",
                  "report_grpc_codes_in_instrumentation_label_enabled", "log_source_ips_enabled",
                  "log_source_ips_full", "log_source_ips_header", "log_source_ips_regex",
                  "log_request_headers", "log_request_at_info_level_enabled",
                  "log_request_exclude_headers_list", "trace_request_headers",
                  "trace_request_exclude_headers_list", "http_server_read_header_timeout",
                  "http_log_closed_connections_without_response_enabled", "cluster_validation"});
}

// Promtail's names are those of Go's crypto/tls.
void read_tls_min_version(std::string& version, const Node* node) {
  std::string name;
  set_choice(name, node, {"", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"},
             "unrecognized TLS version");
  if (!name.empty()) version = name.substr(std::string_view("Version").size());
}

void read_http_tls(const Node& node, ServerTlsConfig& config, Warnings& warnings) {
  Fields fields(node, "http_tls_config", kRefuseUnknown, warnings);
  set(config.tls.cert, fields.find("cert"));
  set(config.tls.cert_file, fields.find("cert_file"));
  set(config.tls.key, fields.find("key"));
  set(config.tls.key_file, fields.find("key_file"));
  set(config.tls.ca, fields.find("client_ca"));
  set(config.tls.ca_file, fields.find("client_ca_file"));
  set(config.client_auth_type, fields.find("client_auth_type"));
  fields.finish();
  if (const std::string problem = problem_of(config); !problem.empty()) throw node.error(problem);
}

// Ours. Without a name and a password it would be open, or shut, for everybody.
void read_server_basic_auth(const Node& node, ServerConfig& server, Warnings& warnings) {
  server.basic_auth = read_basic_auth(node, warnings);
  const BasicAuth& auth = *server.basic_auth;
  const bool has_user = !auth.username.empty() || !auth.username_file.empty();
  const bool has_password = !auth.password.empty() || !auth.password_file.empty();
  if (!has_user) throw node.error("basic_auth: username is missing");
  if (!has_password) throw node.error("basic_auth: password_file is missing");
}

void read_port(int64_t& port, const Node* node) {
  set(port, node);
  if (node && (port < 0 || port > 65535)) throw node->error("expected a port, 0 to 65535");
}

void read_socket(std::string& path, const Node* node) {
  set(path, node);
  if (!node || path.empty()) return;
  constexpr std::size_t kMostPathBytes = 107;  // unix(7), without the NUL at its end
  if (path.front() != '/')
    throw node->error("expected the full path of a socket, such as /run/lokitail/lokitail.sock");
  if (path.size() > kMostPathBytes) throw node->error("the path of a socket has at most 107 bytes");
}

void read_socket_mode(std::string& mode, const Node* node) {
  set(mode, node);
  if (!node) return;
  const bool is_octal = mode.find_first_not_of("01234567") == mode.npos;
  const bool is_long_enough = mode.size() == 3 || (mode.size() == 4 && mode.front() == '0');
  if (!is_octal || !is_long_enough) throw node->error("expected the mode of a file, such as 0660");
}

}  // namespace

std::string problem_of(const ServerTlsConfig& config) {
  const TlsConfig& tls = config.tls;
  const std::string& auth = config.client_auth_type;
  const bool has_key = !tls.key.empty() || !tls.key_file.empty();
  const bool has_ca = !tls.ca.empty() || !tls.ca_file.empty();
  if (!tls.cert.empty() && !tls.cert_file.empty()) return "http_tls_config: both cert and cert_file";
  if (!tls.key.empty() && !tls.key_file.empty()) return "http_tls_config: both key and key_file";
  if (!tls.ca.empty() && !tls.ca_file.empty()) return "http_tls_config: both client_ca and client_ca_file";
  if (config.is_on() && !has_key) return "http_tls_config: cert_file without key_file";
  if (!config.is_on() && has_key) return "http_tls_config: key_file without cert_file";
  if (!config.is_on() && has_ca) return "http_tls_config: client_ca_file without cert_file";
  constexpr std::array<std::string_view, 6> kTypes{"",
                                                   "NoClientCert",
                                                   "RequestClientCert",
                                                   "RequireAnyClientCert",
                                                   "VerifyClientCertIfGiven",
                                                   "RequireAndVerifyClientCert"};
  if (std::find(kTypes.begin(), kTypes.end(), auth) == kTypes.end()) {
    return "http_tls_config: invalid ClientAuth: " + auth + did_you_mean(auth, kTypes);
  }
  const bool verifies = auth == "VerifyClientCertIfGiven" || auth == "RequireAndVerifyClientCert";
  if (verifies && !has_ca) return "http_tls_config: " + auth + " without client_ca_file";
  if (has_ca && (auth.empty() || auth == "NoClientCert")) {
    return "http_tls_config: client_ca_file without a client_auth_type that asks for certificates";
  }
  return {};
}

void set_choice(std::string& out, const Node* node, std::initializer_list<std::string_view> valid,
                std::string_view complaint) {
  set(out, node);
  if (!node) return;
  for (std::string_view choice : valid) {
    if (out == choice) return;
  }
  throw node->error(std::string(complaint) + " \"" + out + "\"");
}

void read_server(const Node& node, ServerConfig& server, Warnings& warnings) {
  Fields fields(node, "server", kRefuseUnknown, warnings);
  set(server.disable, fields.find("disable"));
  set(server.external_url, fields.find("external_url"));
  set(server.health_check_target, fields.find("health_check_target"));
  set(server.enable_runtime_reload, fields.find("enable_runtime_reload"));
  set_choice(server.http_listen_network, fields.find("http_listen_network"), {"tcp", "tcp4", "tcp6"},
             "unrecognized network");
  set(server.http_listen_address, fields.find("http_listen_address"));
  read_port(server.http_listen_port, fields.find("http_listen_port"));
  set_not_negative(server.http_listen_conn_limit, fields.find("http_listen_conn_limit"),
                   "http_listen_conn_limit");
  set(server.http_path_prefix, fields.find("http_path_prefix"));
  set_not_negative(server.http_server_read_timeout, fields.find("http_server_read_timeout"),
                   "http_server_read_timeout");
  set_not_negative(server.http_server_write_timeout, fields.find("http_server_write_timeout"),
                   "http_server_write_timeout");
  set_not_negative(server.http_server_idle_timeout, fields.find("http_server_idle_timeout"),
                   "http_server_idle_timeout");
  set_not_negative(server.graceful_shutdown_timeout, fields.find("graceful_shutdown_timeout"),
                   "graceful_shutdown_timeout");
  set_choice(server.log_format, fields.find("log_format"), {"logfmt", "json"}, "unrecognized log format");
  set_choice(server.log_level, fields.find("log_level"), {"debug", "info", "warn", "error"},
             "unrecognized log level");
  read_tls_min_version(server.http_tls_config.tls.min_version, fields.find("tls_min_version"));
  if (const Node* tls = fields.find("http_tls_config")) read_http_tls(*tls, server.http_tls_config, warnings);
  if (const Node* auth = fields.find("basic_auth")) read_server_basic_auth(*auth, server, warnings);
  set(server.admin, fields.find("admin"));
  if (const Node* hosts = fields.find("allowed_hosts")) server.allowed_hosts = read_text_list(*hosts);
  read_socket(server.http_listen_socket, fields.find("http_listen_socket"));
  set(server.per_file_metrics, fields.find("per_file_metrics"));
  read_socket_mode(server.http_listen_socket_mode, fields.find("http_listen_socket_mode"));
  not_yet_when_true(fields, "proxy_protocol_enabled", "proxy_protocol_enabled");
  skip_grpc(fields);
  note_ignored(fields);
  fields.finish();
}

}  // namespace lokitail::config
