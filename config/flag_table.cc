#include "config/flag_table.h"

#include <algorithm>
#include <array>

#include "config/scalar.h"
#include "config/url.h"
#include "config/value.h"

namespace lokitail::config {
namespace {

[[noreturn]] void refuse(const Flag& flag, const std::string& value, std::string_view why) {
  const std::string_view what = flag.kind == FlagKind::kBool ? "boolean value" : "value";
  throw FlagError("invalid " + std::string(what) + " \"" + value + "\" for flag -" + std::string(flag.name) +
                  ": " + std::string(why));
}

constexpr std::string_view kParseError = "parse error";

void read(bool& out, const Flag& flag, const std::string& value) {
  const auto parsed = parse_go_bool(value);
  if (!parsed) refuse(flag, value, kParseError);
  out = *parsed;
}

void read(std::string& out, const Flag&, const std::string& value) { out = value; }

void read(int64_t& out, const Flag& flag, const std::string& value) {
  const auto parsed = parse_go_int(value);
  if (!parsed) refuse(flag, value, kParseError);
  out = *parsed;
  if (out < 0) refuse(flag, value, "must not be negative");
}

void read(double& out, const Flag& flag, const std::string& value) {
  const auto parsed = parse_go_float(value);
  if (!parsed) refuse(flag, value, kParseError);
  out = *parsed;
}

void read(Duration& out, const Flag& flag, const std::string& value) {
  const auto parsed = parse_go_duration(value);
  if (!parsed) refuse(flag, value, "expected a duration such as 1.5s or 2h45m");
  out = *parsed;
  if (out < Duration::zero()) refuse(flag, value, "must not be negative");
}

void read_positive(Duration& out, const Flag& flag, const std::string& value) {
  read(out, flag, value);
  if (out == Duration::zero()) refuse(flag, value, "must be greater than zero");
}

void read_bytes(uint64_t& out, const Flag& flag, const std::string& value) {
  const auto parsed = parse_bytes(value);
  if (!parsed) refuse(flag, value, "expected a size such as 65536, 256KB or 1MB");
  out = *parsed;
}

void read_port(int64_t& out, const Flag& flag, const std::string& value) {
  read(out, flag, value);
  if (out > 65535) refuse(flag, value, "expected a port, 0 to 65535");
}

// Its value is not shown, since it may hold a password.
void read_url(Secret& out, const Flag& flag, const std::string& value) {
  const auto problem = value.empty() ? std::nullopt : url_problem(value);
  if (problem) {
    throw FlagError("invalid URL for flag -" + std::string(flag.name) + ": " + *problem);
  }
  out = Secret(value);
}

// One line of CSV: fields may stand in double quotes, in which a quote is written twice.
std::vector<std::string> split_csv(const Flag& flag, const std::string& line) {
  std::vector<std::string> fields;
  size_t at = 0;
  while (true) {
    std::string field;
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at >= line.size()) refuse(flag, line, "a quote is not closed");
        if (line[at] != '"') {
          field += line[at];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          field += line[++at];
        } else {
          break;
        }
      }
      ++at;
      if (at < line.size() && line[at] != ',') refuse(flag, line, "text behind a closing quote");
    } else {
      const size_t comma = std::min(line.find(',', at), line.size());
      field = line.substr(at, comma - at);
      at = comma;
    }
    fields.push_back(std::move(field));
    if (at >= line.size()) return fields;
    ++at;
  }
}

void read_labels(LabelMap& out, const Flag& flag, const std::string& value) {
  out.clear();
  for (const std::string& pair : split_csv(flag, value)) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos) refuse(flag, value, pair + " must be formatted as key=value");
    const std::string name = pair.substr(0, equals);
    if (name.empty() || !is_utf8(name)) refuse(flag, value, "not a valid label name: " + name);
    out.insert_or_assign(name, pair.substr(equals + 1));
  }
}

void read_level(std::string& out, const Flag& flag, const std::string& value) {
  constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warn", "error"};
  if (std::find(kLevels.begin(), kLevels.end(), value) == kLevels.end()) {
    refuse(flag, value, "unrecognized log level \"" + value + "\"");
  }
  out = value;
}

void read_format(std::string& out, const Flag& flag, const std::string& value) {
  if (value != "logfmt" && value != "json") {
    refuse(flag, value, "unrecognized log format \"" + value + "\"");
  }
  out = value;
}

// Takes any value and does nothing with it.
void accept(FlagTarget, const Flag&, const std::string&) {}

