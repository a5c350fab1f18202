#include "tests/bench/stage_rows.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "tests/support/maxmind_db.h"

namespace lokitail::bench {
namespace {

const std::string kNginxExpression =
    R"re(^(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] )re"
    R"re("(?P<method>\S+) (?P<path>\S+) [^"]*" (?P<status>\d+) (?P<bytes>\d+) "(?P<referer>[^"]*)")re";
constexpr int kNginxGroups = 8;

const std::string kKlogExpression =
    R"re(^(?P<severity>[IWEF])(?P<time>\d{4} \d{2}:\d{2}:\d{2}\.\d+)\s+(?P<pid>\d+) )re"
    R"re((?P<file>[^:]+):(?P<line>\d+)\] (?P<msg>.*))re";
constexpr int kKlogGroups = 6;

std::string regex(const std::string& expression) { return "- regex: {expression: '" + expression + "'}\n"; }

const std::string kTakeNginx = regex(kNginxExpression);
const std::string kReadNginxTime = "- timestamp: {source: time, format: '02/Jan/2006:15:04:05 -0700'}\n";
const std::string kTakeLogfmt = "- logfmt: {mapping: {level: , ts: , status: , trace_id: }}\n";
const std::string kTakeZap = "- json: {expressions: {level: , ts: , msg: , trace_id: }}\n";
const std::string kJoinJava = R"(- multiline: {firstline: '^\d{4}-\d{2}-\d{2} '})"
                              "\n";

// One record for all addresses, in a file of its own.
class GeoipDatabase {
 public:
  GeoipDatabase() {
    std::string name = std::filesystem::temp_directory_path() / "lokitail-bench-XXXXXX";
    folder_ = mkdtemp(name.data());
    test::maxmind::Database database(test::maxmind::Format{});
    database.add("0.0.0.0/1", test::maxmind::longmont());
    database.add("128.0.0.0/1", test::maxmind::longmont());
    std::ofstream(path(), std::ios::binary) << database.bytes();
  }
  ~GeoipDatabase() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path() const { return folder_ / "city.mmdb"; }

