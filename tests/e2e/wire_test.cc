// What goes over the wire: the request as Loki and the proxies in front of it want it.
#include "tests/support/forward_proxy.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

using namespace lokitail::test;

namespace {

std::string header(const Request& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

// The first push of an agent with these client keys.
Request first_push(const std::string& client_keys) {
  Scene scene(client_keys);
  write_file(scene.directory / "agent" / "token", "s3cret-token\n");
  write_file(scene.directory / "agent" / "password", "s3cret\n");
  append_file(scene.logs / "a.log", "hello\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
  return scene.loki.requests().front();
}

}  // namespace

TEST_CASE("a push looks like Promtail's") {
  const Request request = first_push("");
  CHECK(request.target == "/loki/api/v1/push");
  CHECK(header(request, "content-type") == "application/x-protobuf");
  CHECK(header(request, "content-encoding") == "");  // snappy goes unsaid
  CHECK(header(request, "user-agent").rfind("lokitail/", 0) == 0);
  CHECK(header(request, "content-length") == std::to_string(request.body_bytes));
  CHECK(request.headers.count("expect") == 0);
  CHECK(request.headers.count("authorization") == 0);
  CHECK(request.headers.count("x-scope-orgid") == 0);
  CHECK(request.headers.count("transfer-encoding") == 0);
}

TEST_CASE("one connection serves many pushes") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  scene.agent.start();
  for (int round = 0; round < 10; ++round) {
    log.write(1);
    scene.require_all({&log});
  }
  std::set<std::uint64_t> connections;
  for (const Request& request : scene.loki.requests()) connections.insert(request.connection);
  CHECK(scene.loki.request_count() >= 10);
  CHECK(connections.size() == 1);
  scene.agent.stop();
}

TEST_CASE("external_labels lose against the entry's own") {
  Scene scene("external_labels: {cluster: blue, job: external, filename: external}");
  append_file(scene.logs / "a.log", "hello\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
  CHECK(scene.loki.stored().front().labels ==
        fmt::format("{{cluster=\"blue\", filename=\"{}\", job=\"app\"}}", (scene.logs / "a.log").string()));
}

TEST_CASE("tenant_id goes into X-Scope-OrgID, and no custom header overrides it") {
  const Request request = first_push("tenant_id: team-a, headers: {x-scope-orgid: other, X-More: some}");
  CHECK(header(request, "x-scope-orgid") == "team-a");
  CHECK(header(request, "x-more") == "some");
}

TEST_CASE("credentials on the wire") {
  const auto [keys, expected] = GENERATE(table<const char*, const char*>({
      {"basic_auth: {username: user, password: s3cret}", "Basic dXNlcjpzM2NyZXQ="},
      {"basic_auth: {username: user, password_file: password}", "Basic dXNlcjpzM2NyZXQ="},
      {"bearer_token: s3cret-token", "Bearer s3cret-token"},
      {"bearer_token_file: token", "Bearer s3cret-token"},
      {"authorization: {credentials: s3cret-token}", "Bearer s3cret-token"},
      {"authorization: {type: Custom, credentials: s3cret-token}", "Custom s3cret-token"},
  }));
  INFO(keys);
  // Files are looked for in the agent's working directory.
  CHECK(header(first_push(keys), "authorization") == expected);
}

TEST_CASE("credentials in the URL are basic auth") {
  Scene scene;
  scene.agent.clients = {client(fmt::format("http://user:s3cret@{}/loki/api/v1/push", scene.loki.host()))};
  append_file(scene.logs / "a.log", "hello\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
  CHECK(header(scene.loki.requests().front(), "authorization") == "Basic dXNlcjpzM2NyZXQ=");
}

TEST_CASE("a bearer_token_file may be changed under way, and may be missing for a while") {
  TempDir directory;
  const auto token = directory / "token";
  Scene scene("bearer_token_file: " + token.string());
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  CHECK(stays([&] { return scene.loki.request_count() == 0; }, 300ms));
  write_file(token, "first");
  REQUIRE(scene.loki.wait_stored(1));
  write_file(token, "second");
  append_file(scene.logs / "a.log", "two\n");
  REQUIRE(scene.loki.wait_stored(2));
  scene.agent.stop();
  CHECK(header(scene.loki.requests().front(), "authorization") == "Bearer first");
  CHECK(header(scene.loki.requests().back(), "authorization") == "Bearer second");
}

TEST_CASE("proxy_url: pushes go through the proxy") {
  ForwardProxy proxy;
  Scene scene("proxy_url: " + proxy.url());
  LogWriter log("a", scene.logs / "a.log");
  log.write(10);
  scene.agent.start();
  CHECK(scene.require_all({&log}) == 0);
  log.write(10);
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
  REQUIRE_FALSE(proxy.requests().empty());
  CHECK(proxy.requests().front().rfind("POST " + scene.loki.url() + " HTTP/1.1\r\n", 0) == 0);
}

TEST_CASE("batchsize and batchwait: full batches go at once, others when they are old enough") {
  Scene scene("batchwait: 700ms, batchsize: 1000");
  scene.agent.start();
  append_file(scene.logs / "a.log", "alone\n");
  Stopwatch watch;
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(watch.elapsed() > 500ms);
  std::string lines;
  for (int i = 0; i < 50; ++i) lines += std::string(99, 'x') + "\n";
  append_file(scene.logs / "a.log", lines);
  REQUIRE(scene.loki.wait_stored(51));
  scene.agent.stop();
  for (const Request& request : scene.loki.requests()) {
    std::size_t bytes = 0;
    for (const Arrival& entry : request.entries) bytes += entry.line.size();
    CHECK(bytes <= 1000);
  }
  CHECK(scene.loki.request_count() >= 6);
}