void not_yet_when_true(FlagTarget, const Flag& flag, const std::string& value) {
  bool wanted = false;
  read(wanted, flag, value);
  if (wanted) throw FlagError("-" + std::string(flag.name) + " is not supported by lokitail yet");
}

// Promtail's names are those of Go's crypto/tls.
void read_tls_version(std::string& out, const Flag& flag, const std::string& value) {
  constexpr std::string_view kPrefix = "Version";
  constexpr std::array<std::string_view, 5> kVersions{"", "VersionTLS10", "VersionTLS11", "VersionTLS12",
                                                      "VersionTLS13"};
  if (std::find(kVersions.begin(), kVersions.end(), value) == kVersions.end()) {
    refuse(flag, value, "expected VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13");
  }
  out = value.empty() ? value : value.substr(kPrefix.size());
}

// Rows: a flag that sets an option, one that sets a value of the configuration by `read` or by a
// reader of its own, and those without effect.
#define OPTION(name, kind, standard, help, member)                          \
  Flag {                                                                    \
    name, FlagKind::kind, standard, help,                                   \
        [](FlagTarget target, const Flag& flag, const std::string& value) { \
          read(target.options.member, flag, value);                         \
        },                                                                  \
        FlagEffect::kOption                                                 \
  }
#define SETTING_BY(reader, name, kind, standard, help, member)              \
  Flag {                                                                    \
    name, FlagKind::kind, standard, help,                                   \
        [](FlagTarget target, const Flag& flag, const std::string& value) { \
          reader(target.config.member, flag, value);                        \
        },                                                                  \
        FlagEffect::kSetting                                                \
  }
#define SETTING(name, kind, standard, help, member) SETTING_BY(read, name, kind, standard, help, member)
#define ACCEPTED(name, kind) \
  Flag { name, FlagKind::kind, "", "Accepted and without effect.", accept, FlagEffect::kNone }
#define NOT_YET(name, kind, action) \
  Flag { name, FlagKind::kind, "", "Not supported yet.", action, FlagEffect::kNotYet }

