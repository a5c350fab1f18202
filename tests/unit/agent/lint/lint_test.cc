// All lints together: what is silenced, in which order they come, and what they say of usual
// configurations.
#include <catch2/catch.hpp>

#include <set>

#include "agent/lint/name_kind.h"
#include "tests/unit/agent/lint/support.h"

namespace lokitail::agent::lint {
namespace {

using namespace test;

TEST_CASE("the list of lints") {
  std::set<std::string_view> titles;
  for (const Lint& lint : all_lints()) {
    INFO(lint.id);
    CHECK(find_lint(lint.id) == &lint);
    CHECK(titles.insert(lint.title).second);
    CHECK(lint.explanation.ends_with("."));
  }
  CHECK(find_lint("no-such-lint") == nullptr);
}

TEST_CASE("comments silence lints, and so does an id") {
  const std::string stage = "- labels: {level: }";
  const std::string id = "source-never-set";
  const Row rows[] = {
      {"loud", job(stage), {"7:14"}},
      {"on the line", job(stage + " # lokitail:ignore " + id), {}},
      {"without a blank", job(stage + " #lokitail:ignore " + id), {}},
      {"on the line above", job("# lokitail:ignore " + id + "\n" + stage), {}},
      {"two lines above", job("# lokitail:ignore " + id + "\n- docker: {}\n" + stage), {"9:14"}},
      {"above further comments", job("# lokitail:ignore " + id + "\n# because\n" + stage), {}},
      {"all lints", job(stage + " # lokitail:ignore"), {}},
      {"another lint", job(stage + " # lokitail:ignore stage-order"), {"7:14"}},
      {"one of several", job(stage + " # lokitail:ignore stage-order, " + id), {}},
      {"with a reason behind", job(stage + " # lokitail:ignore " + id + " # it comes later"), {}},
      {"on the line below", job(stage + "\n# lokitail:ignore " + id), {"7:14"}},
      {"of the line above that is no comment",
       job("- docker: {} # lokitail:ignore " + id + "\n" + stage),
       {"8:14"}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places(id, row.config) == row.want);
    CHECK(places("unknown-lint", row.config).empty());
  }
  CHECK(places(id, job(stage), {.ignored = id}).empty());
  CHECK(contains(says("unknown-lint", job(stage + " # lokitail:ignore source-never-est")),
                 "there is no lint \"source-never-est\" (did you mean \"source-never-set\"?)"));
}

TEST_CASE("findings come in the order of the file, each once") {
  const auto found = lint(job("- labels: {level: , trace: }\n- docker: {}", "/var/log/pods/*/*/*.log"));
  REQUIRE(found.size() == 4);
  for (std::size_t i = 1; i < found.size(); ++i) {
    CHECK(std::pair(found[i - 1].place.line, found[i - 1].place.column) <=
          std::pair(found[i].place.line, found[i].place.column));
  }
}

TEST_CASE("a job with errors is left alone") {
  config::Warnings warnings;
  const std::string text = job("- labels: {level: }");
  const config::Node root = config::Node::parse(text, "f");
  const config::Config config = config::load(text, "f", warnings);
  Subject subject{config, root, text};
  subject.looks_at_files = false;
  subject.jobs.push_back(
      model_job(child(root, "scrape_configs").items()[0], config.scrape_configs[0], false));
  CHECK(run_lints(subject, Ignores()).size() == 1);
  subject.jobs[0].is_faulty = true;
  CHECK(run_lints(subject, Ignores()).empty());
}

TEST_CASE("words of names") {
  using Words = std::vector<std::string>;
  CHECK(words_of("trace_id") == Words{"trace", "id"});
  CHECK(words_of("traceID") == Words{"trace", "id"});
  CHECK(words_of("TraceId") == Words{"trace", "id"});
  CHECK(words_of("http-request.URLPath") == Words{"http", "request", "url", "path"});
  CHECK(words_of("__meta_docker_container_id") == Words{"meta", "docker", "container", "id"});
  CHECK(words_of("").empty());
}

TEST_CASE("what names say of their values") {
  for (const char* name :
       {"level",     "severity", "app",         "job",         "namespace",        "pod",      "container",
        "node_name", "host",     "hostname",    "instance",    "stream",           "method",   "status",
        "code",      "env",      "service",     "unit",        "component",        "logger",   "thread",
        "version",   "region",   "cluster",     "facility",    "filename",         "host_ip",  "vhost",
        "upstream",  "grid",     "valid",       "category",    "description_type", "event_id", "uptime_class",
        "ship",      "tip",      "userid_type", "paths_total", "timezone"}) {
    INFO(name);
    CHECK(kind_of_name(name) == NameKind::kFewValues);
  }
  const std::pair<const char*, NameKind> many[] = {
      {"trace_id", NameKind::kId},
      {"traceId", NameKind::kId},
      {"span_id", NameKind::kId},
      {"x-request-id", NameKind::kId},
      {"requestID", NameKind::kId},
      {"user_id", NameKind::kId},
      {"session", NameKind::kId},
      {"uuid", NameKind::kId},
      {"pod_uid", NameKind::kId},
      {"container_id", NameKind::kId},
      {"id", NameKind::kId},
      {"pid", NameKind::kId},
      {"ip", NameKind::kAddress},
      {"client_ip", NameKind::kAddress},
      {"remote_addr", NameKind::kAddress},
      {"x_forwarded_for", NameKind::kAddress},
      {"path", NameKind::kPath},
      {"request_uri", NameKind::kPath},
      {"url", NameKind::kPath},
      {"timestamp", NameKind::kTime},
      {"ts", NameKind::kTime},
      {"time", NameKind::kTime},
      {"time_local", NameKind::kTime},
      {"duration", NameKind::kMeasure},
      {"duration_ms", NameKind::kMeasure},
      {"latencyMs", NameKind::kMeasure},
      {"body_bytes_sent", NameKind::kMeasure},
      {"message", NameKind::kText},
      {"msg", NameKind::kText},
      {"user_agent", NameKind::kText},
  };
  for (const auto& [name, kind] : many) {
    INFO(name);
    CHECK(kind_of_name(name) == kind);
  }
}

// ---- Configurations as they are out there
// ---------------------------------------------------------

const char* const kDocker = R"yaml(
server: {http_listen_port: 9080, grpc_listen_port: 0}
positions: {filename: /tmp/positions.yaml}
clients:
  - url: http://loki:3100/loki/api/v1/push
scrape_configs:
  - job_name: containers
    static_configs:
      - targets: [localhost]
        labels:
          job: containerlogs
          __path__: /var/lib/docker/containers/*/*log
    pipeline_stages:
      - json:
          expressions:
            output: log
            stream: stream
            attrs:
      - json:
          expressions:
            tag:
          source: attrs
      - regex:
          expression: (?P<image_name>(?:[^|]*[^|])).(?P<container_name>(?:[^|]*[^|]))
          source: tag
      - timestamp:
          format: RFC3339Nano
          source: time
      - labels:
          tag:
          stream:
          image_name:
          container_name:
      - output:
          source: output
)yaml";

const char* const kDockerSd = R"yaml(
clients:
  - url: http://loki:3100/loki/api/v1/push
scrape_configs:
  - job_name: docker
    docker_sd_configs:
      - host: unix:///var/run/docker.sock
        refresh_interval: 5s
    relabel_configs:
      - source_labels: ['__meta_docker_container_name']
        regex: '/(.*)'
        target_label: 'container'
      - source_labels: ['__meta_docker_container_log_stream']
        target_label: 'logstream'
      - source_labels: ['__meta_docker_container_label_logging_jobname']
        target_label: 'job'
    pipeline_stages:
      - json: {expressions: {level: level, msg: message, ts: time}}
      - labels: {level: }
      - timestamp: {source: ts, format: RFC3339}
      - output: {source: msg}
)yaml";

const char* const kKubernetes = R"yaml(
clients:
  - url: http://loki:3100/loki/api/v1/push
scrape_configs:
  - job_name: kubernetes-pods
    pipeline_stages:
      - cri: {}
      - match:
          selector: '{app="api"}'
          stages:
            - json: {expressions: {level: level, trace_id: traceId}}
            - labels: {level: }
            - structured_metadata: {trace_id: }
      - labeldrop: [filename]
    kubernetes_sd_configs:
      - role: pod
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_controller_name]
        regex: ([0-9a-z-.]+?)(-[0-9a-f]{8,10})?
        action: replace
        target_label: __tmp_controller_name
      - source_labels:
          - __meta_kubernetes_pod_label_app_kubernetes_io_name
          - __meta_kubernetes_pod_label_app
          - __tmp_controller_name
          - __meta_kubernetes_pod_name
        regex: ^;*([^;]+)(;.*)?$
        action: replace
        target_label: app
      - action: replace
        source_labels: [__meta_kubernetes_pod_node_name]
        target_label: node_name
      - action: replace
        source_labels: [__meta_kubernetes_namespace]
        target_label: namespace
      - action: replace
        replacement: $1
        separator: /
        source_labels: [namespace, app]
        target_label: job
      - action: replace
        source_labels: [__meta_kubernetes_pod_name]
        target_label: pod
      - action: replace
        source_labels: [__meta_kubernetes_pod_container_name]
        target_label: container
      - action: replace
        replacement: /var/log/pods/*$1/*.log
        separator: /
        source_labels: [__meta_kubernetes_pod_uid, __meta_kubernetes_pod_container_name]
        target_label: __path__
      - action: replace
        regex: true/(.*)
        replacement: /var/log/pods/*$1/*.log
        separator: /
        source_labels:
          - __meta_kubernetes_pod_annotationpresent_kubernetes_io_config_hash
          - __meta_kubernetes_pod_annotation_kubernetes_io_config_hash
          - __meta_kubernetes_pod_container_name
        target_label: __path__
)yaml";

const char* const kNginx = R"yaml(
clients: [{url: http://loki:3100/loki/api/v1/push}]
scrape_configs:
  - job_name: nginx
    static_configs:
      - targets: [localhost]
        labels: {job: nginx, host: web1, __path__: /var/log/nginx/access.log}
      - targets: [localhost]
        labels: {job: nginx_error, host: web1, __path__: /var/log/nginx/error.log}
    pipeline_stages:
      - match:
          selector: '{job="nginx"}'
          stages:
            - regex:
                expression: '^(?P<remote_addr>[\w\.]+) - (?P<remote_user>[^ ]*) \[(?P<time_local>.*)\] "(?P<method>[^ ]*) (?P<request>[^ ]*) (?P<protocol>[^ ]*)" (?P<status>[\d]+) (?P<body_bytes_sent>[\d]+) "(?P<http_referer>[^"]*)" "(?P<http_user_agent>[^"]*)"?'
            - labels: {method: , status: }
            - timestamp: {source: time_local, format: '02/Jan/2006:15:04:05 -0700'}
            - metrics:
                http_response_bytes_total:
                  type: Counter
                  source: body_bytes_sent
                  config: {action: add}
      - match:
          selector: '{job="nginx_error"}'
          stages:
            - regex: {expression: '^(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<level>\w+)\]'}
            - labels: {level: }
            - timestamp: {source: time, format: '2006/01/02 15:04:05', location: Europe/Berlin}
)yaml";

const char* const kSyslogFile = R"yaml(
clients: [{url: http://loki:3100/loki/api/v1/push}]
scrape_configs:
  - job_name: system
    static_configs:
      - targets: [localhost]
        labels: {job: varlogs, __path__: '/var/log/{syslog,messages,auth.log}'}
    pipeline_stages:
      - regex: {expression: '^(?P<time>\w{3} [ \d]\d \d\d:\d\d:\d\d) (?P<host>\S+) (?P<unit>[^\[:]+)(\[\d+\])?: (?P<text>.*)$'}
      - timestamp: {source: time, format: 'Jan _2 15:04:05', location: Local}
      - labels: {host: , unit: }
      - output: {source: text}
  - job_name: journal
    journal: {max_age: 12h, labels: {job: systemd-journal}}
    relabel_configs:
      - {source_labels: [__journal__systemd_unit], target_label: unit}
      - {source_labels: [__journal_priority_keyword], target_label: level}
      - {source_labels: [__journal__hostname], target_label: hostname}
)yaml";

const char* const kJava = R"yaml(
clients: [{url: http://loki:3100/loki/api/v1/push}]
scrape_configs:
  - job_name: java
    static_configs:
      - targets: [localhost]
        labels: {job: shop, app: checkout, __path__: /srv/shop/logs/*.log}
    pipeline_stages:
      - multiline:
          firstline: '^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}'
          max_wait_time: 3s
      - regex:
          expression: '^(?s)(?P<time>\S+ \S+) +(?P<level>[A-Z]+) +\[(?P<thread>[^\]]+)\] (?P<message>.*)$'
      - labels: {level: }
      - timestamp: {source: time, format: '2006-01-02 15:04:05,000', location: Europe/Prague}
      - structured_metadata: {thread: }
      - drop: {source: level, value: TRACE}
      - template: {source: message, template: '{{ .thread }}: {{ .message }}'}
      - output: {source: message}
)yaml";

const char* const kSyslogReceiver = R"yaml(
clients: [{url: http://loki:3100/loki/api/v1/push}]
scrape_configs:
  - job_name: syslog
    syslog: {listen_address: 0.0.0.0:1514, labels: {job: syslog}}
    relabel_configs:
      - {source_labels: [__syslog_message_hostname], target_label: host}
      - {source_labels: [__syslog_message_severity], target_label: level}
      - {source_labels: [__syslog_message_app_name], target_label: application}
      - {source_labels: [__syslog_connection_ip_address], target_label: ip}
    pipeline_stages:
      - match: {selector: '{level=~"debug|informational"}', action: drop}
)yaml";

const char* const kWindows = R"yaml(
clients: [{url: http://loki:3100/loki/api/v1/push}]
scrape_configs:
  - job_name: windows
    windows_events: {eventlog_name: Application, xpath_query: '*', labels: {job: windows}}
    relabel_configs:
      - {source_labels: [computer], target_label: host}
    pipeline_stages:
      - json: {expressions: {source: , level: levelText, message: }}
      - eventlogmessage: {source: message, overwrite_existing: true}
      - labels: {source: , level: , Account_Name: }
)yaml";

TEST_CASE("usual configurations: what is said of them is true, and nothing else") {
  const struct {
    const char* what;
    const char* config;
    std::vector<std::string> want;  // id and line
  } cases[] = {
      // It reads `time` without taking it out of the JSON, which many copies of this example do.
      {"docker by hand", kDocker, {"filename-label 12", "source-never-set 28"}},
      {"docker_sd", kDockerSd, {}},
      {"kubernetes", kKubernetes, {}},
      {"nginx",
       kNginx,
       {"value-never-used 15", "value-never-used 15", "value-never-used 15", "value-never-used 15",
        "value-never-used 15", "value-never-used 15"}},
      {"syslog files and the journal", kSyslogFile, {}},
      {"java", kJava, {}},
      {"a syslog receiver", kSyslogReceiver, {}},
      {"Windows events", kWindows, {}},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    CHECK(all_of(c.config) == c.want);
  }
}

}  // namespace
}  // namespace lokitail::agent::lint
