// Lints about clients and settings.
#include <catch2/catch.hpp>

#include "tests/unit/agent/lint/support.h"

namespace lokitail::agent::lint {
namespace {

using namespace test;

std::string client(const std::string& keys) { return "clients:\n- " + keys + "\n"; }

TEST_CASE("inline-credentials") {
  const Row rows[] = {
      {"password", client("{url: https://l/, basic_auth: {username: u, password: hush}}"), {"2:57"}},
      {"password of a file", client("{url: https://l/, basic_auth: {username: u, password_file: /p}}"), {}},
      {"bearer token", client("{url: https://l/, bearer_token: hush}"), {"2:35"}},
      {"authorization", client("{url: https://l/, authorization: {credentials: hush}}"), {"2:50"}},
      {"oauth2",
       client("{url: https://l/, oauth2: {client_id: a, client_secret: hush, token_url: https://t/}}"),
       {"2:59"}},
      {"a key", client("{url: https://l/, tls_config: {cert: x, key: hush}}"), {"2:48"}},
      {"in the URL", client("{url: 'https://u:hush@l/push'}"), {"2:9"}},
      {"a user alone", client("{url: 'https://u@l/push'}"), {}},
      {"an at sign elsewhere", client("{url: 'https://l/push?a:b@c'}"), {}},
      {"a header", client("{url: https://l/, headers: {Authorization: hush}}"), {"2:46"}},
      {"any header", client("{url: https://l/, headers: {X-Team: web}}"), {}},
      {"from the environment", client("{url: https://l/, bearer_token: '${TOKEN}'}"), {}},
      {"the old block", "client: {url: https://l/, bearer_token: hush}\n", {"1:41"}},
      {"an empty one", client("{url: https://l/, bearer_token: ''}"), {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("inline-credentials", row.config) == row.want);
  }
  CHECK(contains(says("inline-credentials", rows[0].config), "/ password_file"));
  CHECK_FALSE(contains(says("inline-credentials", rows[0].config), "hush"));
}

TEST_CASE("inline-credentials: what the environment has put in stands there by name only") {
  config::Warnings warnings;
  const config::Node root = config::Node::parse(client("{url: https://l/, bearer_token: hush}"), "f");
  const config::Config config = config::load(client("{url: https://l/, bearer_token: hush}"), "f", warnings);
  const Subject subject{config, root, client("{url: https://l/, bearer_token: ${TOKEN}}")};
  for (const Finding& finding : run_lints(subject, Ignores())) CHECK(finding.id != "inline-credentials");
}

TEST_CASE("open-admin") {
  const std::string clients = client("{url: https://l/}");
  const auto server = [&](const std::string& keys) { return "server: {" + keys + "}\n" + clients; };
  const std::string tls = "http_tls_config: {cert_file: /c, key_file: /k}";
  const std::string auth = "basic_auth: {username: u, password_file: /p}";
  const Row rows[] = {
      {"all addresses", server("admin: true"), {"1:17"}},
      {"an address", server("admin: true, http_listen_address: 10.0.0.1"), {"1:17"}},
      {"this machine", server("admin: true, http_listen_address: 127.0.0.1"), {}},
      {"this machine, IPv6", server("admin: true, http_listen_address: '::1'"), {}},
      {"by its name", server("admin: true, http_listen_address: localhost"), {}},
      {"a password in the clear", server("admin: true, " + auth), {"1:17"}},
      {"TLS alone", server("admin: true, " + tls), {"1:17"}},
      {"a password over TLS", server("admin: true, " + auth + ", " + tls), {}},
      {"certificates",
       server("admin: true, http_tls_config: {cert_file: /c, key_file: /k, client_ca_file: /a, "
              "client_auth_type: "
              "RequireAndVerifyClientCert}"),
       {}},
      {"a socket besides", server("admin: true, http_listen_socket: /run/a.sock"), {"1:17"}},
      {"a socket alone", server("http_listen_socket: /run/a.sock"), {}},
      {"no admin", server("admin: false"), {}},
      {"no server", server("admin: true, disable: true"), {}},
      {"nothing", clients, {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("open-admin", row.config) == row.want);
  }
  CHECK(contains(says("open-admin", rows[0].config), "no password"));
  CHECK(contains(says("open-admin", rows[5].config), "read it"));
}

TEST_CASE("insecure-tls and credentials-over-http") {
  const Row tls[] = {
      {"skips", client("{url: https://l/, tls_config: {insecure_skip_verify: true}}"), {"2:56"}},
      {"does not", client("{url: https://l/, tls_config: {insecure_skip_verify: false}}"), {}},
      {"says nothing", client("{url: https://l/}"), {}},
  };
  for (const Row& row : tls) {
    INFO(row.what);
    CHECK(places("insecure-tls", row.config) == row.want);
  }
  const Row http[] = {
      {"basic", client("{url: http://l/, basic_auth: {username: u, password_file: p}}"), {"2:9"}},
      {"a token of a file", client("{url: http://l/, bearer_token_file: p}"), {"2:9"}},
      {"in the URL", client("{url: 'http://u:p@l/'}"), {"2:9"}},
      {"TLS", client("{url: https://l/, basic_auth: {username: u, password_file: p}}"), {}},
      {"no credentials", client("{url: http://l/}"), {}},
      {"this machine", client("{url: 'http://localhost:3100/', bearer_token_file: p}"), {}},
      {"this machine by number", client("{url: 'http://u:p@127.0.0.1:3100/'}"), {}},
      {"this machine by IPv6", client("{url: 'http://[::1]:3100/', bearer_token_file: p}"), {}},
      {"a name that only begins so",
       client("{url: 'http://localhost.evil.org/', bearer_token_file: p}"),
       {"2:9"}},
  };
  for (const Row& row : http) {
    INFO(row.what);
    CHECK(places("credentials-over-http", row.config) == row.want);
  }
}

TEST_CASE("batch-size and line-size") {
  CHECK(places("batch-size", client("{url: http://l/, batchsize: 5000000}")) == Places{"2:31"});
  CHECK(places("batch-size", client("{url: http://l/, batchsize: 4194304}")).empty());
  CHECK(places("batch-size", client("{url: http://l/}")).empty());
  CHECK(places("line-size", kClient + "limits_config: {max_line_size: 1MB}\n") == Places{"2:32"});
  CHECK(places("line-size", kClient + "limits_config: {max_line_size: 256KB}\n").empty());
  CHECK(places("line-size", kClient).empty());
}

TEST_CASE("metadata-limits") {
  std::string names;
  for (int i = 0; i < 129; ++i) names += fmt::format("{}m{}: job", i == 0 ? "" : ", ", i);
  CHECK(places("metadata-limits", job("- structured_metadata: {" + names + "}")) == Places{"3:3"});
  CHECK(places("metadata-limits", job("- structured_metadata: {a: job, b: job}")).empty());
}

TEST_CASE("what a sample shows of limits") {
  Linting how;
  how.sample.emplace();
  how.sample->place = {"f", 3, 3};
  how.sample->job = "j";
  how.sample->entries = 10;
  const std::string plain = job("");
  for (const char* id : {"line-size", "old-timestamps", "metadata-limits"})
    CHECK(places(id, plain, how).empty());
  how.sample->too_long = 2;
  how.sample->too_old = 3;
  how.sample->too_much_metadata = 4;
  CHECK(contains(says("line-size", plain, how), "2 of 10 entries"));
  CHECK(contains(says("old-timestamps", plain, how), "3 of 10 entries"));
  CHECK(contains(says("metadata-limits", plain, how), "4 of 10 entries"));
  CHECK(places("line-size", plain + "limits_config: {max_line_size: 256KB}\n", how).empty());
  how.sample->too_new = 1;
  CHECK(places("old-timestamps", plain, how) == Places{"3:3", "3:3"});
}

}  // namespace
}  // namespace lokitail::agent::lint
