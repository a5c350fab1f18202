// All errors of a configuration at once.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

std::vector<std::string> all_errors(const std::string& text) {
  Warnings warnings;
  warnings.gather_errors();
  Config config;
  warnings.attempt([&] { config = read_config(text, "f", warnings); });
  warnings.attempt([&] { complete(config, warnings); });
  std::vector<std::string> errors;
  for (const Error& error : warnings.errors()) errors.emplace_back(error.what());
  return errors;
}

using Errors = std::vector<std::string>;

TEST_CASE("a good configuration has no errors to gather") {
  CHECK(all_errors(kClients + "scrape_configs:\n- job_name: j\n  static_configs: [{labels: {a: b}}]\n")
            .empty());
}

TEST_CASE("errors of all blocks and jobs are gathered") {
  Errors errors = all_errors(
      "server: {http_listen_port: 70000}\n"
      "positions: {sync_period: 0s}\n"
      "clients:\n"
      "- url: http://loki:3100/\n"
      "  batchsize: big\n"
      "- {}\n"
      "scrape_configs:\n"
      "- job_name: a\n"
      "  static_configs:\n"
      "  - labels: {a: [b]}\n"
      "  - label: {}\n"
      "  relabel_configs:\n"
      "  - {action: keep, regexp: x}\n"
      "  - {action: hashmod, target_label: x}\n"
      "  pipeline_stage: []\n"
      "  encodin: utf-8\n"
      "- job_name: b\n"
      "- job_name: a\n"
      "  static_configs: [{}]\n"
      "limits_config: {max_line_size: x}\n"
      "scrape_config: []\n");
  std::ranges::sort(errors);
  CHECK(errors ==
        Errors{"f:10:17: expected a string, found a list",
               "f:11:5: static_configs: unknown key \"label\" (did you mean \"labels\"?)",
               "f:13:20: relabel config: unknown key \"regexp\" (did you mean \"regex\"?)",
               "f:14:5: relabel configuration for hashmod requires non-zero modulus",
               "f:15:3: scrape config: unknown key \"pipeline_stage\" (did you mean "
               "\"pipeline_stages\"?)",
               "f:16:3: scrape config: unknown key \"encodin\" (did you mean \"encoding\"?)",
               "f:17:3: no valid target scrape config defined for \"b\"",
               "f:18:3: found multiple scrape configs with job name \"a\"",
               "f:1:28: expected a port, 0 to 65535",
               "f:20:32: expected a size such as 65536, 256KB or 1MB, found \"x\"",
               "f:21:1: configuration: unknown key \"scrape_config\" (did you mean \"scrape_configs\"?)",
               "f:2:26: sync_period must be greater than zero",
               "f:5:14: expected a whole number, found \"big\"", "f:6:3: client needs target URL"});
}

TEST_CASE("one fault makes one error") {
  const struct {
    const char* what;
    std::string text;
    Errors want;
  } cases[] = {
      {"the only client",
       "clients: [{url: 'http://x y/'}]\n",
       {"f:1:17: this URL cannot be used: it holds a space or control character"}},
      {"the only target",
       kClients + "scrape_configs:\n- job_name: a\n  static_configs: [{labels: {a: [b]}}]\n",
       {"f:4:33: expected a string, found a list"}},
      {"a name that is missing twice",
       kClients + "scrape_configs:\n- static_configs: [{}]\n- static_configs: [{}]\n",
       {"f:3:3: job_name is empty", "f:4:3: job_name is empty"}},
      {"two unknown keys",
       kClients + "server: {a: 1, b: 2}\n",
       {"f:2:10: server: unknown key \"a\"", "f:2:16: server: unknown key \"b\""}},
      {"two kinds of targets that are not there yet",
       kClients + "scrape_configs:\n- {job_name: a, ec2_sd_configs: [{a: b}], dns_sd_configs: "
                  "[{names: [x]}]}\n",
       {"f:3:43: dns_sd_configs is not supported by lokitail yet",
        "f:3:17: ec2_sd_configs is not supported by lokitail yet"}},
      {"no client at all", "server: {}\n", {"f: at least one client config must be provided"}},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    CHECK(all_errors(c.text) == c.want);
  }
}

TEST_CASE("without gathering the first error ends the reading") {
  CHECK(load_error(kClients + "server: {a: 1, b: 2}\n") == "f:2:10: server: unknown key \"a\"");
}

}  // namespace
}  // namespace lokitail::config
