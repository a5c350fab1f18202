// Where entries go, and what comes of those that cannot: several clients, tenants and streams that do
// not hold back each other, failover, what is learned from Loki's answers, dead letters.
#include "tests/support/scene.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <set>

using namespace lokitail::test;

namespace {

std::vector<std::string> lines_of_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void write_lines(const std::filesystem::path& path, const std::vector<std::string>& lines) {
  std::ofstream out(path, std::ios::app);
  for (const std::string& line : lines) out << line << '\n';
}

// The most pushes that were on their way to a Loki at a time, and whether two of them had the same
// stream.
class InFlight {
 public:
  // Each push is answered `delay` after it came.
  Loki::Rule rule(std::chrono::milliseconds delay) {
    return [this, delay](const Request& request) {
      const auto now = std::chrono::steady_clock::now();
      std::erase_if(pushes_, [now](const auto& push) { return push.first <= now; });
      std::set<std::string> streams;
      for (const Arrival& entry : request.entries) streams.insert(entry.labels);
      for (const auto& [until, others] : pushes_) {
        for (const std::string& stream : streams) {
          if (others.contains(stream)) stream_twice_ = true;
        }
      }
      pushes_.emplace(now + delay - std::chrono::milliseconds(2), std::move(streams));
      most_ = std::max(most_.load(), pushes_.size());
      Reply reply;
      reply.delay = delay;
      return reply;
    };
  }
  std::size_t most() const { return most_; }
  bool stream_twice() const { return stream_twice_; }

 private:
  std::multimap<std::chrono::steady_clock::time_point, std::set<std::string>> pushes_;
  std::atomic<std::size_t> most_ = 0;
  std::atomic<bool> stream_twice_ = false;
};

const char* const kStreamFromLine =
    "pipeline_stages:\n- regex: {expression: '^(?P<stream>[a-z0-9]+):'}\n- labels: {stream: }\n";

}  // namespace

TEST_CASE("each client gets what its selector matches, under the labels it wants") {
  Scene scene;
  Loki errors;
  scene.agent.clients = {
      client(scene.loki.url(), "name: all"),
      client(
          errors.url(),
          R"(name: errors, match: '{stream="error"}', relabel_configs: )"
          "[{source_labels: [stream], target_label: level}, {regex: 'stream|filename', action: labeldrop}]")};
  scene.agent.jobs = {job("app", scene.logs / "*.log", kStreamFromLine)};
  write_lines(scene.logs / "a.log", {"info: a", "error: b", "debug: c", "error: d"});
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(4));
  REQUIRE(errors.wait_stored(2));
  CHECK(errors.lines() == std::vector<std::string>{"error: b", "error: d"});
  CHECK(errors.stored().front().labels == R"({job="app", level="error"})");
  CHECK(eventually([&] {
    return scene.agent.metric("lokitail_client_entries_total",
                              "client=\"errors\",outcome=\"unmatched\",reason=\"\"") == 2;
  }));
  scene.agent.stop();
}

TEST_CASE("a client that fails over sends elsewhere, and comes back") {
  Scene scene;
  Loki standby;
  scene.agent.clients = {
      client(scene.loki.url(), "name: main, failover_to: [standby], failover_after: 200ms"),
      client(standby.url(), "name: standby, headers: {X-Standby: yes}")};
  LogWriter log("a", scene.logs / "a.log");
  log.write(20);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(20));
  CHECK(standby.request_count() == 0);
  scene.loki.answer(Reply::refuse(503, "down"));
  log.write(20);
  REQUIRE(standby.wait_stored(20));
  CHECK(standby.requests().front().headers.contains("x-standby"));
  CHECK(scene.agent.log().find("trying another destination") != std::string::npos);
  log.write(20);
  REQUIRE(standby.wait_stored(40));
  // Some time later a push tries whether the first one is back.
  scene.loki.answer(Reply::ok());
  REQUIRE(eventually(
      [&] {
        log.write(1);
        return scene.loki.stored_count() > 20;
      },
      60s));
  CHECK(eventually([&] { return scene.loki.stored_count() + standby.stored_count() == log.written(); }));
  scene.agent.stop();
}

