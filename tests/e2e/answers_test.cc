// What the agent makes of each answer of Loki: nothing that Loki has not stored is given up,
// nothing that it has refused for good is sent again, and what is too large is halved.
#include "tests/support/scene.h"

#include <algorithm>
#include <atomic>
#include <set>

using namespace lokitail::test;

namespace {

// The first `count` pushes are answered with `reply`, all others taken.
Loki::Rule first(int count, Reply reply) {
  return [left = std::make_shared<std::atomic<int>>(count), reply = std::move(reply)](const Request&) {
    return left->fetch_sub(1) > 0 ? reply : Reply::ok();
  };
}

// Pushes of more than `entries` entries are answered with `reply`.
Loki::Rule larger_than(std::size_t entries, Reply reply) {
  return [entries, reply = std::move(reply)](const Request& request) {
    return request.entries.size() > entries ? reply : Reply::ok();
  };
}

std::size_t times_sent(const Loki& loki, const std::string& line) {
  std::size_t times = 0;
  for (const Request& request : loki.requests()) {
    times += static_cast<std::size_t>(std::ranges::count(request.entries, line, &Arrival::line));
  }
  return times;
}

}  // namespace

TEST_CASE("204: every line arrives once and in order") {
  Scene scene;
  LogWriter log("a", scene.logs / "a.log");
  log.write(500);
  scene.agent.start();
  CHECK(scene.require_all({&log}) == 0);
  log.write(500);
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == 1000);
  CHECK(scene.loki.stored().front().labels == "{filename=\"" + log.path().string() + "\", job=\"app\"}");
}

TEST_CASE("answers that mean 'later': the push is sent again until it is taken") {
  const auto [status, body] = GENERATE(table<int, const char*>({
      {500, "internal error"},
      {502, "<html>Bad Gateway</html>"},
      {503, "at least 1 live replicas required, could only find 0"},
      {504, ""},
      {429,
       "ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting "
       "to ingest '20' lines totaling '900' bytes, reduce log volume"},
      {429,
       "entry with timestamp 2026-11-23 ignored, reason: 'Per stream rate limit exceeded "
       "(limit: 3MB/sec) while attempting to ingest for stream ...'"},
      {429, "maximum active stream limit exceeded when trying to create stream {job=\"app\"}"},
      {260, "ingestion blocked for user fake until '2026-11-23T13:00:00Z'"},
  }));
  INFO("status " << status << " " << body);
  Scene scene;
  scene.loki.answer(first(3, Reply::refuse(status, body)));
  LogWriter log("a", scene.logs / "a.log");
  log.write(20);
  scene.agent.start();
  CHECK(scene.require_all({&log}) == 0);
  CHECK(scene.loki.request_count() >= 4);
  CHECK(scene.agent.metric("promtail_batch_retries_total") >= 3);
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 0);
  scene.agent.stop();
}

TEST_CASE("401, 403, 404: not the lines' fault, so retried loudly and delivered when healed") {
  const int status = GENERATE(401, 403, 404);
  INFO("status " << status);
  Scene scene;
  scene.loki.answer(Reply::refuse(status, "no org id"));
  LogWriter log("a", scene.logs / "a.log");
  log.write(20);
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.loki.request_count() >= 2; }, 60s));
  CHECK(scene.agent.log().find(std::to_string(status)) != std::string::npos);
  CHECK(scene.agent.log().find("no org id") != std::string::npos);
  scene.loki.answer(Reply::ok());
  CHECK(scene.require_all({&log}, 60s) == 0);
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 0);
  scene.agent.stop();
}

