// What others push: another lokitail, and whatever speaks HTTP.
#include "tests/support/compress.h"
#include "tests/support/page.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <set>
#include <thread>

#include "tests/support/http_get.h"

using namespace lokitail::test;

namespace {

constexpr const char* kPush = "/loki/api/v1/push";
constexpr const char* kJson = "application/json";

std::string json_push(const std::string& labels, const std::string& line, const std::string& more = "") {
  return fmt::format(R"({{"streams":[{{"stream":{{{}}},"values":[["1700000000000000007","{}"{}]]}}]}})",
                     labels, line, more);
}

struct PushScene : Scene {
  std::uint16_t push_port = free_port();

  explicit PushScene(const std::string& keys = "", const std::string& job_lines = "",
                     const std::string& server_keys = "") {
    agent.jobs = {
        fmt::format("- job_name: pushed\n  loki_push_api:\n"
                    "    server: {{http_listen_address: 127.0.0.1, http_listen_port: {}{}}}\n{}{}",
                    push_port, server_keys, keys, job_lines)};
  }

  HttpAnswer push(const std::string& body,
                  const std::vector<std::pair<std::string, std::string>>& headers = {},
                  const std::string& path = kPush, const std::string& type = kJson) const {
    return http_post(push_port, path, body, type, headers);
  }
};

TEST_CASE("a push of JSON is delivered with its labels, time and metadata") {
  PushScene scene("    use_incoming_timestamp: true\n    labels: {via: here, app: fixed}\n");
  scene.agent.start();
  CHECK(http_get(scene.push_port, "/ready").body == "ready\n");
  const HttpAnswer answer =
      scene.push(json_push(R"("app":"theirs","host":"h")", "hello", R"(,{"trace":"t1"})"));
  CHECK(answer.status == 204);
  CHECK(answer.body.empty());
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.stored()[0].labels == R"({app="fixed", host="h", via="here"})");
  CHECK(scene.loki.stored()[0].timestamp == 1'700'000'000'000'000'007);
  CHECK(scene.loki.stored()[0].line == "hello");
  scene.agent.stop();
}

TEST_CASE("pushes are relabelled, and what has no label left is dropped alone") {
  PushScene scene("",
                  "  relabel_configs:\n  - {source_labels: [__kind], target_label: kind}\n"
                  "  - {source_labels: [secret], regex: yes, action: drop}\n");
  scene.agent.start();
  const std::string body = R"({"streams":[{"stream":{"__only":"x"},"values":[["1","a"]]},
    {"stream":{"secret":"yes","a":"b"},"values":[["1","b"],["2","c"]]},{"stream":{"__kind":"k"},"values":[["1","kept"]]}]})";
  CHECK(scene.push(body).status == 204);
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.lines() == std::vector<std::string>{"kept"});
  CHECK(scene.loki.stored()[0].labels == R"({kind="k"})");
  CHECK(scene.agent.metric("lokitail_received_dropped_entries_total") == 3);
  scene.agent.stop();
}

TEST_CASE("compressed pushes, plain lines and tenants") {
  PushScene scene("    keep_tenant: true\n    labels: {job: p}\n");
  scene.agent.start();
  using lokitail::agent::Compression;
  CHECK(scene
            .push(compressed(json_push("", "gzip"), Compression::kGzip),
                  {{"Content-Encoding", "gzip"}, {"X-Scope-OrgID", "team"}})
            .status == 204);
  CHECK(scene
            .push(compressed(json_push("", "deflate"), Compression::kDeflate),
                  {{"Content-Encoding", "deflate"}})
            .status == 204);
  CHECK(
      scene.push("one\r\n\ntwo\n", {{"X-Scope-OrgID", "raw"}}, "/promtail/api/v1/raw", "text/plain").status ==
      204);
  REQUIRE(scene.loki.wait_stored(4));
  std::map<std::string, std::string> tenants;
  for (const Arrival& arrival : scene.loki.stored()) {
    tenants[arrival.line] = arrival.tenant;
    CHECK(arrival.labels == R"({job="p"})");
  }
  CHECK(tenants == std::map<std::string, std::string>{
                       {"gzip", "team"}, {"deflate", ""}, {"one", "raw"}, {"two", "raw"}});
  scene.agent.stop();
}

TEST_CASE("logs of OpenTelemetry") {
  PushScene scene("    use_incoming_timestamp: true\n");
  scene.agent.start();
  const HttpAnswer answer = scene.push(
      R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
      "scopeLogs":[{"logRecords":[{"timeUnixNano":"1700000000000000001","body":{"stringValue":"paid"}}]}]}]})",
      {}, "/otlp/v1/logs");
  CHECK(answer.status == 200);
  CHECK(answer.body == "{}");
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.stored()[0].labels == R"({service_name="shop"})");
  CHECK(scene.loki.stored()[0].line == "paid");
  const HttpAnswer refused = scene.push("{\"resourceLogs\":1}", {}, "/otlp/v1/logs");
  CHECK(refused.status == 400);
  CHECK_THAT(refused.body, Catch::StartsWith(R"({"code":3,"message":)"));
  CHECK(scene.push("", {}, "/otlp/v1/logs", "text/plain").status == 400);
  scene.agent.stop();
}

