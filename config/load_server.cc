// The `server` block.

#include "config/blocks.h"

namespace lokitail::config {
namespace {

// Nothing here speaks gRPC.
void skip_grpc(Fields& fields) {
  skip(fields,
       {"grpc_listen_network", "grpc_listen_address", "grpc_listen_port", "grpc_listen_conn_limit",
        "grpc_tls_config", "grpc_server_max_recv_msg_size", "grpc_server_max_send_msg_size",
        "grpc_server_max_concurrent_streams", "grpc_server_max_connection_idle",
        "grpc_server_max_connection_age", "grpc_server_max_connection_age_grace",
        "grpc_server_keepalive_time", "grpc_server_keepalive_timeout",
        "grpc_server_min_time_between_pings", "grpc_server_ping_without_stream_allowed",
        "grpc_collect_max_streams_by_conn", "grpc_server_num_workers",
        "grpc_server_stats_tracking_enabled", "grpc_server_recv_buffer_pools_enabled"});
}

void note_ignored(Fields& fields) {
  fields.ignored({"profiling_enabled", "tls_cipher_suites", "tls_min_version",
                  "register_instrumentation", "report_grpc_codes_in_instrumentation_label_enabled",
                  "log_source_ips_enabled", "log_source_ips_full", "log_source_ips_header",
                  "log_source_ips_regex", "log_request_headers",
                  "log_request_at_info_level_enabled", "log_request_exclude_headers_list",
                  "trace_request_headers", "trace_request_exclude_headers_list",
                  "http_server_read_header_timeout",
                  "http_log_closed_connections_without_response_enabled", "cluster_validation"});
}

void read_port(int64_t& port, const Node* node) {
  set(port, node);
  if (node && (port < 0 || port > 65535)) throw node->error("expected a port, 0 to 65535");
}

}  // namespace

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
  set_choice(server.http_listen_network, fields.find("http_listen_network"),
              {"tcp", "tcp4", "tcp6"}, "unrecognized network");
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
  set_choice(server.log_format, fields.find("log_format"), {"logfmt", "json"},
              "unrecognized log format");
  set_choice(server.log_level, fields.find("log_level"), {"debug", "info", "warn", "error"},
              "unrecognized log level");
  fields.not_yet({"http_tls_config"});
  not_yet_when_true(fields, "proxy_protocol_enabled", "proxy_protocol_enabled");
  skip_grpc(fields);
  note_ignored(fields);
  fields.finish();
}

}  // namespace lokitail::config
