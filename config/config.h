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

// TLS of an HTTP server; none without a certificate.
struct ServerTlsConfig {
  TlsConfig tls;  // its certificate and key, and the CA of its clients
  // NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven,
  // RequireAndVerifyClientCert or empty, as in Go's crypto/tls.
  std::string client_auth_type;

  bool is_on() const { return !tls.cert.empty() || !tls.cert_file.empty(); }
};

// What is wrong with it; empty where nothing is.
std::string problem_of(const ServerTlsConfig& config);

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
  ServerTlsConfig http_tls_config;
  std::optional<BasicAuth> basic_auth;     // ours: who may ask, but for what says whether the agent is well
  bool admin = false;                      // ours: whether it may be changed, and lines be seen, over HTTP
  std::vector<std::string> allowed_hosts;  // ours: further names under which browsers may ask for the page
  std::string http_listen_socket;          // ours: a Unix socket besides; empty: none
  std::string http_listen_socket_mode = "0660";
  bool per_file_metrics = true;  // ours: series of each path; false: their sums
  Duration http_server_read_timeout = std::chrono::seconds(30);
  Duration http_server_write_timeout = std::chrono::seconds(30);
  Duration http_server_idle_timeout = std::chrono::seconds(120);
  Duration graceful_shutdown_timeout = std::chrono::seconds(30);
  std::string log_format = "logfmt";  // or json
  std::string log_level = "info";     // debug, info, warn, error
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
  std::vector<RelabelConfig> relabel_configs;          // of its entries' labels
  std::vector<std::string> failover_to;                // names of clients that stand by for this one
  Duration failover_after = std::chrono::seconds(15);  // of failing
  int64_t concurrency = 8;                             // the most pushes of a tenant on their way at a time
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

// The agent's own traces: what became of a push, from reading its lines to their being settled.
// Promtail has `enabled` alone.
struct TracingConfig {
  bool enabled = false;
  Secret endpoint;              // of OTLP over HTTP; may hold a password
  double sampling_ratio = 0.1;  // of the pushes, from 0 to 1
  Duration timeout = std::chrono::seconds(10);
  int64_t queue_size = 2048;  // spans that wait to be sent; more are dropped
  std::map<std::string, Secret> headers;
  HttpClientConfig http;

  bool is_on() const { return enabled && !endpoint.empty() && sampling_ratio > 0; }
};

struct StaticConfig {
  std::vector<std::string> targets;
  LabelMap labels;
};

// Targets that lie in files.
struct FileSdConfig {
  std::vector<std::string> files;  // paths; their last part may have one *
  Duration refresh_interval = std::chrono::minutes(5);
};

// Targets that a server lists. Not in Promtail.
struct HttpSdConfig {
  Secret url;  // may hold a password
  Duration refresh_interval = std::chrono::seconds(60);
  HttpClientConfig http;
};

// Services of a Consul cluster, or of one of its agents.
struct ConsulSdConfig {
  std::string server = "localhost:8500";
  std::string path_prefix;  // of the API, behind a proxy
  Secret token;
  std::string datacenter;
  std::string consul_namespace;  // the key `namespace`
  std::string partition;
  std::string tag_separator = ",";
  std::string scheme = "http";  // or https
  std::string username;
  Secret password;
  bool allow_stale = true;
  Duration refresh_interval = std::chrono::seconds(30);  // between two changes, or looks
  std::vector<std::string> services;                     // none: all
  std::vector<std::string> tags;                         // a service has all of them
  LabelMap node_meta;
  std::string filter;  // of the services, an expression that Consul understands
  HttpClientConfig http;

  std::string url() const;  // of the API, up to its version
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
  std::string path;               // a folder of journal files; empty: this machine's
  std::string matches;            // FIELD=value terms, separated by spaces
  std::string journal_namespace;  // the key `namespace`; not in Promtail
  Place place;
};

struct SyslogConfig {
  std::string listen_address;
  std::string listen_protocol = "tcp";    // or udp
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
  bool keep_tenant = false;  // entries belong to the tenant of the request's X-Scope-OrgID. Not in Promtail
  uint64_t max_send_msg_size = uint64_t{100} << 20;  // bytes of a request's body
  Place place;
};

struct KafkaConfig {
  struct Topic {
    std::string name;  // a regular expression where it begins with ^
    Place place;
  };
  enum class Authentication { kNone, kSsl, kSasl };

  std::vector<std::string> brokers;
  std::vector<Topic> topics;
  std::string group_id = "promtail";
  std::string version = "2.1.1";   // of the brokers; they are asked
  std::string assignor = "range";  // or sticky, roundrobin
  Authentication authentication = Authentication::kNone;
  TlsConfig tls_config;        // with kSsl; with kSasl that of `sasl_config`, where use_tls is set
  std::string sasl_mechanism;  // PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
  std::string sasl_user;
  Secret sasl_password;
  bool sasl_use_tls = false;
  LabelMap labels;
  bool use_incoming_timestamp = false;
  Place place;
};

struct GelfConfig {
  std::string listen_address = ":12201";  // UDP
  LabelMap labels;
  bool use_incoming_timestamp = false;
  Place place;
};

struct HerokuDrainConfig {
  ServerConfig server;
  LabelMap labels;
  bool use_incoming_timestamp = false;
  Place place;
};