TEST_CASE("400: Loki has stored the rest, so nothing is sent again and the refused are counted") {
  Scene scene;
  std::atomic<bool> refused = false;
  scene.loki.answer([&](const Request& request) {
    if (refused.exchange(true)) return Reply::ok();
    Reply reply =
        Reply::refuse(400,
                      "entry for stream '{job=\"app\"}' has timestamp too old: 2026-11-01T00:00:00Z, oldest "
                      "acceptable timestamp is: 2026-11-16T00:00:00Z\n"
                      "entry for stream '{job=\"app\"}' has timestamp too old: 2026-11-01T00:00:01Z, oldest "
                      "acceptable timestamp is: 2026-11-16T00:00:00Z\n"
                      "user 'fake', total ignored: 2 out of " +
                          std::to_string(request.entries.size()) + " for stream: {job=\"app\"}");
    reply.store = true;
    return reply;
  });
  LogWriter log("a", scene.logs / "a.log");
  log.write(20);
  scene.agent.start();
  scene.require_all({&log});
  log.write(20);
  CHECK(scene.require_all({&log}) == 0);
  CHECK(times_sent(scene.loki, log.line(0)) == 1);
  CHECK(eventually([&] {
    return scene.agent.metric("promtail_dropped_entries_total", "reason=\"ingester_error\"") == 2;
  }));
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 2);
  CHECK(scene.agent.metric("lokitail_refused_entries_total", "reason=\"greater_than_max_sample_age\"") == 2);
  CHECK(scene.agent.metric("promtail_sent_entries_total") == 38);
  CHECK(scene.agent.log().find("timestamp too old") != std::string::npos);
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == 40);
  // Settled: a restart sends nothing of it again.
  scene.agent.start();
  log.write(1);
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
}

TEST_CASE("400 for each known reason is counted under Loki's own name for it") {
  const auto [body, reason] = GENERATE(table<const char*, const char*>({
      {"entry for stream '{a=\"b\"}' has timestamp too new: 2027-11-23", "too_far_in_future"},
      {"entry too far behind, entry timestamp is: 2026-11-23T00:00:00Z, oldest acceptable "
       "timestamp "
       "is: 2026-11-23T01:00:00Z",
       "too_far_behind"},
      {"max entry size '262144' bytes exceeded for stream '{a=\"b\"}' while adding an entry with "
       "length '300000' bytes",
       "line_too_long"},
      {"entry for stream '{a=\"b\"}' has 20 label names; limit 15", "max_label_names_per_series"},
  }));
  INFO(body);
  Scene scene;
  Reply reply = Reply::refuse(400, body);
  reply.store = true;
  scene.loki.answer(first(1, reply));
  LogWriter log("a", scene.logs / "a.log");
  log.write(1);
  scene.agent.start();
  const std::string labels = std::string("reason=\"") + reason + "\"";
  CHECK(eventually([&] { return scene.agent.metric("lokitail_refused_entries_total", labels) == 1; }));
  CHECK(scene.agent.metric("promtail_dropped_entries_total", "reason=\"ingester_error\"") == 1);
  scene.agent.stop();
  CHECK(scene.loki.request_count() == 1);
}

TEST_CASE("a push that is too large is halved until it fits") {
  const auto [status, body] = GENERATE(table<int, const char*>({
      {413, "request body too large"},
      {413, "<html><head><title>413 Request Entity Too Large</title></head></html>"},
      {500,
       "rpc error: code = ResourceExhausted desc = grpc: received message larger than max "
       "(5262144 vs. 4194304)"},
      {429,
       "ingestion rate limit exceeded for user fake (limit: 100 bytes/sec) while attempting to "
       "ingest '200' lines totaling '9000' bytes, reduce log volume or contact your Loki "
       "administrator to see if the limit can be increased"},
  }));
  INFO("status " << status << " " << body);
  Scene scene;
  scene.loki.answer(larger_than(16, Reply::refuse(status, body)));
  LogWriter a("a", scene.logs / "a.log");
  LogWriter b("b", scene.logs / "b.log");
  a.write(200);
  b.write(150);
  scene.agent.start();
  CHECK(scene.require_all({&a, &b}) == 0);
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 0);
  scene.agent.stop();
  // 350 lines in pushes of at most 16, and the way down there: far fewer than an attempt per line.
  CHECK(scene.loki.request_count() < 150);
}