 private:
  std::filesystem::path folder_;
};

std::vector<StageRow> make_stage_rows() {
  using enum LogFormat;
  static const GeoipDatabase database;
  return {
      {"cardinality_guard",
       kLogfmt,
       kTakeLogfmt + "- labels: {level: , trace_id: }\n",
       "- cardinality_guard: {labels: {trace_id: 100, level: 10}}",
       {"level"}},
      {"cri", kCri, "", "- cri:", {"stream"}},
      {"decolorize", kColoured, "", "- decolorize:", {}},
      // By the next pass every line is forgotten.
      {"dedupe", kLogfmt, "", "- dedupe: {window: 1h, max_keys: 1000}", {}},
      {"docker", kDockerZap, "", "- docker:", {"stream"}},
      {"docker, joining", kDockerZap, "", "- docker: {join_partial_lines: true}", {"stream"}},
      {"drop, two sources",
       kLogfmt,
       kTakeLogfmt,
       "- drop: {source: [level, status], expression: '^debug;5..$'}",
       {}},
      {"drop, regex that fits no line", kLogfmt, "", "- drop: {expression: 'panic: (.+) at \\d+'}", {}},
      {"drop, regex that has no text of its own", kLogfmt, "", "- drop: {expression: '(?i)panic|fatal'}", {}},
      {"drop, six of these",
       kLogfmt,
       "",
       "- drop: {expression: '(?i)panic|fatal'}\n"
       "- drop: {expression: '(healthz|readyz|livez)'}\n"
       "- drop: {expression: 'status=(8..|9..)'}\n"
       "- drop: {expression: '\\b(TRACE|trace)\\b'}\n"
       "- match: {selector: '{job!=\"\"} |~ \"(?i)audit|probe\"', action: drop}\n"
       "- drop: {expression: '[0-9]{9}[a-z]ms'}",
       {}},
      {"drop, longer_than", kLogfmt, "", "- drop: {longer_than: 8kb}", {}},
      {"eventlogmessage",
       kWindows,
       "- json: {expressions: {message: }}\n",
       "- eventlogmessage:",
       {"Logon_Type"}},
      {"geoip",
       kNginx,
       "- regex: {expression: '^(?P<ip>[0-9.]+)'}\n",
       "- geoip: {source: ip, db_type: city, db: " + database.path() + "}",
       {"geoip_city_name"}},
      {"json", kZap, "", kTakeZap, {"trace_id"}},
      {"json, nested", kZap, "", "- json: {expressions: {status: http.status, path: http.path}}", {"path"}},
      {"json, an object", kZap, "", "- json: {expressions: {http: }}", {"http"}},
      {"json, expressions", kZap, "", "- json: {expressions: {level: level || severity}}", {"level"}},
      {"labelallow",
       kLogfmt,
       kTakeLogfmt + "- labels: {level: , status: }\n",
       "- labelallow: [job, level]",
       {"level"}},
      {"labeldrop",
       kLogfmt,
       kTakeLogfmt + "- labels: {level: , status: }\n",
       "- labeldrop: [status]",
       {"level"}},
      {"labels", kLogfmt, kTakeLogfmt, "- labels: {level: , status: }", {"status"}},
      {"limit", kLogfmt, "", "- limit: {rate: 1e12, burst: 1000000000, drop: true}", {}},
      {"limit, by label",
       kLogfmt,
       kTakeLogfmt + "- labels: {level: }\n",
       "- limit: {rate: 1e12, burst: 1000000000, drop: true, by_label_name: level}",
       {"level"}},
      {"logfmt", kLogfmt, "", kTakeLogfmt, {"trace_id"}},
      {"match",
       kLogfmt,
       "",
       R"(- match: {selector: '{job="bench"} |= "status=50"', stages: [{static_labels: {bad: "1"}}]})",
       {}},
      {"match, regex",
       kLogfmt,
       "",
       R"(- match: {selector: '{job=~"bench|x"} !~ "status=[45]"', action: drop})",
       {}},
      {"metrics",
       kLogfmt,
       kTakeLogfmt,
       "- metrics: {requests: {type: Counter, source: status, config: {action: inc}}}",
       {}},
      {"multiline", kJava, "", kJoinJava, {}},
      {"non_indexed_labels", kLogfmt, kTakeLogfmt, "- non_indexed_labels: {trace_id: }", {}},
      {"output", kZap, kTakeZap, "- output: {source: msg}", {}},
      {"pack", kLogfmt, kTakeLogfmt, "- pack: {labels: [level, status]}", {}},
      {"redact", kLogfmt, "", "- redact:", {}},
      {"redact, all", kNginx, "", "- redact: {patterns: all}", {}},
      {"regex", kNginx, "", kTakeNginx, {"referer"}},
      {"replace", kNginx, "", R"(- replace: {expression: '^\d+\.\d+\.\d+\.(\d+)', replace: '0'})", {}},
      {"replace, a template",
       kLogfmt,
       "",
       R"(- replace: {expression: 'trace_id=(\w+)', replace: '{{ .Value | trunc 8 }}'})",
       {}},
      {"sampling", kLogfmt, "", "- sampling: {rate: 0.5}", {}},
      {"static_labels", kLogfmt, "", "- static_labels: {env: prod, cluster: eu-1}", {"cluster"}},
      {"structured_metadata", kLogfmt, kTakeLogfmt, "- structured_metadata: {trace_id: , status: }", {}},
      {"template, a function",
       kLogfmt,
       kTakeLogfmt,
       "- template: {source: level, template: '{{ .Value | ToUpper }}'}",
       {"level"}},
      {"template, a condition",
       kLogfmt,
       kTakeLogfmt,
       "- template: {source: new, template: "
       "'{{ if eq .level \"info\" }}ok{{ else }}{{ .status }}{{ end }}'}",
       {"new"}},
      {"tenant", kLogfmt, kTakeLogfmt, "- tenant: {source: level}", {"__tenant_id__"}},
      {"throttle",
       kLogfmt,
       kTakeLogfmt,
       "- throttle: {key: level, rate: 1e12, burst: 1000000000}",
       {"level"}},
      {"timestamp, RFC 3339",
       kLogfmt,
       kTakeLogfmt,
       "- timestamp: {source: ts, format: RFC3339Nano}",
       {kTime}},
      {"timestamp, Unix", kZap, kTakeZap, "- timestamp: {source: ts, format: Unix}", {kTime}},
      {"timestamp, layout", kNginx, kTakeNginx, kReadNginxTime, {kTime}},
      {"truncate", kLogfmt, "", "- truncate: {limit: 128, suffix: …}", {}},
  };
}

std::vector<PipelineRow> make_pipeline_rows() {
  using enum LogFormat;
  const std::vector<std::string> zap_members = {"level", "ts", "msg", "trace_id"};
  const std::string zap_stages = kTakeZap +
                                 "- timestamp: {source: ts, format: Unix}\n"
                                 "- labels: {level: }\n"
                                 "- structured_metadata: {trace_id: }\n"
                                 "- output: {source: msg}\n";
  return {
      {"no stages", kLogfmt, "[]", {"job"}, "a copy of the line", copying()},
      {"nginx, 8 groups",
       kNginx,
       kTakeNginx + kReadNginxTime + "- labels: {method: , status: }\n",
       {"status", kTime},
       "RE2 alone",
       matching(kNginxExpression, kNginxGroups)},
      {"nginx, metrics",
       kNginx,
       kTakeNginx + "- metrics:\n"
                    "    requests: {type: Counter, source: status, config: {action: inc}}\n"
                    "    bytes: {type: Counter, source: bytes, config: {action: add}}\n",
       {"status"},
       "RE2 alone",
       matching(kNginxExpression, kNginxGroups)},
      {"klog, 6 groups",
       kKlog,
       regex(kKlogExpression) + "- timestamp: {source: time, format: '0102 15:04:05.000000'}\n"
                                "- labels: {severity: }\n",
       {"severity", kTime},
       "RE2 alone",
       matching(kKlogExpression, kKlogGroups)},
      {"logfmt",
       kLogfmt,
       kTakeLogfmt + "- timestamp: {source: ts}\n"
                     "- labels: {level: }\n"
                     "- structured_metadata: {trace_id: }\n",
       {"level", kTime},
       "a copy of the line",
       copying()},
      {"zap, five stages",
       kZap,
       zap_stages,
       {"level", kTime},
       "its JSON, scanned",
       scanning_json(zap_members)},
      {"  against simdjson",
       kZap,
       zap_stages,
       {"level", kTime},
       "its JSON, by simdjson",
       simdjson_on_demand(zap_members)},
      {"docker, zap",
       kDockerZap,
       "- docker:\n" + kTakeZap +
           "- labels: {level: }\n"
           "- timestamp: {source: ts, format: Unix}\n",
       {"level", kTime},
       "both JSONs, scanned",
       scanning_docker_json(zap_members)},
      {"cri, Java traces",
       kCriJava,
       "- cri:\n" + kJoinJava +
           R"(- regex: {expression: '^(?P<time>\S+ \S+) (?P<level>\w+)'})"
           "\n"
           "- timestamp: {source: time, format: '2006-01-02 15:04:05,000'}\n"
           "- labels: {level: }\n",
       {"level", kTime},
       "a copy of the line",
       copying()},
  };
}

}  // namespace

const std::vector<StageRow>& stage_rows() {
  static const std::vector<StageRow> rows = make_stage_rows();
  return rows;
}

const std::vector<PipelineRow>& pipeline_rows() {
  static const std::vector<PipelineRow> rows = make_pipeline_rows();
  return rows;
}

}  // namespace lokitail::bench
