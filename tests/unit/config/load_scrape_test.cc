#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

// A job with these keys; they begin at f:4:3.
std::string scrape_job(const std::string& keys) {
  return kClients + "scrape_configs:\n- job_name: j\n  " + keys + "\n";
}

const std::string kTargets = "static_configs: [{targets: [localhost], labels: {a: b}}]";

// A job with one relabel rule whose keys begin at f:5:6.
std::string rule(const std::string& keys) {
  return scrape_job(kTargets + "\n  relabel_configs:\n  - {" + keys + "}");
}

TEST_CASE("a job is read") {
  const Config config = load_good(
      scrape_job("static_configs:\n  - targets: [localhost, 12]\n    labels: {job: x, __path__: /a, n: 1}\n"
                 "  - {}\n"
                 "  pipeline_stages:\n  - docker: {}\n  - json: {expressions: {a: }}\n"
                 "  encoding: ''\n  decompression: {enabled: false, format: gz}\n  journal:\n"
                 "  file_sd_configs: []"));
  const ScrapeConfig& scrape = config.scrape_configs.at(0);
  CHECK(scrape.job_name == "j");
  REQUIRE(scrape.static_configs.size() == 2);
  CHECK(scrape.static_configs[0].targets == std::vector<std::string>{"localhost", "12"});
  CHECK(scrape.static_configs[0].labels == LabelMap{{"job", "x"}, {"__path__", "/a"}, {"n", "1"}});
  CHECK(scrape.pipeline_stages.items().size() == 2);
  CHECK(to_string(scrape.place) == "f:3:3");
}

TEST_CASE("how the files of a job are read") {
  const Config config =
      load_good(scrape_job("encoding: GBK\n  " + kTargets +
                           "\n  decompression: {enabled: true, format: gz, initial_delay: 2s}\n"));
  const ScrapeConfig& scrape = config.scrape_configs[0];
  CHECK(scrape.encoding == "GBK");
  REQUIRE(scrape.decompression);
  CHECK(scrape.decompression->format == "gz");
  CHECK(scrape.decompression->initial_delay == std::chrono::seconds(2));
  const Config without = load_good(scrape_job("decompression: {format: rar}\n  " + kTargets));
  CHECK_FALSE(without.scrape_configs[0].decompression);
}

TEST_CASE("a job that listens for syslog") {
  const Config defaults = load_good(scrape_job("syslog: {listen_address: ':1514'}\n"));
  const auto& plain = defaults.scrape_configs[0].syslog;
  REQUIRE(plain);
  CHECK(defaults.scrape_configs[0].has_targets);
  CHECK(plain->listen_protocol == "tcp");
  CHECK(plain->syslog_format == "rfc5424");
  CHECK(plain->idle_timeout == std::chrono::seconds(120));
  CHECK(plain->max_message_length == 8192);
  const std::string all =
      "syslog: {listen_address: 'h:1', syslog_format: rfc3164, idle_timeout: 5s, max_message_length: 99,\n"
      "    label_structured_data: true, use_incoming_timestamp: true, use_rfc5424_message: true,\n"
      "    labels: {a: b}, tls_config: {cert_file: c, key_file: k, ca_file: x}}\n";
  const Config config = load_good(scrape_job(all));
  const auto& syslog = config.scrape_configs[0].syslog;
  REQUIRE(syslog);
  CHECK(syslog->idle_timeout == std::chrono::seconds(5));
  CHECK(syslog->max_message_length == 99);
  CHECK(syslog->labels == LabelMap{{"a", "b"}});
  CHECK(syslog->tls_config.ca_file == "x");
  // What is shown of it can be loaded again.
  CHECK(to_yaml(load_good(to_yaml(config))) == to_yaml(config));
}

TEST_CASE("a job may want its lines on disk") {
  CHECK(load_good(scrape_job("spool: always\n  " + kTargets)).scrape_configs[0].spools);
  CHECK_FALSE(load_good(scrape_job("spool: auto\n  " + kTargets)).scrape_configs[0].spools);
  CHECK(load_error(scrape_job("spool: never\n  " + kTargets)) ==
        "f:4:10: expected one of auto, always, found \"never\"");
}

