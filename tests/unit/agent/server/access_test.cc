#include "agent/server/access.h"

#include <catch2/catch.hpp>

#include <fstream>

#include "agent/http/credentials.h"
#include "tests/support/temp_dir.h"

namespace lokitail::agent {
namespace {

using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

HttpRequest request_with(Headers headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  return request;
}

unsigned status(const AccessRules& rules, Access access, Headers headers) {
  const auto refusal = rules.refusal(access, request_with(std::move(headers)));
  return refusal ? refusal->status : 200;
}

AccessRules open_rules(bool admin = true) {
  return {std::nullopt, admin, {"logs.example.com", "Web1"}, "agent.lan"};
}

TEST_CASE("a page is shown under names of the agent only") {
  const AccessRules rules = open_rules();
  const std::pair<const char*, unsigned> hosts[] = {
      {"localhost", 200},
      {"localhost:9080", 200},
      {"LOCALHOST.:80", 200},
      {"a.localhost", 200},
      {"127.0.0.1:9080", 200},
      {"[::1]:9080", 200},
      {"10.1.2.3", 200},
      {"agent.lan:9080", 200},
      {"logs.example.com", 200},
      {"web1:80", 200},
      {"evil.example", 403},
      {"evil.example:9080", 403},
      {"", 403},
      {"localhost.evil.example", 403},
      {"[", 403},
      {"127.0.0.1.evil.example", 403},
  };
  for (const auto& [host, expected] : hosts) {
    INFO(host);
    CHECK(status(rules, Access::kPage, {{"Host", host}}) == expected);
    CHECK(status(rules, Access::kAdmin, {{"Host", host}}) == expected);
    CHECK(status(rules, Access::kKnown, {{"Host", host}}) == 200);
  }
  CHECK(status(rules, Access::kPage, {}) == 200);  // a program of long ago
}

TEST_CASE("over a Unix socket all is allowed but for other sites' pages") {
  config::BasicAuth auth;
  auth.username = "ali";
  auth.password = config::Secret("open sesame");
  const AccessRules rules(auth, false, {}, "");
  HttpRequest request = request_with({{"Host", "evil.example"}});
  CHECK(rules.refusal(Access::kAdmin, request)->status == 403);
  request.is_local = true;
  for (const Access access :
       {Access::kOpen, Access::kKnown, Access::kPage, Access::kChange, Access::kAdmin}) {
    CHECK_FALSE(rules.refusal(access, request));
  }
  request.headers.emplace_back("Origin", "https://other.example");
  CHECK_FALSE(rules.refusal(Access::kPage, request));
  CHECK(rules.refusal(Access::kChange, request)->status == 403);
  CHECK(rules.refusal(Access::kAdmin, request)->status == 403);
}

TEST_CASE("what changes something is refused to other sites") {
  const AccessRules rules = open_rules();
  const Headers same[] = {
      {{"Host", "localhost:9080"}},
      {{"Host", "localhost:9080"}, {"Origin", "http://localhost:9080"}},
      {{"Host", "localhost"}, {"Origin", "https://LOCALHOST"}},
      {{"Host", "localhost"}, {"Sec-Fetch-Site", "same-origin"}},
      {{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}, {"Origin", "null"}},
  };
  for (const Headers& headers : same) CHECK(status(rules, Access::kAdmin, headers) == 200);
  const Headers others[] = {
      {{"Host", "localhost"}, {"Origin", "https://evil.example"}},
      {{"Host", "localhost"}, {"Origin", "null"}},
      {{"Host", "localhost:9080"}, {"Origin", "http://localhost:8000"}},
      {{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}},
      {{"Host", "localhost"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://localhost"}},
      {{"Origin", "http://localhost"}},
  };
  for (const Headers& headers : others) {
    CHECK(status(rules, Access::kAdmin, headers) == 403);
    CHECK(status(rules, Access::kPage, headers) == 200);
  }
}

TEST_CASE("without server.admin nothing is changed and no line is shown") {
  const auto refusal = open_rules(false).refusal(Access::kAdmin, request_with({{"Host", "localhost"}}));
  REQUIRE(refusal);
  CHECK(refusal->status == 403);
  CHECK_THAT(refusal->body, Catch::Contains("server.admin: true"));
}

TEST_CASE("user and password are wanted of everybody but for whether the agent is well") {
  const lokitail::test::TempDir directory;
  const auto write_password = [&](const char* password) {
    std::ofstream(directory / "password") << password << "\n";
  };
  write_password("open sesame");
  config::BasicAuth auth;
  auth.username = "ali";
  auth.password_file = (directory / "password").string();
  const AccessRules rules(auth, true, {}, "");
  const std::string right = http::basic_authorization("ali", "open sesame");
  const std::string wrong = http::basic_authorization("ali", "open wheat");
  CHECK(status(rules, Access::kOpen, {}) == 200);
  for (const Access access : {Access::kKnown, Access::kPage, Access::kAdmin}) {
    CHECK(status(rules, access, {{"Authorization", right}}) == 200);
    CHECK(status(rules, access, {{"authorization", right}}) == 200);
    CHECK(status(rules, access, {{"Authorization", "bASIC " + right.substr(6)}}) == 200);
    CHECK(status(rules, access, {}) == 401);
    for (const std::string& header :
         {wrong, std::string("Basic"), std::string(), right.substr(6), right + "x"}) {
      CHECK(status(rules, access, {{"Authorization", header}}) == 401);
    }
  }
  const auto refusal = rules.refusal(Access::kKnown, {});
  REQUIRE(refusal);
  CHECK(refusal->headers.front().first == "WWW-Authenticate");

  write_password("open wheat");  // a password may be changed while the agent runs
  CHECK(status(rules, Access::kKnown, {{"Authorization", wrong}}) == 200);
  CHECK(status(rules, Access::kKnown, {{"Authorization", right}}) == 401);
  std::filesystem::remove(directory / "password");
  CHECK(status(rules, Access::kKnown, {{"Authorization", wrong}}) == 500);
}

TEST_CASE("forms and queries are read") {
  CHECK(form_value("a=1&b=x+y%21&c", "b") == "x y!");
  CHECK(form_value("a=1&b=2&b=3", "b") == "2");
  CHECK(form_value("c", "c") == "");
  CHECK(form_value("&&=&a%3D=b=c", "a=") == "b=c");
  CHECK_FALSE(form_value("ab=1", "a"));
  CHECK_FALSE(form_value("", "a"));
}

}  // namespace
}  // namespace lokitail::agent