TEST_CASE("what is no push is refused, and the next one is taken") {
  PushScene scene("    labels: {job: p}\n    max_send_msg_size: 10kB\n");
  scene.agent.start();
  CHECK(scene.push("{\"streams\":").status == 400);
  CHECK(scene.push("xx", {}, kPush, "application/x-protobuf").status == 400);
  CHECK(scene.push("{}", {{"Content-Encoding", "br"}}).status == 400);
  CHECK(scene.push("{}", {}, kPush, "").status == 400);
  CHECK(scene.push(json_push("", std::string(10'300, 'x'))).status == 413);
  CHECK(scene
            .push(compressed(json_push("", std::string(10'300, 'x')), lokitail::agent::Compression::kGzip),
                  {{"Content-Encoding", "gzip"}})
            .status == 413);
  CHECK(http_get(scene.push_port, kPush).status == 405);
  CHECK(scene.push("{}", {}, "/other").status == 404);
  CHECK(scene.loki.stored_count() == 0);
  CHECK(scene.push(json_push("", "good")).status == 204);
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.lines() == std::vector<std::string>{"good"});
  CHECK(scene.agent.metric("lokitail_received_requests_total", "status=\"400\"") == 4);
  scene.agent.stop();
}

double spooled(const Agent& agent) {
  return agent.metric("lokitail_client_entries_total", "outcome=\"spooled\"");
}

TEST_CASE("while Loki is well, pushes are answered when it has them, and the disk is left alone") {
  PushScene scene("    labels: {job: p}\n");
  scene.agent.start();
  for (int i = 0; i < 5; ++i) {
    REQUIRE(scene.push(json_push("", fmt::format("line {}", i))).status == 204);
    CHECK(scene.loki.stored_count() == static_cast<std::size_t>(i + 1));
  }
  CHECK(spooled(scene.agent) == 0);
  // Where it takes long, the disk has to do.
  scene.loki.answer([](const Request&) {
    Reply late = Reply::ok();
    late.delay = std::chrono::seconds(8);
    return late;
  });
  const auto begin = std::chrono::steady_clock::now();
  CHECK(scene.push(json_push("", "late")).status == 204);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(7));
  CHECK(spooled(scene.agent) == 1);
  scene.agent.kill();
}

TEST_CASE("what was answered with 204 outlives a kill, for it is in the spool") {
  PushScene scene("    labels: {job: p}\n");
  scene.agent.start();
  scene.loki.go_down();
  for (int i = 0; i < 20; ++i) REQUIRE(scene.push(json_push("", fmt::format("line {}", i))).status == 204);
  scene.agent.kill();
  scene.loki.come_back();
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(20));
  std::set<std::string> lines;
  for (const std::string& line : scene.loki.lines()) lines.insert(line);
  CHECK(lines.size() == 20);
  scene.agent.stop();
}

TEST_CASE("without a spool a sender is told to send again while Loki is away") {
  PushScene scene("    labels: {job: p}\n", "", ", http_server_write_timeout: 300ms");
  scene.agent.top_level = "spool: {mode: \"off\"}\nlimits_config: {max_bytes_in_flight: 100kb}\n";
  scene.agent.start();
  scene.loki.go_down();
  const HttpAnswer late = scene.push(json_push("", "waits"));
  CHECK(late.status == 503);
  CHECK_THAT(late.head, Catch::Contains("Retry-After: 1"));
  // Nothing is taken off what waits; then there is no room.
  const std::string large = json_push("", std::string(300'000, 'x'));
  bool is_full = false;
  for (int i = 0; i < 20 && !is_full; ++i) {
    const HttpAnswer answer = scene.push(large);
    CHECK((answer.status == 503 || answer.status == 429));
    is_full = answer.status == 429;
    if (is_full) CHECK_THAT(answer.head, Catch::Contains("Retry-After: 1"));
  }
  CHECK(is_full);
  scene.loki.come_back();
  CHECK(eventually([&] { return scene.push(json_push("", "afterwards")).status == 204; }));
  CHECK(scene.loki.lines().front() == "waits");
  scene.agent.stop();
}

TEST_CASE("one lokitail pushes to another, which is killed and comes back") {
  PushScene scene("    use_incoming_timestamp: true\n");
  scene.agent.start();
  Agent sender(scene.directory / "sender");
  sender.clients = {client(fmt::format("http://127.0.0.1:{}{}", scene.push_port, kPush))};
  sender.jobs = {job("app", scene.logs / "*.log")};
  LogWriter writer("app", scene.logs / "app.log");
  sender.start();
  for (int round = 0; round < 4; ++round) {
    writer.write(2000);
    std::this_thread::sleep_for(60ms);  // so that it is killed at different moments of the way
    scene.agent.kill();
    writer.write(500);
    scene.agent.start();
  }
  scene.require_all({&writer});
  sender.stop();
  scene.agent.stop();
}

TEST_CASE("the page on pushes says what works") {
  PushScene scene;
  scene.agent.jobs = {job_of_page("sources/push.md", "http_listen_port: 3500",
                                  fmt::format("http_listen_port: {}", scene.push_port))};
  scene.agent.start();
  CHECK(scene.push(json_push(R"("app":"a","__debug__":"true")", "no")).status == 204);
  CHECK(scene.push(json_push(R"("app":"a")", "yes")).status == 204);
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.lines() == std::vector<std::string>{"yes"});
  CHECK(scene.loki.stored()[0].labels == R"({app="a", via="lokitail"})");
  scene.agent.stop();
}

}  // namespace