TEST_CASE("a single entry that is too large for Loki is dropped, counted, and holds nothing up") {
  Scene scene;
  scene.loki.answer([](const Request& request) {
    const bool too_large =
        std::ranges::any_of(request.entries, [](const Arrival& entry) { return entry.line.size() > 10000; });
    return too_large ? Reply::refuse(413, "request body too large") : Reply::ok();
  });
  const std::string huge(20000, 'x');
  append_file(scene.logs / "a.log", "one\ntwo\n" + huge + "\nthree\nfour\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(4));
  CHECK(scene.loki.lines() == std::vector<std::string>{"one", "two", "three", "four"});
  CHECK(eventually([&] { return scene.agent.metric("promtail_dropped_entries_total") == 1; }));
  scene.agent.stop();
}

TEST_CASE("Retry-After is honoured") {
  const int status = GENERATE(429, 503);
  Scene scene;
  scene.loki.answer(first(1, Reply::refuse(status, "slow down", {{"Retry-After", "2"}})));
  LogWriter log("a", scene.logs / "a.log");
  log.write(5);
  scene.agent.start();
  scene.require_all({&log});
  const std::vector<Request> requests = scene.loki.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[1].at - requests[0].at >= 1990ms);
  scene.agent.stop();
}

TEST_CASE("the backoff grows between attempts") {
  Scene scene("backoff_config: {min_period: 100ms, max_period: 5s}");
  scene.loki.answer(first(4, Reply::refuse(500)));
  LogWriter log("a", scene.logs / "a.log");
  log.write(1);
  scene.agent.start();
  scene.require_all({&log});
  const std::vector<Request> requests = scene.loki.requests();
  REQUIRE(requests.size() == 5);
  // Promtail's schedule: 0.1-0.2, 0.2-0.4, 0.4-0.8, 0.8-1.6 s.
  CHECK(requests[1].at - requests[0].at >= 99ms);
  CHECK(requests[2].at - requests[1].at >= 199ms);
  CHECK(requests[3].at - requests[2].at >= 399ms);
  CHECK(requests[4].at - requests[3].at >= 799ms);
  scene.agent.stop();
}

TEST_CASE("max_retries set by the user is honoured: given up and counted, and the next push is sent") {
  Scene scene("backoff_config: {min_period: 20ms, max_period: 50ms, max_retries: 3}");
  scene.loki.answer([](const Request& request) {
    return request.entries.front().line == "unlucky" ? Reply::refuse(500) : Reply::ok();
  });
  append_file(scene.logs / "a.log", "unlucky\n");
  scene.agent.start();
  CHECK(eventually([&] {
    return scene.agent.metric("promtail_dropped_entries_total", "reason=\"ingester_error\"") == 1;
  }));
  CHECK(scene.loki.request_count() == 3);
  append_file(scene.logs / "a.log", "lucky\n");
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.lines() == std::vector<std::string>{"lucky"});
  scene.agent.stop();
}

TEST_CASE("one tenant that is held off does not hold back another") {
  Scene scene;
  const auto tenant_job = [&](const std::string& tenant) {
    return job(tenant, scene.logs / (tenant + ".log"),
               "pipeline_stages:\n- static_labels: {__tenant_id__: " + tenant + "}\n");
  };
  scene.agent.jobs = {tenant_job("blue"), tenant_job("red")};
  scene.loki.answer([](const Request& request) {
    return request.tenant == "red" ? Reply::refuse(429, "rate limited") : Reply::ok();
  });
  LogWriter blue("blue", scene.logs / "blue.log");
  LogWriter red("red", scene.logs / "red.log");
  scene.agent.start();
  for (int round = 0; round < 10; ++round) {
    red.write(20);
    blue.write(20);
    scene.require_all({&blue}, 5s);
  }
  scene.loki.answer(Reply::ok());
  CHECK(scene.require_all({&blue, &red}) == 0);
  for (const Arrival& arrival : scene.loki.stored()) {
    CHECK(arrival.line.rfind(arrival.tenant + " ", 0) == 0);
    CHECK(arrival.labels.find("__tenant_id__") == std::string::npos);
  }
  scene.agent.stop();
}

TEST_CASE("two clients both get everything, also while one of them is down") {
  Scene scene;
  Loki other;
  scene.agent.clients.push_back(client(other.url(), "name: other"));
  LogWriter log("a", scene.logs / "a.log");
  log.write(100);
  scene.agent.start();
  scene.require_all({&log});
  other.go_down();
  for (int round = 0; round < 5; ++round) {
    log.write(100);
    scene.require_all({&log}, 5s);
  }
  other.come_back();
  const Verdict verdict = wait_for_all(other, {&log});
  CHECK(verdict.complete);
  CHECK(verdict.problems == "");
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
}
