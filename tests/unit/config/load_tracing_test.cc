#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {

TEST_CASE("tracing is off until it is enabled, with somewhere to send it") {
  CHECK_FALSE(load_good(kClients).tracing.is_on());
  CHECK_FALSE(load_good(kClients + "tracing: {endpoint: http://tempo:4318}").tracing.is_on());
  CHECK_FALSE(load_good(kClients + "tracing: {enabled: true, endpoint: http://t, sampling_ratio: 0}")
                  .tracing.is_on());
  CHECK(load_good(kClients + "tracing: {enabled: true, endpoint: http://tempo:4318}").tracing.is_on());
}

TEST_CASE("tracing as Promtail has it is taken, and said to do nothing") {
  CHECK(load_warnings(kClients + "tracing: {enabled: false}").empty());
  const auto warnings = load_warnings(kClients + "tracing:\n  enabled: true");
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "f:3:3: tracing has no `endpoint`: no traces are sent");
}

TEST_CASE("tracing: all keys") {
  const Config config = load_good(kClients +
                                  "tracing:\n"
                                  "  enabled: true\n"
                                  "  endpoint: https://user:hush@tempo/otlp/v1/traces\n"
                                  "  sampling_ratio: 0.25\n"
                                  "  timeout: 3s\n"
                                  "  queue_size: 64\n"
                                  "  headers: {X-Scope-OrgID: agents}\n"
                                  "  bearer_token: quiet\n"
                                  "  tls_config: {ca_file: /etc/ca.pem}\n");
  const TracingConfig& tracing = config.tracing;
  CHECK(tracing.endpoint.reveal() == "https://user:hush@tempo/otlp/v1/traces");
  CHECK(tracing.sampling_ratio == 0.25);
  CHECK(tracing.timeout == std::chrono::seconds(3));
  CHECK(tracing.queue_size == 64);
  CHECK(tracing.headers.at("X-Scope-OrgID").reveal() == "agents");
  CHECK(tracing.http.bearer_token.reveal() == "quiet");
  CHECK(tracing.http.tls_config.ca_file == "/etc/ca.pem");
  const std::string shown = to_yaml(config);
  CHECK(shown.find("hush") == std::string::npos);
  CHECK(shown.find("quiet") == std::string::npos);
  CHECK(shown.find("agents") == std::string::npos);
  CHECK(load_good(to_yaml_with_secrets(config)).tracing.sampling_ratio == 0.25);
  CHECK(to_yaml_with_secrets(load_good(to_yaml_with_secrets(config))) == to_yaml_with_secrets(config));
}

TEST_CASE("tracing: what is wrong is told with its place") {
  const ErrorRow rows[] = {
      {"a key that is none", "tracing: {enabeld: true}", "enabled"},
      {"no URL", "tracing: {endpoint: tempo}", "this URL cannot be used"},
      {"a share above all", "tracing: {sampling_ratio: 1.5}", "f:2:27: sampling_ratio must be from 0 to 1"},
      {"a share that is no number", "tracing: {sampling_ratio: .nan}", "sampling_ratio must be from 0 to 1"},
      {"no room", "tracing: {queue_size: 0}", "f:2:23: queue_size must be at least 1"},
      {"no time", "tracing: {timeout: 0s}", "timeout"},
      {"two identities", "tracing: {bearer_token: a, basic_auth: {username: b}}", "at most one of"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(kClients + row.text).find(row.want) != std::string::npos);
  }
}

}  // namespace lokitail::config
