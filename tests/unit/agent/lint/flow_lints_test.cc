// Lints about what stages read and set.
#include <catch2/catch.hpp>

#include "tests/unit/agent/lint/support.h"

namespace lokitail::agent::lint {
namespace {

using namespace test;

TEST_CASE("source-never-set") {
  const Row rows[] = {
      {"labels", job("- labels: {level: }"), {"7:14"}},
      {"labels under another name",
       job("- json: {expressions: {lvl: }}\n- labels: {level: severity}"),
       {"8:14"}},
      {"set", job("- json: {expressions: {level: }}\n- labels: {level: }"), {}},
      {"an initial label", job("- labels: {service: job}\n- output: {source: filename}"), {}},
      {"output", job("- output: {source: message}"), {"7:22"}},
      {"timestamp", job("- timestamp: {source: time, format: RFC3339}"), {"7:25"}},
      {"json of a value", job("- json: {source: inner, expressions: {a: }}"), {"7:20"}},
      {"docker's values", job("- docker: {}\n- labels: {a: output, b: timestamp, c: stream}"), {}},
      {"cri's values", job("- cri: {}\n- labels: {a: content, b: time, c: flags}"), {}},
      {"a field of a template", job("- template: {source: x, template: '{{ .nope }}'}"), {"7:37"}},
      {"a template's own value and line",
       job("- template: {source: x, template: '{{ .Value }}{{ .Entry }}'}"),
       {}},
      {"what a template makes", job("- template: {source: x, template: 'y'}\n- labels: {x: }"), {}},
      {"a replacement's group", job("- replace: {expression: '(?P<secret>x)'}\n- labels: {s: secret}"), {}},
      {"drop", job("- drop: {source: level, value: debug}"), {"7:20"}},
      {"drop, one of two", job("- drop: {source: [job, level]}"), {"7:26"}},
      {"tenant", job("- tenant: {source: team}"), {"7:22"}},
      {"pack", job("- pack: {labels: [job, pod]}"), {"7:26"}},
      {"metadata of a label that stages made",
       job("- static_labels: {env: prod}\n- structured_metadata: {env: }"),
       {}},
      {"metadata of nothing", job("- structured_metadata: {trace: }"), {"7:27"}},
      {"Windows events bring any names",
       job("- json: {expressions: {message: }}\n- eventlogmessage: {}\n"
           "- labels: {anything: }"),
       {}},
      {"a label that a stage made is no value",
       job("- static_labels: {env: prod}\n- template: {source: x, template: '{{ .env }}'}"),
       {"8:37"}},
      {"but in a match it is",
       job("- static_labels: {env: prod}\n- match: {selector: '{env=\"prod\"}', stages: [{labels: "
           "{e: env}}]}"),
       {}},
      {"set in a match",
       job("- match: {selector: '{job=\"app\"}', stages: [{json: {expressions: {level: }}}]}\n"
           "- labels: {level: }"),
       {}},
      {"not set in a match",
       job("- match: {selector: '{job=\"app\"}', stages: [{labels: {level: }}]}"),
       {"7:57"}},
      {"file_sd may bring any label",
       kClient + "scrape_configs:\n- job_name: f\n  file_sd_configs: [{files: [/x.yaml]}]\n"
                 "  pipeline_stages:\n  - labels: {a: team}\n",
       {}},
      {"a stage of which nothing is known", job("- frobnicate: {}\n- labels: {anything: }"), {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("source-never-set", row.config) == row.want);
  }
  CHECK(contains(says("source-never-set", job("- json: {expressions: {level: }}\n- labels: {lvl: levle}")),
                 "/ level"));
  CHECK(contains(says("source-never-set", rows[20].config), "the label env is no extracted value"));
}

TEST_CASE("stage-order") {
  const Row rows[] = {
      {"labels before json", job("- labels: {level: }\n- json: {expressions: {level: }}"), {"7:14"}},
      {"timestamp before json",
       job("- timestamp: {source: t, format: Unix}\n- json: {expressions: {t: }}"),
       {"7:25"}},
      {"output before docker", job("- output: {source: output}\n- docker: {}"), {"7:22"}},
      {"in order", job("- json: {expressions: {level: }}\n- labels: {level: }"), {}},
      {"set before and again behind",
       job("- json: {expressions: {level: }}\n- labels: {level: }\n"
           "- template: {source: level, template: x}\n- labels: {l: level}"),
       {}},
      {"set in a match below",
       job("- labels: {level: }\n- match: {selector: '{job=\"app\"}', stages: [{json: "
           "{expressions: {level: }}}]}"),
       {"7:14"}},
      {"never set is another matter", job("- labels: {level: }"), {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("stage-order", row.config) == row.want);
    // One thing is said once.
    if (!row.want.empty()) CHECK(places("source-never-set", row.config).empty());
  }
  CHECK(contains(says("stage-order", rows[0].config), "in line 8"));
}

TEST_CASE("value-never-used") {
  const Row rows[] = {
      {"json", job("- json: {expressions: {level: , msg: }}\n- labels: {level: }"), {"7:35"}},
      {"regex", job("- regex: {expression: '(?P<a>x)'}"), {"7:25"}},
      {"all are used",
       job("- json: {expressions: {level: , msg: }}\n- labels: {level: }\n- output: {source: msg}"),
       {}},
      {"used in a match",
       job("- json: {expressions: {level: }}\n"
           "- match: {selector: '{job=\"app\"}', stages: [{labels: {level: }}]}"),
       {}},
      {"used by a template",
       job("- json: {expressions: {a: }}\n"
           "- template: {source: b, template: '{{ .a }}'}\n- output: {source: b}"),
       {}},
      {"used by a template that sees all",
       job("- json: {expressions: {a: }}\n- template: {source: b, template: '{{ toJson . }}'}\n- "
           "output: {source: b}"),
       {}},
      {"used only before", job("- labels: {a: }\n- json: {expressions: {a: }}"), {"8:26"}},
      {"docker's are its own", job("- docker: {}"), {}},
      {"used by metrics",
       job("- json: {expressions: {took: }}\n"
           "- metrics: {m: {type: Histogram, source: took, config: {buckets: [1]}}}"),
       {}},
      {"used by drop", job("- json: {expressions: {a: }}\n- drop: {source: a}"), {}},
      {"a stage of which nothing is known may use it",
       job("- json: {expressions: {a: }}\n- frobnicate: {}"),
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("value-never-used", row.config) == row.want);
  }
  for (const Finding& finding : lint(rows[0].config)) {
    if (finding.id == "value-never-used") CHECK(finding.severity == Severity::kInfo);
  }
}

TEST_CASE("drop-everything") {
  const Row rows[] = {
      {"anything", job("- drop: {expression: '.*'}"), {"7:24"}},
      {"an optional group", job("- drop: {expression: '(debug)?'}"), {"7:24"}},
      {"something", job("- drop: {expression: '.*DEBUG.*'}"), {}},
      {"empty lines", job("- drop: {expression: '^$'}"), {}},
      {"blank lines", job("- drop: {expression: '^\\s*$'}"), {}},
      {"empty lines with a choice", job("- drop: {expression: '^(#.*)?$'}"), {}},
      {"of a value, anything", job("- drop: {source: job, expression: '.*'}"), {"7:37"}},
      {"of a value, or of none", job("- drop: {source: job, expression: '^(debug|trace)?$'}"), {"7:37"}},
      {"of a value, none", job("- drop: {source: job, expression: '^$'}"), {}},
      {"of a value", job("- drop: {source: job, expression: 'debug|trace'}"), {}},
      {"together with another condition", job("- drop: {expression: '.*', longer_than: 8kb}"), {}},
      {"no expression", job("- drop: {source: job}"), {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("drop-everything", row.config) == row.want);
  }
}

TEST_CASE("output-before-multiline") {
  const std::string multiline = "- multiline: {firstline: '^\\d{4}-'}\n";
  const std::string regex = "- regex: {expression: '^(?P<time>\\S+) (?P<msg>.*)'}\n- output: {source: msg}\n";
  const Row rows[] = {
      {"behind", job(regex + multiline), {"9:5"}},
      {"in front", job(multiline + regex), {}},
      {"behind docker", job("- docker: {}\n" + multiline), {}},
      {"behind an envelope of JSON",
       job("- json: {expressions: {log: }}\n- output: {source: log}\n" + multiline),
       {}},
      {"behind the CRI format by hand",
       job("- regex: {expression: '^(?s)(?P<time>\\S+?) (?P<stream>stdout|stderr) (?P<flags>\\S+?) "
           "(?P<content>.*)$'}\n"
           "- output: {source: content}\n" +
           multiline),
       {}},
      {"behind logfmt", job("- logfmt: {mapping: {msg: }}\n- output: {source: msg}\n" + multiline), {"9:5"}},
      {"elsewhere",
       job("- match: {selector: '{job=\"app\"}', stages: [{regex: {expression: '(?P<m>.)'}}, "
           "{output: "
           "{source: m}}]}\n" +
           multiline),
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("output-before-multiline", row.config) == row.want);
  }
}

TEST_CASE("container-format") {
  const Row rows[] = {
      {"docker on pods", job("- docker: {}", "/var/log/pods/*/*/*.log"), {"7:5"}},
      {"docker on containers", job("- docker: {}", "/var/log/containers/*.log"), {"7:5"}},
      {"cri on docker's", job("- cri: {}", "/var/lib/docker/containers/*/*-json.log"), {"7:5"}},
      {"docker on docker's", job("- docker: {}", "/var/lib/docker/containers/*/*-json.log"), {}},
      {"cri on pods", job("- cri: {}", "/var/log/pods/*/*/*.log"), {}},
      {"either elsewhere", job("- cri: {}\n- docker: {}", "/srv/logs/*.log"), {}},
      {"in a match",
       job("- match: {selector: '{job=\"app\"}', stages: [{docker: {}}]}", "/var/log/pods/*/*/*.log"),
       {"7:48"}},
      {"pods that are discovered",
       kClient + "scrape_configs:\n- job_name: p\n  kubernetes_sd_configs: [{role: pod}]\n  "
                 "relabel_configs:\n"
                 "  - {source_labels: [a, b], separator: /, target_label: __path__, replacement: "
                 "'/var/log/pods/*$1/*.log'}\n"
                 "  pipeline_stages: [{docker: {}}]\n",
       {"7:22"}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("container-format", row.config) == row.want);
  }
}

TEST_CASE("timestamp-layout") {
  const auto with = [](const std::string& format) {
    return job(
        "- regex: {expression: '(?P<t>.*)'}\n- timestamp:\n    source: t\n    location: UTC\n"
        "    format: '" +
        format + "'");
  };
  const struct {
    const char* format;
    const char* better;  // nullptr: nothing is said
  } rows[] = {
      {"RFC3339", nullptr},
      {"RFC3339Nano", nullptr},
      {"Unix", nullptr},
      {"UnixMs", nullptr},
      {"2006-01-02 15:04:05", nullptr},
      {"2006-01-02T15:04:05.000Z", nullptr},
      {"2006-01-02T15:04:05.999999999Z07:00", nullptr},
      {"2006-01-02 15:04:05,000", nullptr},
      {"02/Jan/2006:15:04:05 -0700", nullptr},
      {"Jan _2 15:04:05", nullptr},
      {"Jan 2 15:04:05", nullptr},
      {"2006/01/02 15:04:05", nullptr},
      {"01/02/2006 03:04:05 PM", nullptr},
      {"02.01.2006 15:04:05", nullptr},
      {"20060102150405", nullptr},
      {"2006-002T15:04:05", nullptr},
      {"Mon Jan 02 15:04:05.000000 2006", nullptr},
      {"2006-01-02 15:04:05 MST", nullptr},
      {"[2006-01-02 15:04:05 UTC]", nullptr},
      {"YYYY-MM-DD HH:mm:ss", "2006-01-02 15:04:05"},
      {"yyyy-MM-dd''T''HH:mm:ss.SSSZ", "2006-01-02T15:04:05.000-0700"},
      {"dd/MMM/yyyy:HH:mm:ss Z", "02/Jan/2006:15:04:05 -0700"},
      {"%Y-%m-%d %H:%M:%S", "2006-01-02 15:04:05"},
      {"%d/%b/%Y:%H:%M:%S %z", "02/Jan/2006:15:04:05 -0700"},
      {"2006-02-01 15:04:05", "2006-01-02 15:04:05"},
      {"20060201", "20060102"},
      {"2024-05-17T10:30:00Z", ""},
      {"2006-01-02 15:04:05 2006-01-02", ""},
      {"2006-01-02 03:04:05", ""},
      {"3:04 AM, Jan 2 2006", ""},
      {"15:04:05.000", ""},
      {"rfc3339", "RFC3339"},
      {"unix", "Unix"},
      {"UNIXMS", "UnixMs"},
      {"ISO8601", "RFC3339"},
      {"Kitchen", "3:04PM"},
      {"DateTime", "2006-01-02 15:04:05"},
      {"timestamp", ""},
  };
  for (const auto& row : rows) {
    INFO(row.format);
    const std::string said = says("timestamp-layout", with(row.format));
    if (row.better == nullptr) {
      CHECK(said.empty());
    } else {
      CHECK(said.ends_with(" / " + std::string(row.better)));
    }
  }
  CHECK(places("timestamp-layout", with("YYYY")) == Places{"11:15"});
  CHECK(places("timestamp-layout",
               job("- regex: {expression: '(?P<t>.*)'}\n- timestamp: {source: t, format: Unix, "
                   "fallback_formats: [UnixMs, '%s']}")) == Places{"8:69"});
}

TEST_CASE("timestamp-zone") {
  const auto with = [](const std::string& keys) {
    return job("- regex: {expression: '(?P<t>.*)'}\n- timestamp: {source: t, " + keys + "}");
  };
  const Row rows[] = {
      {"no zone", with("format: '2006-01-02 15:04:05'"), {"8:36"}},
      {"no zone, but a location", with("format: '2006-01-02 15:04:05', location: Europe/Prague"), {}},
      {"an offset", with("format: '02/Jan/2006:15:04:05 -0700'"), {}},
      {"Z or an offset", with("format: '2006-01-02T15:04:05Z07:00'"), {}},
      {"an abbreviation", with("format: '2006-01-02 15:04:05 MST'"), {}},
      {"a Z that stands for itself", with("format: '2006-01-02T15:04:05.000Z'"), {}},
      {"syslog", with("format: 'Jan _2 15:04:05'"), {"8:36"}},
      {"named ones", with("format: RFC3339, fallback_formats: [Unix, RFC1123]"), {}},
      {"ANSIC", with("format: ANSIC, location: Europe/Prague"), {"8:36"}},
      {"a date alone", with("format: '2006-01-02'"), {}},
      {"a fallback", with("format: RFC3339, fallback_formats: ['2006-01-02 15:04:05']"), {"8:64"}},
      {"no format", with("action_on_failure: skip"), {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("timestamp-zone", row.config) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::agent::lint
