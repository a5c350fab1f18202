// The whole configuration as plain values: one struct per block of the file, keys under the names
// that users know, defaults as Promtail has them.
//
// Threads: plain values; share them read-only.
// Errors:  none here. What load.h returns has been validated.
//
// One default differs from Promtail's: backoff.max_retries is 0, which means for ever.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "config/secret.h"

namespace lokitail::config {

using Duration = std::chrono::nanoseconds;
using LabelMap = std::map<std::string, std::string>;

struct ServerConfig {
  bool disable = false;
  std::string external_url;
  bool health_check_target = true;
  bool enable_runtime_reload = false;
  std::string http_listen_network = "tcp";
  std::string http_listen_address;  // empty: all
  int64_t http_listen_port = 80;    // 0: any free one
  int64_t http_listen_conn_limit = 0;
  std::string http_path_prefix;
  Duration http_server_read_timeout = std::chrono::seconds(30);
  Duration http_server_write_timeout = std::chrono::seconds(30);
  Duration http_server_idle_timeout = std::chrono::seconds(120);
  Duration graceful_shutdown_timeout = std::chrono::seconds(30);
  std::string log_format = "logfmt";  // or json
  std::string log_level = "info";     // debug, info, warn, error
};

struct PositionsConfig {
  std::string filename = "/var/log/positions.yaml";
  Duration sync_period = std::chrono::seconds(10);
  bool ignore_invalid_yaml = false;
};

struct BackoffConfig {
  Duration min_period = std::chrono::milliseconds(500);
  Duration max_period = std::chrono::minutes(5);
  int64_t max_retries = 0;  // attempts in all; 0: for ever
};

struct BasicAuth {
  std::string username;
  std::string username_file;
  Secret password;
  std::string password_file;
};

struct Authorization {
  std::string type = "Bearer";
  Secret credentials;
  std::string credentials_file;
};

struct TlsConfig {
  std::string ca, ca_file;
  std::string cert, cert_file;
  Secret key;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
  std::string min_version, max_version;  // TLS10, TLS11, TLS12, TLS13 or empty
};

// One of http_headers: all its values are sent, secrets and files behind the plain ones.
struct HttpHeader {
  std::vector<std::string> values;
  std::vector<Secret> secrets;
  std::vector<std::string> files;
};

struct HttpClientConfig {
  std::optional<BasicAuth> basic_auth;
  std::optional<Authorization> authorization;
  Secret bearer_token;
  std::string bearer_token_file;
  TlsConfig tls_config;
  Secret proxy_url;  // may hold a password
  std::string no_proxy;
  bool proxy_from_environment = false;
  std::map<std::string, std::vector<Secret>> proxy_connect_header;
  bool follow_redirects = true;
  bool enable_http2 = true;
  std::map<std::string, HttpHeader> http_headers;
};

enum class RelabelAction {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase
};

struct RelabelConfig {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string regex = "(.*)";
  uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::kReplace;
  Place place;
  Place regex_place;  // meaningful where the rule has a regex of its own
};

struct ClientConfig {
  Secret url;        // may hold a password
  std::string name;  // unique; derived from all else where none is given
  Duration batchwait = std::chrono::seconds(1);
  int64_t batchsize = 1048576;
  Duration timeout = std::chrono::seconds(10);
  BackoffConfig backoff;
  std::map<std::string, Secret> headers;
  LabelMap external_labels;
  std::string tenant_id;
  bool drop_rate_limited_batches = false;
  HttpClientConfig http;
  Place place;

  // Not in Promtail.
  std::string match;  // a selector of the entries that it gets; empty: all
  Place match_place;
  std::vector<RelabelConfig> relabel_configs;  // of its entries' labels
  std::vector<std::string> failover_to;        // names of clients that stand by for this one
  Duration failover_after = std::chrono::seconds(15);  // of failing
  int64_t concurrency = 8;  // the most pushes of a tenant on their way at a time
  Duration connection_max_age = std::chrono::minutes(1);  // then the name is looked up again; 0: never
  bool has_own_name = false;
};

// Entries that were given up are written to a file. Not in Promtail.
struct DeadLetterConfig {
  std::string file;  // empty: to none
  uint64_t max_bytes = uint64_t{100} << 20;
  int64_t max_files = 2;  // with the full ones
};

// Pushes on disk. Not in Promtail.
struct SpoolConfig {
  enum class Mode {
    kOff,
    kAuto,   // what cannot be read again, and what would hold back others
    kAlways  // every push, before it is sent
  };
  enum class WhenFull { kBlock, kDropOldest };

