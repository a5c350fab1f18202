#include <catch2/catch.hpp>

#include <sstream>

#include "config/url.h"
#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

using namespace std::chrono_literals;

// A configuration whose only client has these keys besides its URL. They begin at f:3:3.
std::string client(const std::string& keys) {
  return "clients:\n- url: http://loki:3100/p\n  " + keys + "\n";
}

TEST_CASE("a client has Promtail's defaults, but retries for ever") {
  const ClientConfig config = load_good(kClients).clients.at(0);
  CHECK(config.url.reveal() == "http://loki:3100/loki/api/v1/push");
  CHECK(config.batchwait == 1s);
  CHECK(config.batchsize == 1048576);
  CHECK(config.timeout == 10s);
  CHECK(config.backoff.min_period == 500ms);
  CHECK(config.backoff.max_period == 5min);
  CHECK(config.backoff.max_retries == 0);
  CHECK(config.tenant_id.empty());
  CHECK_FALSE(config.drop_rate_limited_batches);
  CHECK(config.http.follow_redirects);
  CHECK(config.http.enable_http2);
  CHECK(config.name.size() == 6);
}

TEST_CASE("every key of a client is read") {
  const ClientConfig config =
      load_good(client("name: main\n  batchwait: 5\n  batchsize: 1\n  timeout: 1m\n"
                       "  backoff_config: {max_retries: 3}\n"
                       "  headers: {X-One: a, x-two: 2}\n"
                       "  external_labels: {dc: d1, n: 7}\n"
                       "  tenant_id: 12\n  drop_rate_limited_batches: true\n"
                       "  follow_redirects: false\n  enable_http2: false\n"
                       "  proxy_url: http://u:p@proxy:3128\n  no_proxy: a,b\n"
                       "  proxy_connect_header: {X-P: [q, r]}\n"
                       "  tls_config: {ca_file: ca, cert: C, key_file: k, server_name: s,"
                       " insecure_skip_verify: true, min_version: TLS12, max_version: TLS13}\n"
                       "  http_headers: {X-H: {values: [v], secrets: [s], files: [f]}}"))
          .clients.at(0);
  CHECK(config.name == "main");
  CHECK(config.batchwait == 5ns);
  CHECK(config.batchsize == 1);
  CHECK(config.timeout == 1min);
  CHECK(config.backoff.max_retries == 3);
  CHECK(config.backoff.min_period == 500ms);
  CHECK(config.headers.at("x-two").reveal() == "2");
  CHECK(config.external_labels == LabelMap{{"dc", "d1"}, {"n", "7"}});
  CHECK(config.tenant_id == "12");
  CHECK(config.drop_rate_limited_batches);
  CHECK_FALSE(config.http.follow_redirects);
  CHECK_FALSE(config.http.enable_http2);
  CHECK(config.http.proxy_url.reveal() == "http://u:p@proxy:3128");
  CHECK(config.http.no_proxy == "a,b");
  CHECK(config.http.proxy_connect_header.at("X-P").at(1).reveal() == "r");
  CHECK(config.http.tls_config.ca_file == "ca");
  CHECK(config.http.tls_config.cert == "C");
  CHECK(config.http.tls_config.key_file == "k");
  CHECK(config.http.tls_config.server_name == "s");
  CHECK(config.http.tls_config.insecure_skip_verify);
  CHECK(config.http.tls_config.min_version == "TLS12");
  CHECK(config.http.tls_config.max_version == "TLS13");
  CHECK(config.http.http_headers.at("X-H").secrets.at(0).reveal() == "s");
  CHECK(config.http.http_headers.at("X-H").files.at(0) == "f");
}

TEST_CASE("ways to say who one is") {
  const auto http = [](const std::string& keys) { return load_good(client(keys)).clients.at(0).http; };
  const auto basic = http("basic_auth: {username: u, password: 123}").basic_auth;
  REQUIRE(basic);
  CHECK(basic->username == "u");
  CHECK(basic->password.reveal() == "123");
  CHECK(http("basic_auth: {username_file: u, password_file: p}").basic_auth->password_file == "p");
  CHECK_FALSE(http("basic_auth:").basic_auth);
  const auto bearer = http("authorization: {credentials: c}").authorization;
  REQUIRE(bearer);
  CHECK(bearer->type == "Bearer");
  CHECK(http("authorization: {type: ' Token ', credentials_file: c}").authorization->type == "Token");
  CHECK(http("bearer_token: t").bearer_token.reveal() == "t");
  CHECK(http("bearer_token_file: t").bearer_token_file == "t");
}

