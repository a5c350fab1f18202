// Lints about labels.
#include <catch2/catch.hpp>

#include "tests/unit/agent/lint/support.h"

namespace lokitail::agent::lint {
namespace {

using namespace test;

TEST_CASE("high-cardinality-label: names, sources and what of the line it is") {
  const std::string extract =
      "- json: {expressions: {a: , level: , trace_id: , tid: ctx.traceId, dur: 'durationMs'}}\n";
  const Row rows[] = {
      {"by name", job(extract + "- labels: {trace_id: }"), {"8:14"}},
      {"by source", job(extract + "- labels: {t: trace_id, level: }"), {"8:14"}},
      {"by the JSON key", job(extract + "- labels:\n    t: tid"), {"9:7"}},
      {"a measurement", job(extract + "- labels: {took: dur}"), {"8:14"}},
      {"few values", job(extract + "- labels: {level: , a: }"), {}},
      {"from a regex",
       job("- regex: {expression: '^(?P<client_ip>\\S+) (?P<status>\\d+)'}\n"
           "- labels: {client_ip: , status: }"),
       {"8:14"}},
      {"from a logfmt key",
       job("- logfmt: {mapping: {r: request_id, l: lvl}}\n- labels: {r: , l: }"),
       {"8:14"}},
      {"gone again", job(extract + "- labels: {trace_id: }\n- labeldrop: [trace_id]"), {}},
      {"made metadata", job(extract + "- labels: {trace_id: }\n- structured_metadata: {trace_id: }"), {}},
      {"metadata only", job(extract + "- structured_metadata: {trace_id: }"), {}},
      {"not allowed", job(extract + "- labels: {trace_id: , level: }\n- labelallow: [level, job]"), {}},
      {"in a match",
       job(extract + "- match:\n    selector: '{job=\"app\"}'\n    stages:\n"
                     "    - labels: {trace_id: }"),
       {"11:18"}},
      {"a path", job("- json: {expressions: {path: }}\n- labels: {path: }"), {"8:14"}},
      {"a path with its ids cut out",
       job("- json: {expressions: {path: }}\n"
           "- template: {source: path, template: '{{ regexReplaceAll \"/\\\\d+\" .Value \"/:id\" "
           "}}'}\n"
           "- labels: {path: }"),
       {}},
      {"a fixed value", job("", "/a", "user_id: root"), {}},
      {"a label that is never set", job("- labels: {trace_id: }"), {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("high-cardinality-label", row.config) == row.want);
  }
  CHECK(contains(says("high-cardinality-label", job(extract + "- labels: {t: trace_id}")),
                 "structured_metadata: {t: trace_id}"));
  CHECK(contains(says("high-cardinality-label", job("- json: {expressions: {ts: }}\n- labels: {ts: }")),
                 "timestamp stage with `source: ts`"));
}

TEST_CASE("high-cardinality-label: labels of discovered targets") {
  const auto with_rules = [](const std::string& rules) {
    return kClient +
           "scrape_configs:\n- job_name: pods\n  kubernetes_sd_configs: [{role: pod}]\n"
           "  relabel_configs:\n" +
           rules;
  };
  const Row rows[] = {
      {"a pod's uid",
       with_rules("  - {source_labels: [__meta_kubernetes_pod_uid], target_label: uid}\n"),
       {"6:64"}},
      {"a pod's address under another name",
       with_rules("  - {source_labels: [__meta_kubernetes_pod_ip], target_label: instance}\n"),
       {"6:63"}},
      {"names",
       with_rules("  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}\n"
                  "  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}\n"
                  "  - {source_labels: [__meta_kubernetes_pod_container_name], target_label: container}\n"
                  "  - {source_labels: [__meta_kubernetes_pod_node_name], target_label: node_name}\n"),
       {}},
      {"of a uid a path",
       with_rules("  - {source_labels: [__meta_kubernetes_pod_uid, __meta_kubernetes_pod_container_name], "
                  "separator: /, target_label: __path__, replacement: '/var/log/pods/*$1/*.log'}\n"),
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("high-cardinality-label", row.config) == row.want);
  }
}

TEST_CASE("high-cardinality-label: a sample shows it") {
  Linting how;
  how.sample.emplace();
  how.sample->job = "j";
  how.sample->entries = 1000;
  how.sample->label_values = {{"ticket", 800}, {"level", 5}, {"shop", 99}};
  const std::string config = job("- json: {expressions: {ticket: , level: }}\n- labels: {ticket: , level: }");
  CHECK(places("high-cardinality-label", config, how) == Places{"8:14"});
  CHECK(contains(says("high-cardinality-label", config, how), "800 values in the 1000 entries"));
  how.sample->entries = 100'000;
  CHECK(places("high-cardinality-label", config, how).empty());
}

TEST_CASE("filename-label") {
  const Row rows[] = {
      {"docker", job("- docker: {}", "/var/lib/docker/containers/*/*-json.log"), {"5:34"}},
      {"docker, all logs", job("- docker: {}", "/var/lib/docker/containers/*/*log"), {"5:34"}},
      {"kubernetes", job("- cri: {}", "/var/log/containers/*.log"), {"5:34"}},
      {"pods", job("- cri: {}", "/var/log/pods/*/*/*.log"), {"5:34"}},
      {"one file", job("", "/var/log/app.log"), {}},
      {"files with names that stay", job("", "/var/log/*.log"), {}},
      {"dropped",
       job("- docker: {}\n- labeldrop: [filename]", "/var/lib/docker/containers/*/*-json.log"),
       {}},
      {"made metadata",
       job("- docker: {}\n- structured_metadata: {filename: }", "/var/lib/docker/containers/*/*-json.log"),
       {}},
      {"packed", job("- pack: {labels: [filename]}", "/var/lib/docker/containers/*/*-json.log"), {}},
      {"not allowed", job("- labelallow: [job]", "/var/log/containers/*.log"), {}},
      {"dropped of some lines only",
       job("- match: {selector: '{job=\"app\"} |= \"x\"', stages: [{labeldrop: [filename]}]}",
           "/var/log/containers/*.log"),
       {"5:34"}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("filename-label", row.config) == row.want);
  }
  CHECK(contains(says("filename-label", rows[0].config), "structured_metadata: {filename: }"));
}

TEST_CASE("too-many-labels") {
  const auto labels = [](int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) text += fmt::format("{}l{}: x", i == from ? "" : ", ", i);
    return text;
  };
  const std::string external =
      fmt::format("clients: [{{url: http://loki/, external_labels: {{{}}}}}]\n", labels(100, 104));
  const auto with_external = [&external](std::string config) {
    return config.replace(0, kClient.size(), external);
  };
  const auto match = [&labels](int from, int to) {
    return fmt::format("- match: {{selector: '{{job=\"app\"}}', stages: [{{static_labels: {{{}}}}}]}}\n",
                       labels(from, to));
  };
  // `job` and `filename` are there too.
  const Row rows[] = {
      {"fifteen", job("- static_labels: {" + labels(0, 13) + "}"), {}},
      {"sixteen", job("- static_labels: {" + labels(0, 14) + "}"), {"3:3"}},
      {"of the target", job("", "/a", labels(0, 14)), {"3:3"}},
      {"sixteen, one of which goes", job("- static_labels: {" + labels(0, 14) + "}\n- labeldrop: [l3]"), {}},
      {"with external ones", with_external(job("- static_labels: {" + labels(0, 10) + "}")), {"3:3"}},
      {"few with external ones", with_external(job("- static_labels: {" + labels(0, 9) + "}")), {}},
      {"in two matches, of which each stays below", job(match(0, 8) + match(20, 28)), {}},
      {"in one match", job(match(0, 14)), {"3:3"}},
      {"the tenant is no label", job("- static_labels: {" + labels(0, 13) + "}\n- tenant: {value: x}"), {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("too-many-labels", row.config) == row.want);
  }
}

TEST_CASE("label-name and label-length") {
  const std::string huge_value(3000, 'v');
  const std::string huge_name(1100, 'n');
  const Row names[] = {
      {"a dot", job("", "/a", "app.name: x"), {"5:40"}},
      {"a dash in a stage", job("- static_labels: {app-name: x}"), {"7:21"}},
      {"good ones", job("- static_labels: {app_name: x}", "/a", "_a1: x"), {}},
      {"what begins with __ is gone", job("", "/a", "__a.b__: x"), {}},
      {"external", "clients: [{url: http://loki/, external_labels: {a.b: c}}]\n", {"1:49"}},
  };
  for (const Row& row : names) {
    INFO(row.what);
    CHECK(places("label-name", row.config) == row.want);
  }
  CHECK(contains(says("label-name", names[0].config), "/ app_name"));
  const Row lengths[] = {
      {"a long value", job("", "/a", "a: " + huge_value), {"5:40"}},
      {"a long value in a stage", job("- static_labels: {a: " + huge_value + "}"), {"7:21"}},
      {"a long name", job("", "/a", "? " + huge_name + " : x"), {"5:42"}},
      {"just as long as may be", job("", "/a", "a: " + std::string(2048, 'v')), {}},
  };
  for (const Row& row : lengths) {
    INFO(row.what);
    CHECK(places("label-length", row.config) == row.want);
  }
}

TEST_CASE("no-labels") {
  const Row rows[] = {
      {"nothing allowed", job("- labelallow: [nope]"), {"3:3"}},
      {"all dropped", job("- labeldrop: [job, filename]"), {"3:3"}},
      {"one is left", job("- labeldrop: [job]"), {}},
      {"one is made", job("- labelallow: [nope]\n- static_labels: {a: b}"), {}},
      {"one may come",
       job("- labelallow: [level]\n- json: {expressions: {level: }}\n- labels: {level: }"),
       {}},
      {"the tenant is none", job("- tenant: {value: x}\n- labelallow: [__tenant_id__]"), {"3:3"}},
      {"containers without relabelling",
       kClient + "scrape_configs:\n- job_name: c\n  docker_sd_configs: [{host: x}]\n",
       {"3:3"}},
      {"containers with a rule",
       kClient + "scrape_configs:\n- job_name: c\n  docker_sd_configs: [{host: x}]\n  relabel_configs:\n"
                 "  - {source_labels: [__meta_docker_container_name], regex: '/(.*)', target_label: "
                 "container}\n",
       {}},
      {"labels of pushes",
       kClient + "scrape_configs:\n- job_name: c\n  loki_push_api: {server: {http_listen_port: 1}}\n",
       {}},
      {"external ones",
       "clients: [{url: http://l/, external_labels: {a: b}}]\n" +
           job("- labelallow: [nope]").substr(kClient.size()),
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("no-labels", row.config) == row.want);
  }
}

TEST_CASE("label-never-set") {
  const Row rows[] = {
      {"nobody sets it", job("- match: {selector: '{app=\"x\"}', stages: [{docker: }]}"), {"7:23"}},
      {"extracted only",
       job("- json: {expressions: {level: }}\n- match: {selector: '{level=\"x\"}', action: drop}"),
       {"8:23"}},
      {"set before",
       job("- json: {expressions: {level: }}\n- labels: {level: }\n- match: {selector: "
           "'{level=\"x\"}', action: drop}"),
       {}},
      {"of the target", job("- match: {selector: '{job=~\"app|web\"}', stages: [{docker: }]}"), {}},
      {"of the target, never such",
       job("- match: {selector: '{job=\"web\"}', stages: [{docker: }]}"),
       {"7:23"}},
      {"never such, by expression",
       job("- match: {selector: '{job=~\"w.*\"}', stages: [{docker: }]}"),
       {"7:23"}},
      {"always such, negated", job("- match: {selector: '{job!=\"web\"}', stages: [{docker: }]}"), {}},
      {"never such, negated", job("- match: {selector: '{job!=\"app\"}', stages: [{docker: }]}"), {"7:23"}},
      {"the file", job("- match: {selector: '{filename=~\".*app.*\"}', stages: [{docker: }]}"), {}},
      {"a label that one target lacks",
       kClient + "scrape_configs:\n- job_name: j\n  static_configs:\n  - labels: {env: prod, "
                 "__path__: /a}\n"
                 "  - labels: {x: y, __path__: /b}\n  pipeline_stages:\n"
                 "  - match: {selector: '{env!=\"prod\"}', stages: [{docker: }]}\n",
       {}},
      {"a label that may be missing", job("- match: {selector: '{app=\"\"}', stages: [{docker: }]}"), {}},
      {"docker's stream", job("- docker: {}\n- match: {selector: '{stream=\"stderr\"}', action: drop}"), {}},
      {"dropped before",
       job("- labeldrop: [job]\n- match: {selector: '{job=\"app\"}', action: drop}"),
       {"8:23"}},
      {"a tenant from a label", job("- tenant: {label: team}"), {"7:21"}},
      {"a tenant from a label that is there", job("- tenant: {label: job}"), {}},
      {"a limit", job("- limit: {rate: 1, burst: 1, drop: true, by_label_name: pod}"), {"7:59"}},
      {"set in a match before",
       job("- match: {selector: '{job=\"app\"}', stages: [{static_labels: {app: x}}]}\n"
           "- match: {selector: '{app=\"x\"}', action: drop}"),
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("label-never-set", row.config) == row.want);
  }
  CHECK(contains(says("label-never-set", rows[1].config), "- labels: {level: }"));
}

TEST_CASE("tenant-dropped") {
  const Row rows[] = {
      {"not in the list", job("- tenant: {value: a}\n- labelallow: [job]"), {"8:5"}},
      {"in the list", job("- tenant: {value: a}\n- labelallow: [job, __tenant_id__]"), {}},
      {"set behind it", job("- labelallow: [job]\n- tenant: {value: a}"), {}},
      {"dropped by name", job("- tenant: {value: a}\n- labeldrop: [__tenant_id__]"), {"8:5"}},
      {"no tenant", job("- labelallow: [job]"), {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("tenant-dropped", row.config) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::agent::lint