TEST_CASE("a failover that cannot be is refused") {
  const auto [clients, problem] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"name: a, failover_to: [b]"}, R"(there is no client of the name "b")"},
      {{"name: a, failover_to: [a]"}, "a client cannot stand by for itself"},
      {{"name: a, failover_to: [b]", "name: b, failover_to: [a]"}, "cannot fail over itself"},
      {{"name: a, match: '{'"}, "the client's match: "},
      {{"name: a, concurrency: 0"}, "concurrency must be at least 1"},
  }));
  Scene scene;
  scene.agent.clients.clear();
  for (const std::string& keys : clients) scene.agent.clients.push_back(client(scene.loki.url(), keys));
  scene.agent.launch();
  CHECK(scene.agent.process().wait() == 1);
  INFO(scene.agent.log());
  CHECK(scene.agent.log().find(problem) != std::string::npos);
}

TEST_CASE("several pushes are on their way to a slow Loki, but never two of one stream") {
  Scene scene("batchsize: 20000");
  scene.agent.top_level = "limits_config: {max_bytes_in_flight: 20kb}\n";
  InFlight in_flight;
  scene.loki.answer(in_flight.rule(60ms));
  scene.agent.jobs = {job("app", scene.logs / "*.log", kStreamFromLine)};
  std::vector<std::string> lines;
  for (int i = 0; i < 20000; ++i) {
    lines.push_back("s" + std::to_string(i % 40) + ": " + std::to_string(i) + std::string(50, '.'));
  }
  write_lines(scene.logs / "a.log", lines);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(lines.size(), 60s));
  CHECK(in_flight.most() > 3);
  CHECK_FALSE(in_flight.stream_twice());
  std::map<std::string, int> last;
  for (const Arrival& entry : scene.loki.stored()) {
    const int number = std::stoi(entry.line.substr(entry.line.find(' ')));
    const auto [place, is_first] = last.try_emplace(entry.labels, -1);
    CHECK(place->second < number);
    place->second = number;
  }
  CHECK(scene.loki.stored_count() == lines.size());
  scene.agent.stop();
}

TEST_CASE("a throttled stream waits by itself") {
  Scene scene;
  scene.agent.jobs = {job("app", scene.logs / "*.log", kStreamFromLine)};
  std::atomic<bool> throttled = true;
  scene.loki.answer([&](const Request& request) {
    const auto busy = std::ranges::find_if(request.entries, [](const Arrival& entry) {
      return entry.labels.find("stream=\"busy\"") != std::string::npos;
    });
    if (!throttled || busy == request.entries.end()) return Reply::ok();
    Reply reply = Reply::refuse(
        429,
        "entry with timestamp 2026-11-26 ignored, reason: 'Per stream rate limit exceeded "
        "(limit: 3MB/sec) while attempting to ingest for stream '" +
            busy->labels +
            "' totaling 10B, consider splitting a stream', user 'fake', total ignored: 1 out of 1");
    reply.store = false;
    return reply;
  });
  write_lines(scene.logs / "a.log", {"busy: 1", "calm: 1", "quiet: 1", "busy: 2"});
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  write_lines(scene.logs / "a.log", {"busy: 3", "calm: 2", "busy: 4"});
  REQUIRE(scene.loki.wait_stored(3));
  write_lines(scene.logs / "a.log", {"calm: 3"});
  REQUIRE(scene.loki.wait_stored(4));
  const auto is_busy = [](const Arrival& entry) { return entry.line.starts_with("busy"); };
  CHECK(std::ranges::none_of(scene.loki.stored(), is_busy));
  CHECK(scene.agent.log().find("Loki throttles a stream") != std::string::npos);
  throttled = false;
  REQUIRE(scene.loki.wait_stored(8));
  std::vector<std::string> busy;
  for (const Arrival& entry : scene.loki.stored()) {
    if (is_busy(entry)) busy.push_back(entry.line);
  }
  CHECK(busy == std::vector<std::string>{"busy: 1", "busy: 2", "busy: 3", "busy: 4"});
  scene.agent.stop();
}