TEST_CASE("wrong clients are refused with place and reason") {
  const std::string one_of_token =
      "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured";
  const ErrorRow rows[] = {
      {"no URL", "clients: [{batchwait: 1s}]", "f:1:11: client needs target URL"},
      {"empty URL", "clients: [{url: ''}]", "f:1:11: client needs target URL"},
      {"null", "clients:\n-\n", "f:2:2: client needs target URL"},
      {"not a URL", "clients: [{url: 'http://[::1'}]",
       "f:1:17: this URL cannot be used: missing ']' in host"},
      {"another scheme", "clients: [{url: 'loki:3100/p'}]",
       "f:1:17: this URL cannot be used: it must begin with http:// or https://"},
      {"equal clients", "clients:\n- {url: http://x, name: a}\n- {url: http://y, name: a}",
       "f:3:3: duplicate client configs are not allowed, found duplicate for name: a"},
      {"unknown key", client("batchsze: 1"),
       "f:3:3: client: unknown key \"batchsze\" (did you mean \"batchsize\"?)"},
      {"size with a unit", client("batchsize: 1MB"), "f:3:14: expected a whole number, found \"1MB\""},
      {"negative size", client("batchsize: -1"), "f:3:14: batchsize must not be negative"},
      {"timeout of zero", client("timeout: 0s"), "f:3:12: timeout must be greater than zero"},
      {"negative retries", client("backoff_config: {max_retries: -1}"),
       "f:3:33: max_retries must not be negative"},
      {"unknown backoff key", client("backoff_config: {minimum: 1s}"),
       "f:3:20: backoff_config: unknown key \"minimum\""},
      {"oauth2", client("oauth2: {client_id: x}"), "f:3:3: oauth2 is not supported by lokitail yet"},
      {"stream_lag_labels", client("stream_lag_labels: x"),
       "f:3:3: client: unknown key \"stream_lag_labels\""},
      {"two tokens", client("bearer_token: t\n  bearer_token_file: f"),
       "f:2:3: at most one of bearer_token & bearer_token_file must be configured"},
      {"basic and token", client("basic_auth: {username: u}\n  bearer_token: t"), "f:2:3: " + one_of_token},
      {"authorization and token", client("authorization: {}\n  bearer_token: t"),
       "f:2:3: authorization is not compatible with bearer_token & bearer_token_file"},
      {"basic and authorization", client("basic_auth: {}\n  authorization: {}"),
       "f:2:3: at most one of basic_auth, oauth2 & authorization must be configured"},
      {"two passwords", client("basic_auth: {password: p, password_file: f}"),
       "f:3:15: at most one of basic_auth password & password_file must be configured"},
      {"two names", client("basic_auth: {username: p, username_file: f}"),
       "f:3:15: at most one of basic_auth username & username_file must be configured"},
      {"two credentials", client("authorization: {credentials: p, credentials_file: f}"),
       "f:3:18: at most one of authorization credentials & credentials_file must be configured"},
      {"basic as a type", client("authorization: {type: Basic}"),
       "f:3:25: authorization type cannot be set to \"basic\", use \"basic_auth\" instead"},
      {"secret reference", client("basic_auth: {password_ref: x}"),
       "f:3:16: password_ref is not supported by lokitail yet"},
      {"certificate alone", client("tls_config: {cert_file: c}"),
       "f:3:15: exactly one of key or key_file must be configured when a client certificate is "
       "configured"},
      {"key alone", client("tls_config: {key: k}"),
       "f:3:15: exactly one of cert or cert_file must be configured when a client key is "
       "configured"},
      {"two authorities", client("tls_config: {ca: c, ca_file: c}"),
       "f:3:15: at most one of ca and ca_file must be configured"},
      {"unknown TLS version", client("tls_config: {min_version: TLS14}"),
       "f:3:29: unknown TLS version: TLS14 (did you mean \"TLS10\"?)"},
      {"TLS versions upside down", client("tls_config: {min_version: TLS13, max_version: TLS12}"),
       "f:3:15: tls_config.max_version must be greater than or equal to tls_config.min_version if "
       "both are specified"},
      {"two proxies", client("proxy_from_environment: true\n  proxy_url: http://p"),
       "f:2:3: if proxy_from_environment is configured, proxy_url must not be configured"},
      {"no_proxy and environment", client("proxy_from_environment: true\n  no_proxy: a"),
       "f:2:3: if proxy_from_environment is configured, no_proxy must not be configured"},
      {"no_proxy alone", client("no_proxy: a"),
       "f:2:3: if no_proxy is configured, proxy_url must also be configured"},
      {"proxy header alone", client("proxy_connect_header: {a: [b]}"),
       "f:2:3: if proxy_connect_header is configured, proxy_url or proxy_from_environment must "
       "also be configured"},
      {"reserved header", client("http_headers: {host: {values: [x]}}"),
       "f:3:18: setting header \"host\" is not allowed"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

TEST_CASE("the deprecated client block") {
  const std::string both =
      "client: {url: http://one, tenant_id: a}\nclients: [{url: http://two, batchwait: 2s}]\n";
  const Config config = load_good(both);
  REQUIRE(config.clients.size() == 2);
  CHECK(config.clients[0].url.reveal() == "http://two");
  CHECK(config.clients[1].url.reveal() == "http://one");
  CHECK(config.clients[1].tenant_id == "a");
  const auto warnings = load_warnings(both);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("f:1:9: use of CLI client.* and config file Client block are both") == 0);

  const Config labels = load_good(
      "client: {external_labels: {dc: block, rack: r2}}\n"
      "clients: [{url: http://two, external_labels: {dc: own}}]\n");
  REQUIRE(labels.clients.size() == 1);
  CHECK(labels.clients[0].external_labels == LabelMap{{"dc", "own"}, {"rack", "r2"}});
}

TEST_CASE("clients without a name are told apart by all they say") {
  const Config config =
      load_good("clients:\n- url: http://u:one@x\n- url: http://u:two@x\n- {url: http://y, tenant_id: a}\n");
  CHECK(config.clients[0].name != config.clients[1].name);
  CHECK(load_error("clients:\n- url: http://x\n- url: http://x\n")
            .find("f:3:3: duplicate client configs are not allowed") == 0);
  CHECK(load_good(kClients).clients[0].name == load_good("\n" + kClients).clients[0].name);
}

TEST_CASE("URLs") {
  for (const char* good : {"http://x", "https://u:p@x:3100/a?b#c", "HTTP://[::1]:80/", "http://x:/"}) {
    INFO(good);
    CHECK_FALSE(url_problem(good));
  }
  const struct {
    const char* url;
    const char* want;
  } rows[] = {
      {"http://", "the host is missing"},
      {"http:///p", "the host is missing"},
      {"http://:80", "the host is missing"},
      {"http://x:port", "invalid port after host"},
      {"http://x:65536", "invalid port after host"},
      {"http://[::1", "missing ']' in host"},
      {"http://[::1]x", "invalid port after host"},
      {"http://x/%zz", "invalid % escape"},
      {"http://x y", "it holds a space or control character"},
      {"ftp://x", "it must begin with http:// or https://"},
      {"x", "it must begin with http:// or https://"},
  };
  for (const auto& row : rows) {
    INFO(row.url);
    CHECK(url_problem(row.url) == std::string(row.want));
  }
  CHECK(mask_url("http://u:p@ss@x/y@z") == "http://u:<secret>@x/y@z");
  CHECK(mask_url("http://u@x:1/y") == "http://u@x:1/y");
  CHECK(mask_url("http://x/a:b@c") == "http://x/a:b@c");
}

TEST_CASE("secrets do not print") {
  const Secret secret("hush");
  std::ostringstream out;
  out << secret;
  CHECK(out.str() == "<secret>");
  CHECK(fmt::format("{}", secret) == "<secret>");
  // A bad URL may hold a password: its error must not repeat it.
  CHECK(load_error("clients: [{url: 'http://u:hush@x:port'}]").find("hush") == std::string::npos);
}

}  // namespace
}  // namespace lokitail::config