TEST_CASE("wrong syslog blocks are refused with place and reason") {
  const ErrorRow rows[] = {
      {"no address", scrape_job("syslog: {}"), "f:4:11: syslog needs a `listen_address`"},
      {"no port", scrape_job("syslog: {listen_address: host}"),
       "f:4:28: listen_address: expected host:port, found \"host\""},
      {"protocol", scrape_job("syslog: {listen_address: ':1', listen_protocol: sctp}"),
       "f:4:51: invalid transport protocol. expected 'tcp' or 'udp', got \"sctp\""},
      {"format", scrape_job("syslog: {listen_address: ':1', syslog_format: rfc5423}"),
       "f:4:49: expected one of rfc5424, rfc3164, found \"rfc5423\""},
      {"half of a certificate", scrape_job("syslog: {listen_address: ':1', tls_config: {ca_file: c}}"),
       "f:4:11: syslog: tls_config needs cert_file and key_file"},
      {"TLS over UDP",
       scrape_job(
           "syslog: {listen_address: ':1', listen_protocol: udp, tls_config: {cert_file: c, key_file: k}}"),
       "f:4:11: syslog: TLS is for TCP"},
      {"unknown key", scrape_job("syslog: {listen_adress: ':1'}"),
       "f:4:12: syslog: unknown key \"listen_adress\" (did you mean \"listen_address\"?)"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

TEST_CASE("wrong jobs are refused with place and reason") {
  const ErrorRow rows[] = {
      {"no name", kClients + "scrape_configs:\n- " + kTargets, "f:3:3: job_name is empty"},
      {"a name twice", scrape_job(kTargets) + "- job_name: j\n  " + kTargets,
       "f:5:3: found multiple scrape configs with job name \"j\""},
      {"no target", scrape_job("pipeline_stages: []"),
       "f:3:3: no valid target scrape config defined for \"j\""},
      {"unknown key", scrape_job("pipelines: []"), "f:4:3: scrape config: unknown key \"pipelines\""},
      {"unknown static key", scrape_job("static_configs: [{label: {a: b}}]"),
       "f:4:21: static_configs: unknown key \"label\" (did you mean \"labels\"?)"},
      {"label of a list", scrape_job("static_configs: [{labels: {a: [b]}}]"),
       "f:4:33: expected a string, found a list"},
      {"stages as a mapping", scrape_job("pipeline_stages: {docker: {}}\n  " + kTargets),
       "f:4:20: pipeline_stages: expected a list, found a mapping"},
      {"out of scope", scrape_job("gcplog: {project_id: a}"),
       "f:4:11: gcplog is out of scope: keep what reads it now (Grafana Alloy has loki.source.gcplog), and "
       "let it push to a job "
       "with loki_push_api"},
      {"not there", scrape_job("dns_sd_configs: [{names: [a]}]"),
       "f:4:3: dns_sd_configs is not supported by lokitail yet"},
      {"encoding", scrape_job("encoding: shift-jis\n  " + kTargets),
       "f:4:13: unknown encoding \"shift-jis\" (did you mean \"shift_jis\"?)"},
      {"format of a compression", scrape_job("decompression: {enabled: true, format: rar}\n  " + kTargets),
       "f:4:42: decompression: expected one of the formats gz, z, bz2, xz, zst, found \"rar\""},
      {"no format of a compression", scrape_job("decompression: {enabled: true}\n  " + kTargets),
       "f:4:18: decompression: expected one of the formats gz, z, bz2, xz, zst"},
      {"a misspelt kind of target", scrape_job("static_config: []"),
       "f:4:3: scrape config: unknown key \"static_config\" (did you mean \"static_configs\"?)"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

TEST_CASE("relabel rules have Prometheus' defaults and keys") {
  const auto read = [](const std::string& keys) {
    return load_good(rule(keys)).scrape_configs.at(0).relabel_configs.at(0);
  };
  const RelabelConfig standard = read("target_label: x");
  CHECK(standard.separator == ";");
  CHECK(standard.regex == "(.*)");
  CHECK(standard.replacement == "$1");
  CHECK(standard.action == RelabelAction::kReplace);
  const RelabelConfig full = read(
      "source_labels: [a, 1], separator: '', regex: 42, modulus: 18446744073709551615,"
      " target_label: x.y, replacement: 7, action: HashMod");
  CHECK(full.source_labels == std::vector<std::string>{"a", "1"});
  CHECK(full.separator.empty());
  CHECK(full.regex == "42");
  CHECK(full.modulus == UINT64_MAX);
  CHECK(full.target_label == "x.y");
  CHECK(full.replacement == "7");
  CHECK(full.action == RelabelAction::kHashMod);
  CHECK(to_string(full.action) == std::string("hashmod"));
  // A key that is given with its default value is no offence.
  CHECK(read("action: labeldrop, regex: a, separator: ;").action == RelabelAction::kLabelDrop);
  // What is null is empty.
  const RelabelConfig empty = read("separator: , regex: , replacement: , source_labels: , target_label: x");
  CHECK(empty.separator.empty());
  CHECK(empty.regex.empty());
  CHECK(empty.replacement.empty());
  CHECK(read("action: labeldrop, regex: a, source_labels: ").action == RelabelAction::kLabelDrop);
  CHECK(read("action: hashmod, target_label: x, modulus: 8.5").modulus == 8);
  CHECK(read("source_labels: [~], target_label: x").source_labels == std::vector<std::string>{""});
}

TEST_CASE("labels and stages may not have a key twice, even if one of them is merged in") {
  const std::string base = "scrape_configs:\n- job_name: a\n  static_configs: [{labels: &base {x: 1}}]\n";
  const std::string job = base + "- job_name: b\n  static_configs: [{labels: {<<: *base, ";
  CHECK_FALSE(load_error(job + "x: 2}}]").find("key \"x\" is already set") == std::string::npos);
  CHECK(load_error(job + "y: 2}}]").find("already set") == std::string::npos);
}

TEST_CASE("wrong relabel rules are refused with place and reason") {
  const ErrorRow rows[] = {
      {"unknown action", rule("action: rename"), "f:6:14: unknown relabel action \"rename\""},
      {"misspelt action", rule("action: labeldorp"),
       "f:6:14: unknown relabel action \"labeldorp\" (did you mean \"labeldrop\"?)"},
      {"source_labels as a string", rule("source_labels: a, target_label: b"),
       "f:6:21: expected a list of strings, found \"a\""},
      {"empty rule", rule(""),
       "f:6:5: relabel configuration for replace action requires 'target_label' value"},
      {"lowercase without target", rule("action: lowercase"),
       "f:6:5: relabel configuration for lowercase action requires 'target_label' value"},
      {"hashmod without modulus", rule("action: hashmod, target_label: x"),
       "f:6:5: relabel configuration for hashmod requires non-zero modulus"},
      {"negative modulus", rule("modulus: -5"), "f:6:15: modulus: expected a whole number, found \"-5\""},
      {"labeldrop with more", rule("action: labeldrop, source_labels: [a]"),
       "f:6:5: labeldrop action requires only 'regex', and no other fields"},
      {"keepequal with regex", rule("action: keepequal, target_label: a, regex: x"),
       "f:6:5: keepequal action requires only 'source_labels' and `target_label`, and no other "
       "fields"},
      {"keepequal with the default regex", rule("action: keepequal, target_label: a, regex: (.*)"),
       "f:6:5: keepequal action requires only 'source_labels' and `target_label`, and no other "
       "fields"},
      {"labeldrop with an empty list", rule("action: labeldrop, source_labels: []"),
       "f:6:5: labeldrop action requires only 'regex', and no other fields"},
      {"action of nothing", rule("action: , target_label: a"), "f:6:14: unknown relabel action \"\""},
      {"source label without a name", rule("source_labels: [''], target_label: a"),
       "f:6:22: \"\" is not a valid label name"},
      {"uppercase with replacement", rule("action: uppercase, target_label: a, replacement: x"),
       "f:6:5: 'replacement' can not be set for uppercase action"},
      {"labelmap without replacement", rule("action: labelmap, replacement: ''"),
       "f:6:5: \"\" is invalid 'replacement' for labelmap action"},
      {"unknown key", rule("source_label: [a], target_label: x"),
       "f:6:6: relabel config: unknown key \"source_label\" (did you mean \"source_labels\"?)"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

TEST_CASE("the effective configuration loads again and shows no secret") {
  const std::string text =
      "clients:\n"
      "- url: http://user:hush@loki/p\n"
      "  headers: {X-A: hush}\n"
      "  basic_auth: {username: u, password: hush}\n"
      "  proxy_url: http://u:hush@proxy\n"
      "  proxy_connect_header: {X: [hush]}\n"
      "  tls_config: {cert: C, key: hush}\n"
      "  http_headers: {X-B: {secrets: [hush], values: ['1', 'true']}}\n"
      "  external_labels: {n: 'yes', y: '0x1', e: ''}\n"
      "- {url: http://two, bearer_token: hush}\n"
      "- {url: http://three, authorization: {credentials: hush}}\n"
      "scrape_configs:\n- job_name: '12'\n"
      "  static_configs: [{targets: [a], labels: {__path__: '/x/*.log', odd: \"a\\nb: #c\"}}, {}]\n"
      "  relabel_configs: [{action: hashmod, modulus: 3, target_label: t, source_labels: [a]}]\n"
      "  pipeline_stages: [{match: {selector: '{a=\"b\"}', n: 12, b: true, s: 'true', z: }}]\n";
  const Config config = load_good(text);
  const std::string printed = to_yaml(config);
  INFO(printed);
  CHECK(printed.find("hush") == std::string::npos);
  CHECK(printed.find("http://user:<secret>@loki/p") != std::string::npos);
  const Config again = load_good(printed);
  CHECK(to_yaml(again) == printed);
  CHECK(again.scrape_configs.at(0).job_name == "12");
  CHECK(again.scrape_configs[0].static_configs.at(0).labels.at("odd") == "a\nb: #c");
  CHECK(again.clients[0].external_labels == config.clients[0].external_labels);
  CHECK(printed.find("s: \"true\"") != std::string::npos);
  CHECK(printed.find("b: true") != std::string::npos);
}

}  // namespace
}  // namespace lokitail::config