  Mode mode = Mode::kAuto;
  std::string directory;  // empty: beside the positions
  uint64_t max_bytes = uint64_t{1} << 30;
  Duration max_age{0};  // 0: any
  WhenFull when_full = WhenFull::kBlock;
};

struct StaticConfig {
  std::vector<std::string> targets;
  LabelMap labels;
};

struct DecompressionConfig {
  Duration initial_delay{0};  // before a file is read
  std::string format;         // one of decompression_formats()
};

// "gz", "z" and "bz2" are Promtail's; "xz" and "zst" are ours.
std::span<const std::string_view> decompression_formats();

// What a job's lines come from if not from files. A job has one of these at most.

struct JournalConfig {
  Duration max_age = std::chrono::hours(7);  // of what is read where there is no position
  bool json = false;                         // the line is all fields as JSON
  LabelMap labels;
  std::string path;     // a folder of journal files; empty: this machine's
  std::string matches;  // FIELD=value terms, separated by spaces
  std::string journal_namespace;  // the key `namespace`; not in Promtail
  Place place;
};

struct SyslogConfig {
  std::string listen_address;
  std::string listen_protocol = "tcp";  // or udp
  std::string syslog_format = "rfc5424";  // or rfc3164
  Duration idle_timeout = std::chrono::seconds(120);
  int64_t max_message_length = 8192;  // bytes
  bool label_structured_data = false;
  bool use_incoming_timestamp = false;
  bool use_rfc5424_message = false;  // the line is the whole message
  LabelMap labels;
  TlsConfig tls_config;  // of the listener; with a CA, senders need a certificate
  Place place;
};

struct PushApiConfig {
  ServerConfig server;
  LabelMap labels;
  bool use_incoming_timestamp = false;
  uint64_t max_send_msg_size = uint64_t{100} << 20;  // bytes of a request's body
  Place place;
};

struct ScrapeConfig {
  std::string job_name;
  std::vector<StaticConfig> static_configs;
  std::vector<RelabelConfig> relabel_configs;
  Node pipeline_stages;  // a list or null
  std::string encoding;  // of its files, a name of text_encoding.h; empty: lines stay as they are
  std::optional<DecompressionConfig> decompression;  // all its files are compressed
  std::optional<JournalConfig> journal;
  std::optional<SyslogConfig> syslog;
  std::optional<PushApiConfig> push_api;  // the key `loki_push_api`
  bool spools = false;   // `spool: always`: its lines are on disk before they count as read. Not in Promtail
  bool faulty = false;   // where errors are gathered: there are some in it
  bool has_targets = false;  // which a job must have, unless its lines come from standard input
  Place place;
};

struct LimitsConfig {
  double readline_rate = 10000;
  int64_t readline_burst = 10000;
  bool readline_rate_enabled = false;
  bool readline_rate_drop = true;
  int64_t max_streams = 0;     // 0: no limit
  uint64_t max_line_size = 0;  // 0: no limit
  bool max_line_size_truncate = false;
  // Not in Promtail: how much may wait for delivery before reading stops.
  uint64_t max_bytes_in_flight = uint64_t{8} << 20;
};

struct TargetConfig {
  Duration sync_period = std::chrono::seconds(10);
  bool read_stdin = false;  // the key `stdin`: standard input in place of all targets
};

struct FileWatchConfig {
  Duration min_poll_frequency = std::chrono::milliseconds(250);
  Duration max_poll_frequency = std::chrono::milliseconds(250);
};

struct GlobalConfig {
  FileWatchConfig file_watch_config;
};

struct Config {
  GlobalConfig global;
  ServerConfig server;
  std::vector<ClientConfig> clients;
  PositionsConfig positions;
  std::vector<ScrapeConfig> scrape_configs;
  TargetConfig target_config;
  LimitsConfig limits_config;
  DeadLetterConfig dead_letters;
  SpoolConfig spool;

  // The deprecated `client` block and the -client.* flags, which are one and the same. complete()
  // (load.h) makes it one of `clients` where it has a URL, and gives its labels to all of them.
  ClientConfig client;

  std::string file_name;  // empty: no file
};

const char* to_string(RelabelAction action);

// The effective configuration as YAML that could be loaded again, secrets hidden.
std::string to_yaml(const Config& config);

// One client, secrets hidden.
std::string to_yaml(const ClientConfig& client);

// One client with its secrets, to tell clients from each other. Not for showing.
std::string to_yaml_with_secrets(const ClientConfig& client);

}  // namespace lokitail::config
