#include "agent/http/url.h"

#include <catch2/catch.hpp>

#include "agent/http/proxy.h"

namespace lokitail::agent::http {
namespace {

TEST_CASE("URLs are taken apart") {
  const auto url = parse_url("https://me:p%40ss@loki.example:3100/loki/api/v1/push?x=1#frag");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->user == "me");
  CHECK(url->password == "p@ss");
  CHECK(url->host == "loki.example");
  CHECK(url->port == "3100");
  CHECK(url->target == "/loki/api/v1/push?x=1");
  CHECK(url->host_header() == "loki.example:3100");

  CHECK(parse_url("http://loki")->target == "/");
  CHECK(parse_url("http://loki")->host_header() == "loki");
  CHECK(parse_url("HTTP://loki:80/a")->host_header() == "loki");
  CHECK(parse_url("https://loki")->port == "443");
  CHECK(parse_url("http://loki?q")->target == "/?q");
  CHECK(parse_url("http://[::1]:3100/p")->host == "::1");
  CHECK(parse_url("http://[::1]:3100/p")->host_header() == "[::1]:3100");
}

TEST_CASE("what is not an http URL is refused") {
  for (const char* const text :
       {"", "loki:3100", "ftp://loki/", "http://", "http:///push", "http://loki:port/", "http://loki:123456/",
        "http://[::1", "http://[[1]/", "http://a]/", "http://loki/a b", "http://loki/a\r\nX: y"}) {
    INFO(text);
    CHECK_FALSE(parse_url(text));
  }
}

TEST_CASE("a Unix socket has a URL, too") {
  const auto alone = parse_socket_url("unix:///run/lokitail/agent.sock");
  REQUIRE(alone);
  CHECK(alone->socket == "/run/lokitail/agent.sock");
  CHECK(alone->target == "/");
  CHECK(alone->host_header() == "localhost");
  CHECK_FALSE(alone->is_tls());
  const auto path = parse_socket_url("unix:///run/agent.sock:/prefix/readyz?a=b");
  REQUIRE(path);
  CHECK(path->socket == "/run/agent.sock");
  CHECK(path->target == "/prefix/readyz?a=b");
  CHECK(parse_socket_url("unix:///run/agent.sock:/a#b")->target == "/a");
  for (const char* const text : {"unix://relative", "unix://", "unix:///", "unix:///run/", "http://h/", "",
                                 "unix:/a", "unix:///a b", "unix:///a\n"}) {
    INFO(text);
    CHECK_FALSE(parse_socket_url(text));
  }
  CHECK_FALSE(parse_url("unix:///run/agent.sock"));
}

TEST_CASE("redirects are resolved against where they came from") {
  const Url base = *parse_url("http://loki:3100/a/b?c");
  CHECK(resolve_url(base, "/x")->target == "/x");
  CHECK(resolve_url(base, "x")->target == "/a/x");
  CHECK(resolve_url(base, "//other/y")->host == "other");
  CHECK(resolve_url(base, "https://z/")->scheme == "https");
  CHECK(resolve_url(base, "/x#y")->target == "/x");
  CHECK(resolve_url(base, "/x?next=http://y")->target == "/x?next=http://y");
  CHECK(resolve_url(base, "?d")->target == "/a/b?d");
  CHECK(resolve_url(base, "#y")->target == "/a/b?c");
  CHECK_FALSE(resolve_url(base, ""));
  CHECK_FALSE(resolve_url(base, "/x\r\nSet-Cookie: a"));
}

TEST_CASE("no_proxy names hosts, domains, addresses and networks") {
  const auto matches = [](const char* rules, const char* url) {
    return matches_no_proxy(rules, *parse_url(url));
  };
  CHECK(matches("loki.example", "http://loki.example/"));
  CHECK(matches("example", "http://loki.example/"));
  CHECK(matches(".example", "http://loki.example/"));
  CHECK_FALSE(matches(".loki.example", "http://loki.example/"));
  CHECK_FALSE(matches("ki.example", "http://loki.example/"));
  CHECK(matches("a, *", "http://loki.example/"));
  CHECK(matches("10.0.0.0/8", "http://10.1.2.3/"));
  CHECK_FALSE(matches("10.0.0.0/8", "http://11.1.2.3/"));
  CHECK(matches("::1", "http://[::1]/"));
  CHECK(matches("loki:3100", "http://loki:3100/"));
  CHECK_FALSE(matches("loki:3101", "http://loki:3100/"));
  CHECK_FALSE(matches("", "http://loki/"));
  CHECK(matches("*.example", "http://loki.example/"));
  CHECK_FALSE(matches("*.loki.example", "http://loki.example/"));
  CHECK(matches("Loki.EXAMPLE", "http://loKI.example/"));
  CHECK(matches("\tloki\t", "http://loki/"));
  CHECK(matches("[::1]:3100", "http://[::1]:3100/"));
  CHECK_FALSE(matches("[::1]:3101", "http://[::1]:3100/"));
  CHECK_FALSE(matches(":80,.,*.", "http://loki/"));
}

TEST_CASE("a proxy is asked, but for what is on this machine where there are rules") {
  config::HttpClientConfig config;
  std::string error;
  const auto host_of = [&](const char* url) {
    const auto proxy = proxy_for(*parse_url(url), config, error);
    return proxy ? proxy->host : std::string();
  };
  CHECK(host_of("http://loki/") == "");
  config.proxy_url = config::Secret("http://proxy:8080");
  CHECK(host_of("http://loki/") == "proxy");
  CHECK(host_of("http://localhost/") == "proxy");
  config.no_proxy = "other";
  CHECK(host_of("http://loki/") == "proxy");
  for (const char* const near : {"http://localhost:3100/", "http://127.0.0.2/", "http://[::1]/"}) {
    CHECK(host_of(near) == "");
  }
  CHECK(error.empty());
}

TEST_CASE("a proxy that cannot be used is not passed by") {
  config::HttpClientConfig config;
  config.proxy_url = config::Secret(GENERATE("socks5://me:secret@proxy:1080", "https://proxy", "http://"));
  std::string error;
  CHECK_FALSE(proxy_for(*parse_url("http://loki/"), config, error));
  CHECK(error == "the proxy's URL is no http URL");
}

}  // namespace
}  // namespace lokitail::agent::http