TEST_CASE("what Loki finds too large is learned: later pushes are smaller") {
  Scene scene;
  constexpr std::size_t kMost = 150;
  scene.loki.answer([](const Request& request) {
    return request.entries.size() > kMost ? Reply::refuse(413, "too large") : Reply::ok();
  });
  // A kilobyte each: the least that is learned is 64 KiB.
  const auto lines = [](int first) {
    std::vector<std::string> all;
    for (int i = first; i < first + 600; ++i) all.push_back(std::to_string(i) + std::string(1000, 'x'));
    return all;
  };
  write_lines(scene.logs / "a.log", lines(0));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(600));
  const auto refused = [&] { return std::ranges::count(scene.loki.requests(), 413, &Request::status); };
  const auto at_first = refused();
  CHECK(at_first > 0);
  write_lines(scene.logs / "a.log", lines(600));
  REQUIRE(scene.loki.wait_stored(1200));
  CHECK(refused() == at_first);
  scene.agent.stop();
}

TEST_CASE("exactly the refused entries become dead letters, with Loki's reason") {
  Scene scene;
  const auto dead = scene.directory / "dead.jsonl";
  scene.agent.top_level = "dead_letters: {file: " + dead.string() + "}\n";
  const bool says_which = GENERATE(true, false);
  INFO("says which: " << says_which);
  // Refuses lines with "bad" in them.
  scene.loki.answer([says_which](const Request& request) {
    std::size_t bad = 0;
    for (const Arrival& entry : request.entries) bad += entry.line.find("bad") != std::string::npos;
    if (bad == 0) return Reply::ok();
    return Reply::refuse(400, says_which ? "max entry size '20' bytes exceeded for stream '" +
                                               request.entries.front().labels +
                                               "' while adding an entry with length '30' bytes"
                                         : "1 errors like: something is wrong");
  });
  std::vector<std::string> lines;
  for (int i = 0; i < 100; ++i) {
    lines.push_back(i % 33 == 7 ? std::to_string(i) + " bad and rather long, too" : std::to_string(i));
  }
  write_lines(scene.logs / "a.log", lines);
  scene.agent.start();
  REQUIRE(eventually(
      [&] { return scene.agent.metric("lokitail_client_entries_total", "outcome=\"sent\"") == 97; }));
  scene.agent.stop();
  const auto letters = lines_of_file(dead);
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].find("\"line\":\"7 bad and") != std::string::npos);
  CHECK(letters[1].find("\"line\":\"40 bad and") != std::string::npos);
  CHECK(letters[2].find("\"line\":\"73 bad and") != std::string::npos);
  CHECK(letters[0].find(says_which ? "\"reason\":\"line_too_long\"" : "\"reason\":\"other\"") !=
        std::string::npos);
  CHECK(letters[0].find(says_which ? "max entry size" : "something is wrong") != std::string::npos);
}

TEST_CASE("what is given up after max_retries becomes a dead letter") {
  Scene scene("backoff_config: {min_period: 10ms, max_period: 20ms, max_retries: 3}");
  const auto dead = scene.directory / "dead.jsonl";
  scene.agent.top_level = "dead_letters: {file: " + dead.string() + "}\n";
  scene.loki.answer(Reply::refuse(500, "no way"));
  write_lines(scene.logs / "a.log", {"a", "b"});
  scene.agent.start();
  REQUIRE(eventually([&] { return lines_of_file(dead).size() == 2; }));
  CHECK(lines_of_file(dead)[1].find(
            R"("reason":"server_error","error":"server returned HTTP status 500: no way")") !=
        std::string::npos);
  scene.agent.stop();
}