// The logs of a Docker engine's containers: it is asked for them, or they are found where it keeps them.
struct DockerSdConfig {
  struct Filter {
    std::string name;
    std::vector<std::string> values;
  };
  std::string host;                  // unix:///path, tcp://, http:// or https://
  std::string containers_directory;  // in place of the host; without slashes at its end. Not in Promtail
  int64_t port = 80;                 // of a container's __address__ where it has none
  std::string host_networking_host = "localhost";  // __address__ of containers in the host's network
  bool match_first_network = true;
  Duration refresh_interval = std::chrono::seconds(60);
  std::vector<Filter> filters;  // as `docker ps` has them
  HttpClientConfig http;
  Place place;
};

// What a Kubernetes cluster has.
struct KubernetesSdConfig {
  enum class Role { kPod, kService, kEndpoints, kEndpointSlice, kNode, kIngress };
  struct Selector {
    Role role = Role::kPod;
    std::string label;
    std::string field;
  };
  Role role = Role::kPod;
  Secret api_server;  // a URL; empty: that of the kubeconfig, or else of the cluster that we run in
  std::string kubeconfig_file;
  std::vector<std::string> namespaces;  // none: all
  bool own_namespace = false;
  std::vector<Selector> selectors;
  // What is added to targets from other objects.
  struct AttachMetadata {
    bool node = false;              // the labels of the node that it runs on
    bool namespace_labels = false;  // those of its namespace
    // The name of what controls a pod's controller.
    bool deployment = false;
    bool job = false;
    bool cronjob = false;
    bool any() const { return node || namespace_labels || deployment || job || cronjob; }
  };
  AttachMetadata attach;
  HttpClientConfig http;  // with api_server alone

  // Not in Promtail.
  bool only_folders = false;  // `source: folders`: pods are known by the folders of their logs alone
  std::string pod_logs_directory = "/var/log/pods";
  Place place;
};

// "pod", "service", ...
std::string_view to_string(KubernetesSdConfig::Role role);

struct ScrapeConfig {
  std::string job_name;
  std::vector<StaticConfig> static_configs;
  std::vector<FileSdConfig> file_sd_configs;
  std::vector<KubernetesSdConfig> kubernetes_sd_configs;
  std::vector<HttpSdConfig> http_sd_configs;
  std::vector<ConsulSdConfig> consul_sd_configs;
  std::vector<ConsulSdConfig> consulagent_sd_configs;
  std::vector<RelabelConfig> relabel_configs;
  Node pipeline_stages;  // a list or null
  std::string encoding;  // of its files, a name of text_encoding.h; empty: lines stay as they are
  std::optional<DecompressionConfig> decompression;  // all its files are compressed
  std::optional<JournalConfig> journal;
  std::optional<SyslogConfig> syslog;
  std::optional<PushApiConfig> push_api;  // the key `loki_push_api`
  std::optional<GelfConfig> gelf;
  std::optional<HerokuDrainConfig> heroku_drain;
  std::vector<DockerSdConfig> docker_sd_configs;
  std::optional<KafkaConfig> kafka;
  bool spools = false;  // `spool: always`: its lines are on disk before they count as read. Not in Promtail
  bool faulty = false;  // where errors are gathered: there are some in it
  bool has_targets = false;  // which a job must have, unless its lines come from standard input
  Place place;

  // Whether its lines come from files: of several kinds in one job this one counts.
  bool has_files() const { return !static_configs.empty() || discovers_files(); }
  // Whether these are found, and go, while the agent runs.
  bool discovers_files() const {
    return !file_sd_configs.empty() || !http_sd_configs.empty() || !consul_sd_configs.empty() ||
           !consulagent_sd_configs.empty() || !kubernetes_sd_configs.empty();
  }
};

struct LimitsConfig {
  double readline_rate = 10000;
  int64_t readline_burst = 10000;
  bool readline_rate_enabled = false;
  bool readline_rate_drop = true;
  int64_t max_streams = 0;     // 0: no limit
  uint64_t max_line_size = 0;  // 0: no limit
  bool max_line_size_truncate = false;
  // Not in Promtail: of each target. 0: no limit. A burst of 0 is one second's lines.
  double target_rate = 0;
  int64_t target_burst = 0;
  bool target_rate_drop = false;
  double cpu_share = 0;  // not in Promtail: CPUs that the process should use at most; 0: any
  // Not in Promtail: how much may wait for delivery before reading stops.
  uint64_t max_bytes_in_flight = uint64_t{8} << 20;
};

struct TargetConfig {
  Duration sync_period = std::chrono::seconds(10);
  Duration stuck_after = std::chrono::minutes(5);  // ours: without progress a file counts as stuck; 0: never
  bool read_stdin = false;                         // the key `stdin`: standard input in place of all targets
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
  std::size_t workers = 1;  // threads that read and transform
  DeadLetterConfig dead_letters;
  SpoolConfig spool;
  TracingConfig tracing;

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

// A part of it, such as the stages of a job, secrets hidden.
std::string to_yaml(const Node& node);

// With its secrets, to tell what has changed. Not for showing.
std::string to_yaml_with_secrets(const Config& config);
std::string to_yaml_with_secrets(const ScrapeConfig& scrape);

// One client with its secrets, to tell clients from each other. Not for showing.
std::string to_yaml_with_secrets(const ClientConfig& client);

}  // namespace lokitail::config