constexpr std::array kFlags{
    OPTION("check-syntax", kBool, "", "Validate the config file of its syntax", check_syntax),
    SETTING("client.batch-size-bytes", kInt, "1048576",
            "Maximum batch size to accrue before sending. (deprecated)", client.batchsize),
    SETTING("client.batch-wait", kDuration, "1s", "Maximum wait period before sending batch. (deprecated)",
            client.batchwait),
    SETTING("client.drop-rate-limited-batches", kBool, "",
            "Do not retry batches that have been rate limited by Loki. (deprecated)",
            client.drop_rate_limited_batches),
    SETTING_BY(read_labels, "client.external-labels", kValue, "",
               "Labels to add to all log lines, as comma-separated name=value pairs", client.external_labels),
    SETTING("client.max-backoff", kDuration, "5m0s", "Maximum backoff time between retries. (deprecated)",
            client.backoff.max_period),
    SETTING("client.max-retries", kInt, "0",
            "Maximum number of attempts to send a batch, 0 for no limit. (deprecated)",
            client.backoff.max_retries),
    SETTING("client.min-backoff", kDuration, "500ms", "Initial backoff time between retries. (deprecated)",
            client.backoff.min_period),
    SETTING("client.tenant-id", kString, "", "Tenant ID to use when pushing logs to Loki. (deprecated)",
            client.tenant_id),
    SETTING_BY(read_positive, "client.timeout", kDuration, "10s",
               "Maximum time to wait for the server to respond to a request. (deprecated)", client.timeout),
    SETTING_BY(read_url, "client.url", kValue, "",
               "URL of a log server, one more client besides those of the file. (deprecated)", client.url),
    OPTION("config.expand-env", kBool, "",
           "Expands ${var} in config according to the values of the environment variables.", expand_env),
    OPTION("config.file", kString, "",
           "yaml file to load; of several, separated by commas, the first that exists", config_file),
    OPTION("config.watch", kBool, "", "Loads the config file again whenever it changes, as SIGHUP does.",
           watch_config),
    OPTION("drain-and-exit", kBool, "", "Read all files to their ends, deliver everything, and end.",
           drain_and_exit),
    OPTION("dry-run", kBool, "", "Start but print entries instead of sending them to Loki.", dry_run),
    SETTING_BY(read_positive, "file-watch.max_poll_frequency", kDuration, "250ms",
               "Maximum period to poll for file changes", global.file_watch_config.max_poll_frequency),
    SETTING_BY(read_positive, "file-watch.min_poll_frequency", kDuration, "250ms",
               "Minimum period to poll for file changes", global.file_watch_config.min_poll_frequency),
    OPTION("inspect", kBool, "", "Allows for detailed inspection of pipeline stages", inspect),
    SETTING("limit.readline-burst", kInt, "10000", "burst of lines that may be read at once",
            limits_config.readline_burst),
    SETTING("limit.readline-rate", kFloat, "10000", "lines that may be read per second",
            limits_config.readline_rate),
    SETTING("limit.readline-rate-drop", kBool, "true", "Drop lines over the limit rather than wait",
            limits_config.readline_rate_drop),
    SETTING("limit.readline-rate-enabled", kBool, "", "Limit the rate of lines",
            limits_config.readline_rate_enabled),
    OPTION("log-config-reverse-order", kBool, "",
           "Dump the entire config at Info log level with the order reversed, so that it reads "
           "well in Grafana Explore.",
           log_config_reverse_order),
    SETTING_BY(read_format, "log.format", kString, "logfmt",
               "Output log messages in the given format. Valid formats: [logfmt, json]", server.log_format),
    SETTING_BY(read_level, "log.level", kValue, "info",
               "Only log messages with the given severity or above. Valid levels: [debug, info, "
               "warn, error]",
               server.log_level),
    SETTING_BY(read_bytes, "max-line-size", kValue, "0B", "Maximum size of a line, 0 for no limit",
               limits_config.max_line_size),
    SETTING("max-line-size-truncate", kBool, "", "Truncate lines over max-line-size rather than drop them",
            limits_config.max_line_size_truncate),
    SETTING("max-streams", kInt, "0", "Maximum number of active streams, 0 for no limit",
            limits_config.max_streams),
    SETTING("positions.file", kString, "/var/log/positions.yaml", "Location to read/write positions from.",
            positions.filename),
    SETTING("positions.ignore-invalid-yaml", kBool, "",
            "whether to ignore & later overwrite positions files that are corrupted",
            positions.ignore_invalid_yaml),
    SETTING_BY(read_positive, "positions.sync-period", kDuration, "10s",
               "Period with which to sync the position file.", positions.sync_period),
    OPTION("print-config-stderr", kBool, "", "Dump the entire config to stderr", print_config_stderr),
    SETTING("server.admin", kBool, "", "Whether the agent may be changed, and lines be seen, over HTTP",
            server.admin),
    SETTING("server.disable", kBool, "", "Disable the http and grpc server.", server.disable),
    SETTING("server.enable-runtime-reload", kBool, "", "Enable reload via HTTP request.",
            server.enable_runtime_reload),
    SETTING("server.graceful-shutdown-timeout", kDuration, "30s", "Timeout for graceful shutdowns",
            server.graceful_shutdown_timeout),
    ACCEPTED("server.grpc-conn-limit", kInt),
    ACCEPTED("server.grpc-listen-address", kString),
    ACCEPTED("server.grpc-listen-network", kString),
    ACCEPTED("server.grpc-listen-port", kInt),
    ACCEPTED("server.grpc-max-concurrent-streams", kInt),
    ACCEPTED("server.grpc-max-recv-msg-size-bytes", kInt),
    ACCEPTED("server.grpc-max-send-msg-size-bytes", kInt),
    ACCEPTED("server.grpc-tls-ca-path", kString),
    ACCEPTED("server.grpc-tls-cert-path", kString),
    ACCEPTED("server.grpc-tls-client-auth", kString),
    ACCEPTED("server.grpc-tls-key-path", kString),
    ACCEPTED("server.grpc.keepalive.max-connection-age", kDuration),
    ACCEPTED("server.grpc.keepalive.max-connection-age-grace", kDuration),
    ACCEPTED("server.grpc.keepalive.max-connection-idle", kDuration),
    ACCEPTED("server.grpc.keepalive.min-time-between-pings", kDuration),
    ACCEPTED("server.grpc.keepalive.ping-without-stream-allowed", kBool),
    ACCEPTED("server.grpc.keepalive.time", kDuration),
    ACCEPTED("server.grpc.keepalive.timeout", kDuration),
    ACCEPTED("server.grpc.num-workers", kInt),
    ACCEPTED("server.grpc.stats-tracking-enabled", kBool),
    SETTING("server.http-conn-limit", kInt, "0",
            "Maximum number of simultaneous http connections, 0 for no limit", server.http_listen_conn_limit),
    SETTING("server.http-idle-timeout", kDuration, "2m0s", "Idle timeout for HTTP server",
            server.http_server_idle_timeout),
    SETTING("server.http-listen-address", kString, "", "HTTP server listen address.",
            server.http_listen_address),
    SETTING("server.http-listen-network", kString, "tcp", "HTTP server listen network",
            server.http_listen_network),
    SETTING_BY(read_port, "server.http-listen-port", kInt, "80", "HTTP server listen port.",
               server.http_listen_port),
    ACCEPTED("server.http-read-header-timeout", kDuration),
    SETTING("server.http-read-timeout", kDuration, "30s", "Read timeout for HTTP server",
            server.http_server_read_timeout),
    SETTING("server.http-tls-ca-path", kString, "", "HTTP TLS Client CA path.",
            server.http_tls_config.tls.ca_file),
    SETTING("server.http-tls-cert-path", kString, "", "HTTP server cert path.",
            server.http_tls_config.tls.cert_file),
    SETTING("server.http-tls-client-auth", kString, "", "HTTP TLS Client Auth type.",
            server.http_tls_config.client_auth_type),
    SETTING("server.http-tls-key-path", kString, "", "HTTP server key path.",
            server.http_tls_config.tls.key_file),
    SETTING("server.http-write-timeout", kDuration, "30s", "Write timeout for HTTP server",
            server.http_server_write_timeout),
    ACCEPTED("server.log-request-at-info-level-enabled", kBool),
    ACCEPTED("server.log-request-headers", kBool),
    ACCEPTED("server.log-request-headers-exclude-list", kString),
    ACCEPTED("server.log-source-ips-enabled", kBool),
    ACCEPTED("server.log-source-ips-full", kBool),
    ACCEPTED("server.log-source-ips-header", kString),
    ACCEPTED("server.log-source-ips-regex", kString),
    SETTING("server.path-prefix", kString, "", "Base path to serve all API routes from (e.g. /v1/)",
            server.http_path_prefix),
    ACCEPTED("server.profiling_enabled", kBool),
    NOT_YET("server.proxy-protocol-enabled", kBool, not_yet_when_true),
    ACCEPTED("server.register-instrumentation", kBool),
    ACCEPTED("server.report-grpc-codes-in-instrumentation-label-enabled", kBool),
    ACCEPTED("server.tls-cipher-suites", kString),
    SETTING_BY(read_tls_version, "server.tls-min-version", kString, "", "Minimum TLS version to use.",
               server.http_tls_config.tls.min_version),
    ACCEPTED("server.trace-request-headers", kBool),
    ACCEPTED("server.trace-request-headers-exclude-list", kString),
    OPTION("shutdown.timeout", kDuration, "5s", "How long a stop may take to deliver what has been read",
           shutdown_timeout),
    SETTING("stdin", kBool, "",
            "Set to true to pipe logs to lokitail: standard input is read in place of all targets.",
            target_config.read_stdin),
    SETTING_BY(read_positive, "target.sync-period", kDuration, "10s",
               "Period to resync directories being watched and files being tailed.",
               target_config.sync_period),
    SETTING("tracing.enabled", kBool, "", "Send traces of the agent's pushes to tracing.endpoint",
            tracing.enabled),
    OPTION("version", kBool, "", "Print this builds version information", print_version),
};

#undef OPTION
#undef SETTING_BY
#undef SETTING
#undef ACCEPTED
#undef NOT_YET

static_assert(std::ranges::adjacent_find(kFlags, std::ranges::greater_equal{}, &Flag::name) == kFlags.end(),
              "sorted by name, no name twice");

}  // namespace

LabelMap parse_labels(std::string_view flag, const std::string& value) {
  LabelMap labels;
  read_labels(labels, Flag{flag, FlagKind::kValue, "", "", accept, FlagEffect::kNone}, value);
  return labels;
}

std::span<const Flag> all_flags() { return kFlags; }

std::string_view type_name(FlagKind kind) {
  switch (kind) {
    case FlagKind::kBool:
      return "";
    case FlagKind::kString:
      return "string";
    case FlagKind::kInt:
      return "int";
    case FlagKind::kFloat:
      return "float";
    case FlagKind::kDuration:
      return "duration";
    case FlagKind::kValue:
      return "value";
  }
  return "";
}

}  // namespace lokitail::config