namespace {

// The sums of the ledger, as docs/reliability.md has them.
void check_ledger(const Agent& agent, const std::vector<std::string>& clients) {
  const std::string page = agent.get("/metrics").body;
  const auto sum = [&page](const std::string& name, const std::string& labels) {
    return metric_value(page, name, labels);
  };
  const double entries = sum("lokitail_job_entries_total", "");
  CHECK(sum("lokitail_job_lines_total", "") ==
        sum("lokitail_stage_consumed_lines_total", "") + sum("lokitail_stage_held_entries", "") + entries);
  for (const std::string& client : clients) {
    INFO(client);
    const std::string label = "client=\"" + client + "\"";
    CHECK(sum("lokitail_client_taken_entries_total", label + ",from=\"pipelines\"") == entries);
    CHECK(sum("lokitail_client_taken_entries_total", label) ==
          sum("lokitail_client_entries_total", label) + sum("lokitail_client_pending_entries", label));
  }
}

}  // namespace

TEST_CASE("every line that was read is accounted for") {
  Scene scene;
  Loki errors;
  scene.agent.clients = {client(scene.loki.url(), "name: all"),
                         client(errors.url(), R"(name: errors, match: '{job="app"} |= "error"')")};
  scene.agent.top_level = "limits_config: {max_line_size: 200}\n";
  scene.agent.jobs = {job("app", scene.logs / "*.log",
                          "pipeline_stages:\n"
                          "- drop: {expression: '^noise'}\n"
                          "- match: {selector: '{job=\"app\"} |= \"secret\"', action: drop}\n"
                          "- multiline: {firstline: '^\\S', max_wait_time: 1s}\n")};
  scene.loki.answer([](const Request& request) {
    const bool bad = std::ranges::any_of(
        request.entries, [](const Arrival& entry) { return entry.line.find("refuse") != entry.line.npos; });
    if (!bad) return Reply::ok();
    return Reply::refuse(400, "entry for stream '" + request.entries[0].labels +
                                  "' has timestamp too new: 2026-11-16T00:00:05Z\nuser 'fake', total "
                                  "ignored: 1 out of 9 for stream: " +
                                  request.entries[0].labels);
  });
  std::vector<std::string> lines;
  for (int i = 0; i < 100; ++i) {
    lines.insert(lines.end(), {"start " + std::to_string(i), " goes on", "noise", "a secret"});
    if (i % 10 == 0) lines.insert(lines.end(), {"error", "refuse this", std::string(300, 'x')});
  }
  write_lines(scene.logs / "a.log", lines);
  scene.agent.start();
  const auto metric = [&](const std::string& name, const std::string& labels) {
    return scene.agent.metric(name, labels);
  };
  // One block waits for more lines.
  REQUIRE(eventually(
      [&] { return metric("lokitail_job_lines_total", "") == static_cast<double>(lines.size()); }));
  check_ledger(scene.agent, {});
  REQUIRE(eventually([&] {
    return metric("lokitail_stage_held_entries", "") == 0 &&
           metric("lokitail_client_pending_entries", "") == 0;
  }));
  check_ledger(scene.agent, {"all", "errors"});
  CHECK(metric("lokitail_job_entries_total", "") == 130);
  CHECK(metric("lokitail_stage_consumed_lines_total", "stage=\"0 drop\"") == 100);
  CHECK(metric("lokitail_stage_consumed_lines_total", "stage=\"1 match\"") == 100);
  CHECK(metric("lokitail_stage_consumed_lines_total", "stage=\"2 multiline\"") == 100);
  CHECK(metric("lokitail_client_entries_total",
               "client=\"all\",outcome=\"dropped\",reason=\"line_too_long\"") == 10);
  CHECK(metric("lokitail_client_entries_total", "client=\"all\",outcome=\"refused\"") >= 1);
  CHECK(metric("lokitail_client_entries_total", "client=\"errors\",outcome=\"sent\"") == 10);
  CHECK(metric("lokitail_client_entries_total", "client=\"errors\",outcome=\"unmatched\"") == 120);
  scene.agent.stop();
  CHECK(scene.agent.log().find("msg=\"account of a client\" client=all taken=130") != std::string::npos);
}
