#include "tests/unit/config/load_test.h"

#include <catch2/catch.hpp>

namespace lokitail::config {
namespace {

using namespace std::chrono_literals;

TEST_CASE("an almost empty file has Promtail's defaults") {
  const Config config = load_good(kClients);
  CHECK(config.file_name == "f");
  CHECK(config.server.http_listen_port == 80);
  CHECK(config.server.http_listen_address.empty());
  CHECK(config.server.log_level == "info");
  CHECK(config.server.log_format == "logfmt");
  CHECK(config.server.health_check_target);
  CHECK(config.server.http_server_idle_timeout == 2min);
  CHECK(config.positions.filename == "/var/log/positions.yaml");
  CHECK(config.positions.sync_period == 10s);
  CHECK(config.target_config.sync_period == 10s);
  CHECK(config.global.file_watch_config.min_poll_frequency == 250ms);
  CHECK(config.global.file_watch_config.max_poll_frequency == 250ms);
  CHECK(config.limits_config.readline_rate == 10000);
  CHECK(config.limits_config.readline_rate_drop);
  CHECK_FALSE(config.limits_config.readline_rate_enabled);
  CHECK(config.limits_config.max_line_size == 0);
  CHECK(config.limits_config.max_bytes_in_flight == 8 << 20);
  CHECK(config.scrape_configs.empty());
}

TEST_CASE("blocks that are null leave their defaults") {
  const Config config =
      load_good(kClients +
                "global:\nserver:\nclient:\npositions:\nscrape_configs:\ntarget_config:\nlimits_config:\n"
                "options:\ntracing:\nwal:\n");
  CHECK(config.positions.sync_period == 10s);
  CHECK(config.clients.size() == 1);
}

TEST_CASE("every block is read") {
  const Config config =
      load_good(kClients +
                "global: {file_watch_config: {min_poll_frequency: 50ms, max_poll_frequency: 1s}}\n"
                "server: {disable: true, external_url: http://x/, health_check_target: false,"
                " enable_runtime_reload: true, http_listen_network: tcp6, http_listen_address: '::1',"
                " http_listen_port: 0, http_listen_conn_limit: 5, http_path_prefix: /p,"
                " http_server_read_timeout: 1s, http_server_write_timeout: 2s, http_server_idle_timeout: 3s,"
                " graceful_shutdown_timeout: 4s, log_format: json, log_level: debug}\n"
                "positions: {filename: p.yaml, sync_period: 1.5s, ignore_invalid_yaml: yes}\n"
                "target_config: {sync_period: 2s, stdin: false}\n"
                "limits_config: {readline_rate: 0.5, readline_burst: 2, readline_rate_enabled: true,"
                " readline_rate_drop: false, max_streams: 3, max_line_size: 1kb,"
                " max_line_size_truncate: true, max_bytes_in_flight: 1MB}\n"
                "wal: {enabled: false, dir: x}\n"
                "tracing: {enabled: true}\n");
  CHECK(config.global.file_watch_config.min_poll_frequency == 50ms);
  CHECK(config.global.file_watch_config.max_poll_frequency == 1s);
  CHECK(config.server.disable);
  CHECK(config.server.external_url == "http://x/");
  CHECK_FALSE(config.server.health_check_target);
  CHECK(config.server.enable_runtime_reload);
  CHECK(config.server.http_listen_network == "tcp6");
  CHECK(config.server.http_listen_address == "::1");
  CHECK(config.server.http_listen_port == 0);
  CHECK(config.server.http_listen_conn_limit == 5);
  CHECK(config.server.http_path_prefix == "/p");
  CHECK(config.server.http_server_read_timeout == 1s);
  CHECK(config.server.http_server_write_timeout == 2s);
  CHECK(config.server.http_server_idle_timeout == 3s);
  CHECK(config.server.graceful_shutdown_timeout == 4s);
  CHECK(config.server.log_format == "json");
  CHECK(config.server.log_level == "debug");
  CHECK(config.positions.filename == "p.yaml");
  CHECK(config.positions.sync_period == 1500ms);
  CHECK(config.positions.ignore_invalid_yaml);
  CHECK(config.target_config.sync_period == 2s);
  CHECK(config.limits_config.readline_rate == 0.5);
  CHECK(config.limits_config.readline_burst == 2);
  CHECK(config.limits_config.readline_rate_enabled);
  CHECK_FALSE(config.limits_config.readline_rate_drop);
  CHECK(config.limits_config.max_streams == 3);
  CHECK(config.limits_config.max_line_size == 1024);
  CHECK(config.limits_config.max_line_size_truncate);
  CHECK(config.limits_config.max_bytes_in_flight == 1 << 20);
}

TEST_CASE("wrong files are refused with place and reason") {
  const std::string c = kClients;
  const ErrorRow rows[] = {
      {"empty file", "", "f: at least one client config must be provided"},
      {"no mapping", "- a\n", "f:1:1: configuration: expected a mapping, found a list"},
      {"unknown block", c + "scrape_config: []",
       "f:2:1: configuration: unknown key \"scrape_config\" (did you mean \"scrape_configs\"?)"},
      {"unknown server key", c + "server: {port: 1}",
       "f:2:10: server: unknown key \"port\" (did you mean \"http_listen_port\"?)"},
      {"port out of range", c + "server: {http_listen_port: 65536}", "f:2:28: expected a port, 0 to 65535"},
      {"log level", c + "server: {log_level: warning}", "f:2:21: unrecognized log level \"warning\""},
      {"log format", c + "server: {log_format: text}", "f:2:22: unrecognized log format \"text\""},
      {"a certificate without a key", c + "server: {http_tls_config: {cert_file: x}}",
       "f:2:27: http_tls_config: cert_file without key_file"},
      {"a key without a certificate", c + "server: {http_tls_config: {key_file: x}}",
       "f:2:27: http_tls_config: key_file without cert_file"},
      {"a CA of clients that nobody asks for",
       c + "server: {http_tls_config: {cert_file: x, key_file: y, client_ca_file: z}}",
       "f:2:27: http_tls_config: client_ca_file without a client_auth_type that asks for certificates"},
      {"certificates of clients without a CA",
       c + "server: {http_tls_config: {cert_file: x, key_file: y, client_auth_type: "
           "RequireAndVerifyClientCert}}",
       "f:2:27: http_tls_config: RequireAndVerifyClientCert without client_ca_file"},
      {"basic_auth without a password", c + "server: {basic_auth: {username: x}}",
       "f:2:22: basic_auth: password_file is missing"},
      {"proxy protocol", c + "server: {proxy_protocol_enabled: true}",
       "f:2:34: proxy_protocol_enabled is not supported by lokitail yet"},
      {"positions period of zero", c + "positions: {sync_period: 0s}",
       "f:2:26: sync_period must be greater than zero"},
      {"target period of zero", c + "target_config: {sync_period: 0}",
       "f:2:30: sync_period must be greater than zero"},
      {"negative period", c + "target_config: {sync_period: -1s}",
       "f:2:30: sync_period must be greater than zero"},
      {"stdin is no number", c + "target_config: {stdin: 3}", "f:2:24: expected true or false, found \"3\""},
      {"wal", c + "wal: {enabled: true}", "f:2:16: wal is not supported by lokitail yet"},
      {"a negative rate of targets", c + "limits_config: {target_rate: -1}",
       "f:2:30: target_rate must not be negative"},
      {"a rate that is no number", c + "limits_config: {target_rate: .nan}",
       "f:2:30: target_rate must not be negative"},
      {"a negative burst", c + "limits_config: {target_burst: -1}",
       "f:2:31: target_burst must not be negative"},
      {"a negative share", c + "limits_config: {cpu_share: -0.5}", "f:2:28: cpu_share must not be negative"},
      {"stuck before it began", c + "target_config: {stuck_after: -1s}",
       "f:2:30: stuck_after must not be negative"},
      {"a socket that is no full path", c + "server: {http_listen_socket: agent.sock}",
       "f:2:30: expected the full path of a socket, such as /run/lokitail/lokitail.sock"},
      {"a socket with a long path", c + "server: {http_listen_socket: /" + std::string(107, 'x') + "}",
       "f:2:30: the path of a socket has at most 107 bytes"},
      {"a mode that is none", c + "server: {http_listen_socket_mode: rw}",
       "f:2:35: expected the mode of a file, such as 0660"},
      {"a mode with more than permissions", c + "server: {http_listen_socket_mode: '4755'}",
       "f:2:35: expected the mode of a file, such as 0660"},
      {"unknown limit", c + "limits_config: {max_lines: 1}",
       "f:2:17: limits_config: unknown key \"max_lines\""},
      {"nothing may be in flight", c + "limits_config: {max_bytes_in_flight: 0}",
       "f:2:38: max_bytes_in_flight must not be 0"},
      {"unknown global", c + "global: {scrape_interval: 1m}",
       "f:2:10: global: unknown key \"scrape_interval\""},
      {"unknown option", c + "options: {x: 1}", "f:2:11: options: unknown key \"x\""},
      {"clients no list", "clients: {url: http://x}", "f:1:10: clients: expected a list, found a mapping"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

TEST_CASE("keys that are ours are read, and written as they are") {
  const Config plain = load_good(kClients);
  CHECK(plain.server.http_listen_socket.empty());
  CHECK(plain.server.per_file_metrics);
  CHECK(plain.limits_config.target_rate == 0);
  CHECK(plain.limits_config.cpu_share == 0);
  CHECK(plain.target_config.stuck_after == std::chrono::minutes(5));
  const Config config = load_good(
      kClients +
      "server: {http_listen_socket: /run/a.sock, http_listen_socket_mode: 0600, per_file_metrics: false}\n"
      "limits_config: {target_rate: 0.5, target_burst: 7, target_rate_drop: true, cpu_share: 1.5}\n"
      "target_config: {stuck_after: 90s}\n");
  CHECK(config.server.http_listen_socket == "/run/a.sock");
  CHECK(config.server.http_listen_socket_mode == "0600");
  CHECK_FALSE(config.server.per_file_metrics);
  CHECK(config.limits_config.target_rate == 0.5);
  CHECK(config.limits_config.target_burst == 7);
  CHECK(config.limits_config.target_rate_drop);
  CHECK(config.limits_config.cpu_share == 1.5);
  CHECK(config.target_config.stuck_after == 90s);
  const Config again = load_good(to_yaml(config));
  CHECK(to_yaml(again) == to_yaml(config));
  CHECK(again.server.http_listen_socket_mode == "0600");
  CHECK(again.limits_config.cpu_share == 1.5);
}

TEST_CASE("what has no effect is a warning, gRPC and tracing not even that") {
  CHECK(load_warnings(kClients + "server: {grpc_listen_port: 0, grpc_tls_config: {cert_file: x}}\n"
                                 "tracing: {enabled: false}")
            .empty());
  CHECK(load_warnings(kClients + "server: {log_source_ips_enabled: true}") ==
        std::vector<std::string>{"f:2:10: server: log_source_ips_enabled has no effect here"});
  CHECK(load_warnings(kClients + "options: {stream_lag_labels: filename}") ==
        std::vector<std::string>{"f:2:11: options: stream_lag_labels has no effect here"});
}

TEST_CASE("a poll range that is upside down is put right, with a warning") {
  const std::string text = kClients + "global: {file_watch_config: {min_poll_frequency: 1s}}";
  CHECK(load_good(text).global.file_watch_config.max_poll_frequency == 1s);
  CHECK(load_warnings(text) ==
        std::vector<std::string>{"f: file_watch_config: max_poll_frequency is less than "
                                 "min_poll_frequency; both are 1s now"});
}

}  // namespace
}  // namespace lokitail::config
