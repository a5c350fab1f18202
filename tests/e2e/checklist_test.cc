// The whole way of the structured-logging guide: services log four lines of one trace, and the stack's
// pipeline brings them to Loki with the right labels, times and order; then the queries of
// packaging/stack/queries.logql are asked.
//
// Selectors and line filters are evaluated against what the receiver of the tests got. With
// LOKI_URL=http://host:3100, which names an empty Loki, each query is asked there, and its result compared;
// without it what is left of the queries is skipped by name.
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/command/demo/container_log.h"
#include "agent/http/client.h"
#include "agent/json_members.h"
#include "lokitail/telemetry/logger.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/label_set.h"
#include "pipeline/lang/selector.h"
#include "tests/support/scene.h"
#include "tests/support/stub_server.h"

namespace lokitail::test {
namespace {

using namespace std::chrono_literals;
using agent::JsonValue;
using Time = std::chrono::system_clock::time_point;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kFailedTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr const char* kPeer = "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf";

// ---- What is logged ---------------------------------------------------------------------------------------

struct Logged {
  std::string service;
  std::string message;
  Time time{};
  std::string text{};  // the line
};

struct Output final : telemetry::Sink {
  void write(telemetry::Level, std::string_view lines) override { text += lines; }
  std::string text;
};

// Twelve lines, a tenth of a second apart.
class Services {
 public:
  explicit Services(Time start) : now_(start) {
    const auto span = *telemetry::parse_traceparent(fmt::format("00-{}-00f067aa0ba902b7-01", kTrace));
    log_request(span);
    // As the document prints them, by services that log with something else.
    constexpr const char* kSteps[][3] = {
        {"guild-coordinator", "creating task", R"("span_id":"span1","guild_id":"guild-xyz")"},
        {"executor-node", "received task",
         R"("span_id":"span2","task_id":"task-001","guild_id":"guild-xyz")"},
        {"executor-node", "wasm execution completed",
         R"("span_id":"span3","task_id":"task-001","duration_ms":2500,"memory_bytes":45000000)"},
        {"payment-manager", "payment sent",
         R"("span_id":"span4","task_id":"task-001","channel_id":"chan-abc","amount":0.5)"}};
    for (const auto& [service, message, fields] : kSteps) {
      add({service, message, now_,
           fmt::format(
               R"({{"level":"info","timestamp":"{}","service":"{}","trace_id":"abc123","message":"{}",{}}})"
               "\n",
               time_text(), service, message, fields)});
    }
    const auto failed = *telemetry::parse_traceparent(fmt::format("00-{}-00f067aa0ba902b7-01", kFailedTrace));
    using telemetry::Level;
    log("edge-node-1", Level::kInfo, &failed, "peer relays request",
        {telemetry::operation("relay"), telemetry::peer_id(kPeer), telemetry::task_id("task-abc123")});
    log("edge-node-2", Level::kError, &failed, "dial failed",
        {telemetry::operation("dial"), telemetry::peer_id(kPeer), telemetry::status("failed")});
    log("payment-manager", Level::kError, &failed, "payment failed",
        {telemetry::operation("settle"), telemetry::status("failed"), {"amount", 1500}});
    log("executor-node", Level::kInfo, nullptr, "slow execution", {telemetry::duration_ms(12000)});
  }

  const std::vector<Logged>& lines() const { return lines_; }

  // As Docker's driver writes them.
  void write(const std::filesystem::path& containers) const {
    std::map<std::string, agent::demo::ContainerLog> logs;
    for (const Logged& line : lines_) {
      const auto [log, is_new] = logs.try_emplace(line.service, containers, line.service);
      agent::demo::ServiceLine printed;
      printed.time = line.time + 3ms;  // Docker's own time counts for lines that bring none
      printed.text = line.text;
      log->second.append(printed);
      log->second.flush();
    }
  }

 private:
  void log_request(const telemetry::TraceContext& trace) {
    using telemetry::Level;
    const auto spans = {trace, trace.child(), trace.child(), trace.child()};
    auto span = spans.begin();
    log("guild-coordinator", Level::kInfo, span++, "creating task",
        {telemetry::operation("create_task"), telemetry::guild_id("guild-xyz")});
    log("executor-node", Level::kInfo, span++, "received task",
        {telemetry::operation("receive"), telemetry::task_id("task-001"), telemetry::guild_id("guild-xyz")});
    log("executor-node", Level::kInfo, span++, "wasm execution completed",
        {telemetry::operation("execute"),
         telemetry::task_id("task-001"),
         telemetry::duration_ms(2500),
         {"memory_bytes", 45'000'000}});
    log("payment-manager", Level::kInfo, span++, "payment sent",
        {telemetry::operation("settle"),
         telemetry::task_id("task-001"),
         telemetry::channel_id("chan-abc"),
         {"amount", 0.5}});
  }

  void log(const std::string& service, telemetry::Level level, const telemetry::TraceContext* trace,
           const std::string& message, const std::vector<telemetry::Field>& fields) {
    const auto output = std::make_shared<Output>();
    const telemetry::Logger logger(
        {.service = service, .caller = false, .sink = output, .clock = [this] { return now_; }});
    logger.log(level, trace, message, fields);
    add({service, message, now_, output->text});
  }

  void add(Logged line) {
    lines_.push_back(std::move(line));
    now_ += 100ms;
  }

  std::string time_text() const {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now_.time_since_epoch()).count();
    return fmt::format("{:%FT%T}.{:09}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now_)),
                       ns % 1'000'000'000);
  }

  Time now_;
  std::vector<Logged> lines_;
};

std::int64_t nanoseconds(Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

// ---- What is asked, and what the answer is ----------------------------------------------------------------

struct Query {
  std::string text;
  std::size_t selected = 0;                // lines that the selector and the line filters let through
  std::vector<std::string> lines{};        // messages, in order
  std::map<std::string, double> values{};  // of a metric, by its labels
};

const std::vector<std::string> kStory = {"creating task", "received task", "wasm execution completed",
                                         "payment sent"};

std::vector<std::string> with_traces() {
  std::vector<std::string> all;
  for (const std::string& message : kStory) all.push_back(fmt::format("{} (trace={})", message, kTrace));
  for (const std::string& message : kStory) all.push_back(message + " (trace=abc123)");
  for (const char* const message : {"peer relays request", "dial failed", "payment failed"}) {
    all.push_back(fmt::format("{} (trace={})", message, kFailedTrace));
  }
  return all;
}

std::vector<Query> expected_queries() {
  const std::vector<std::string> failures = {"dial failed", "payment failed"};
  const std::vector<std::string> of_edges = {"peer relays request", "dial failed"};
  return {
      {R"q({service="edge-node-1"})q", 1, {"peer relays request"}},
      {R"q({level="error"})q", 2, failures},
      {R"q({service=~"edge-node-1|edge-node-2"})q", 2, of_edges},
      {R"q({job="docker"} | json | task_id="task-abc123")q", 12, {"peer relays request"}},
      {R"q({job="docker"} | json | amount > 1000)q", 12, {"payment failed"}},
      {R"q({job="docker"} | json | status="failed")q", 12, failures},
      {R"q({job="docker"} | json | peer_id=~"12D3KooW.*")q", 12, of_edges},
      {R"q(sum by (service) (rate({level="error"}[5m])))q",
       2,
       {},
       {{"service=edge-node-2", 1.0 / 300}, {"service=payment-manager", 1.0 / 300}}},
      {R"q(topk(10, sum by (service, operation) (count_over_time({level="error"}[1h]))))q",
       2,
       {},
       {{"operation=dial,service=edge-node-2", 1}, {"operation=settle,service=payment-manager", 1}}},
      {R"q(sum(count_over_time({job="docker"}[1m])))q", 12, {}, {{"", 12}}},
      {R"q({job="docker"} | json | trace_id="abc123")q", 12, kStory},
      {R"q({job="docker"} | json | trace_id="4bf92f3577b34da6a3ce929d0e0e4736")q", 12, kStory},
      {R"q({job="docker"} | json | trace_id!="" | line_format "{{.message}} (trace={{.trace_id}})")q", 12,
       with_traces()},
      {R"q({level="error"} | json | trace_id!="" | status="failed")q", 2, failures},
      {R"q({job="docker"} | json | duration_ms > 10000)q", 12, {"slow execution"}},
  };
}

std::filesystem::path stack(const std::string& file) {
  return std::filesystem::path(LOKITAIL_DOCS) / "../packaging/stack" / file;
}

std::vector<std::string> queries_of_stack() {
  std::vector<std::string> queries;
  std::istringstream text(read_file(stack("queries.logql")));
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.front() != '#') queries.push_back(line);
  }
  return queries;
}

// The stages of the stack's agent. Its containers are asked for, and these are files.
std::string stages_of_stack() {
  const std::string text = read_file(stack("lokitail/lokitail.yaml"));
  const std::string head = "    pipeline_stages:\n";
  const auto at = text.find(head);
  REQUIRE(at != std::string::npos);
  std::string stages = "pipeline_stages:\n- docker: {}\n";
  std::istringstream lines(text.substr(at + head.size()));
  for (std::string line; std::getline(lines, line);)
    stages += line.substr(std::min<std::size_t>(line.size(), 6)) + "\n";
  return stages;
}

// The message of a line, or the line where it has none.
std::string message_of(std::string_view line) {
  pipeline::Arena arena;
  const auto value = pipeline::lang::parse_strict_json(line, arena);
  if (value && value->is_object()) {
    if (std::string message = agent::text_of(*value, "message"); !message.empty()) return message;
  }
  return std::string(line);
}

// ---- Without a Loki ---------------------------------------------------------------------------------------

// The selector of a query, its line filters with it, and what is left.
struct Parts {
  std::string selector;
  std::string rest;
};

Parts parts_of(const std::string& query) {
  static const std::regex pattern(R"re((\{[^}]*\}(?:\s*(?:\|=|!=|\|~|!~)\s*"(?:[^"\\]|\\.)*")*)(.*))re");
  std::smatch found;
  REQUIRE(std::regex_search(query, found, pattern));
  return {found[1].str(), std::string(found.prefix()) + "..." + found[2].str()};
}

bool selects(const std::string& selector, const Arrival& arrival) {
  pipeline::SymbolTable symbols;
  pipeline::lang::Selector wanted(selector, symbols);
  pipeline::Labels labels;
  static const std::regex pattern(R"re((\w+)="((?:[^"\\]|\\.)*)")re");
  std::vector<std::string> kept;
  kept.reserve(32);
  for (std::sregex_iterator at(arrival.labels.begin(), arrival.labels.end(), pattern), end; at != end; ++at) {
    labels.set(symbols.intern((*at)[1].str()), kept.emplace_back((*at)[2].str()));
  }
  return wanted.matches(labels, arrival.line);
}

// ---- With one ---------------------------------------------------------------------------------------------

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

class AskedLoki {
 public:
  explicit AskedLoki(std::string url) : url_(std::move(url)) {}

  std::string push_url() const { return url_ + "/loki/api/v1/push"; }

  // What differs from what is expected; empty where nothing does.
  std::string compare(const Query& query, Time from, Time to) {
    std::string problem;
    const bool is_metric = !query.values.empty();
    const std::string body =
        is_metric
            ? get(fmt::format("/loki/api/v1/query?query={}&time={}", encoded(query.text), nanoseconds(to)))
            : get(fmt::format(
                  "/loki/api/v1/query_range?query={}&start={}&end={}&limit=1000&direction=forward",
                  encoded(query.text), nanoseconds(from), nanoseconds(to)));
    pipeline::Arena arena;
    const auto answer = pipeline::lang::parse_strict_json(body, arena);
    const JsonValue* const data = answer && answer->is_object() ? answer->find("data") : nullptr;
    if (data == nullptr || !data->is_object()) return "no answer: " + body;
    return is_metric ? compare_values(query, *data) : compare_lines(query, *data);
  }

 private:
  static std::string compare_lines(const Query& query, const JsonValue& data) {
    std::vector<std::pair<std::int64_t, std::string>> found;
    for (const JsonValue& stream : agent::items_of(data.find("result"))) {
      if (agent::texts_of(stream.find("stream")).contains("__error__")) continue;
      for (const JsonValue& value : agent::items_of(stream.find("values"))) {
        found.emplace_back(std::stoll(std::string(value.items()[0].text())),
                           message_of(value.items()[1].text()));
      }
    }
    std::ranges::stable_sort(found, {}, [](const auto& line) { return line.first; });
    std::vector<std::string> messages;
    for (auto& [time, message] : found) messages.push_back(std::move(message));
    if (messages == query.lines) return {};
    return fmt::format("found [{}]", fmt::join(messages, ", "));
  }

  static std::string compare_values(const Query& query, const JsonValue& data) {
    std::map<std::string, double> found;
    for (const JsonValue& sample : agent::items_of(data.find("result"))) {
      std::string labels;
      for (const auto& [name, value] : agent::texts_of(sample.find("metric"))) {
        labels += (labels.empty() ? "" : ",") + name + "=" + value;
      }
      found[labels] = std::stod(std::string(agent::items_of(sample.find("value"))[1].text()));
    }
    const bool same = std::ranges::equal(found, query.values, [](const auto& one, const auto& other) {
      return one.first == other.first && std::abs(one.second - other.second) < 1e-6;
    });
    if (same) return {};
    std::string text = "found";
    for (const auto& [labels, value] : found) text += fmt::format(" {{{}}}={}", labels, value);
    return text;
  }

  std::string get(const std::string& path) {
    const auto url = agent::http::parse_url(url_);
    if (!url) throw std::runtime_error("LOKI_URL is no URL: " + url_);
    boost::asio::io_context io;
    agent::http::Client client(io, *url, {}, 30s, 0ns);
    agent::http::Response response;
    const agent::http::Headers headers;
    boost::asio::co_spawn(
        io,
        [&]() -> boost::asio::awaitable<void> {
          response = co_await client.get(path, headers);
          client.close();
        },
        boost::asio::detached);
    io.run();
    return response.ok() ? response.body : response.problem();
  }

  const std::string url_;
};

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += (c == '"' || c == '\\' ? std::string("\\") : std::string()) + c;
  return out + "\"";
}

// What a Loki would answer.
std::string answer_of(const Query& query) {
  std::string result;
  std::int64_t time = 1'000'000'000'000'000'000;
  for (const std::string& line : query.lines) {
    const std::string text =
        query.text.find("line_format") == std::string::npos ? R"({"message":)" + json_text(line) + "}" : line;
    result += fmt::format(R"({}{{"stream":{{"job":"docker"}},"values":[["{}",{}]]}})",
                          result.empty() ? "" : ",", ++time, json_text(text));
  }
  for (const auto& [labels, value] : query.values) {
    std::string metric;
    static const std::regex pattern(R"((\w+)=([^,]*))");
    for (std::sregex_iterator at(labels.begin(), labels.end(), pattern), end; at != end; ++at) {
      metric += (metric.empty() ? "" : ",") + json_text((*at)[1].str()) + ":" + json_text((*at)[2].str());
    }
    result +=
        fmt::format(R"({}{{"metric":{{{}}},"value":[1,"{}"]}})", result.empty() ? "" : ",", metric, value);
  }
  return R"({"status":"success","data":{"result":[)" + result + "]}}";
}

// Whole milliseconds, which every form of a time has.
Time a_while_ago() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() - 20s);
}

// By the pipeline of the stack.
void ship(const Services& services, Scene& scene) {
  scene.agent.jobs = {job("docker", scene.directory / "containers/*/*-json.log", stages_of_stack())};
  services.write(scene.directory / "containers");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(services.lines().size()));
}

}  // namespace

TEST_CASE("checklist: each query of the stack has an expected result") {
  std::set<std::string> known;
  for (const Query& query : expected_queries()) known.insert(query.text);
  const std::vector<std::string> asked = queries_of_stack();
  CHECK(std::set<std::string>(asked.begin(), asked.end()) == known);
}

TEST_CASE("checklist: four lines of one trace arrive with labels, times and order, and selectors find them") {
  const Services services(a_while_ago());
  Scene scene;
  ship(services, scene);
  std::vector<Arrival> stored = scene.loki.stored();
  std::ranges::sort(stored, {}, &Arrival::timestamp);
  REQUIRE(stored.size() == services.lines().size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const Logged& logged = services.lines()[i];
    INFO(logged.text);
    CHECK(stored[i].timestamp == nanoseconds(logged.time));
    CHECK(stored[i].line == logged.text);
    CHECK(stored[i].labels.find("job=\"docker\"") != std::string::npos);
    CHECK(stored[i].labels.find("service=\"" + logged.service + "\"") != std::string::npos);
    CHECK(stored[i].labels.find("level=\"") != std::string::npos);
  }
  for (std::size_t i = 0; i < kStory.size(); ++i) {
    CHECK(message_of(stored[i].line) == kStory[i]);
    CHECK(stored[i].labels.find(std::string("trace_id=\"") + kTrace + '"') != std::string::npos);
    CHECK(stored[i].labels.find("level=\"info\"") != std::string::npos);
  }
  for (const Query& query : expected_queries()) {
    INFO(query.text);
    const Parts parts = parts_of(query.text);
    std::vector<std::string> selected;
    for (const Arrival& arrival : stored) {
      if (selects(parts.selector, arrival)) selected.push_back(message_of(arrival.line));
    }
    CHECK(selected.size() == query.selected);
    if (parts.rest == "...") CHECK(selected == query.lines);
  }
  scene.agent.stop();
}

TEST_CASE("checklist: queries find in a real Loki what they should") {
  const char* const url = std::getenv("LOKI_URL");
  if (url == nullptr) {
    for (const Query& query : expected_queries()) {
      const std::string rest = parts_of(query.text).rest;
      if (rest != "...") std::cout << "not evaluated: " << rest << " of " << query.text << std::endl;
    }
    return skip("LOKI_URL names no Loki: of the queries selectors and line filters alone are evaluated");
  }
  AskedLoki asked(url);
  const Services services(a_while_ago());
  Scene scene;
  scene.agent.clients.push_back(client(asked.push_url(), "name: asked"));
  ship(services, scene);
  const Time from = services.lines().front().time - 1s, to = services.lines().back().time + 20s;
  for (const Query& query : expected_queries()) {
    std::string problem;
    // What was taken may be found a moment later.
    eventually([&] { return (problem = asked.compare(query, from, to)).empty(); }, 30s);
    INFO(query.text << ": " << problem << " (is the Loki empty?)");
    CHECK(problem.empty());
  }
  scene.agent.stop();
}

TEST_CASE("checklist: results of queries are compared with what is expected") {
  const std::vector<Query> all = expected_queries();
  std::string answer;
  StubServer loki([&](const StubRequest& request, StubAnswer& out) {
    const auto asked = std::ranges::find(all, request.query("query"), &Query::text);
    const bool right =
        asked != all.end() && (request.path() == "/loki/api/v1/query") == !asked->values.empty();
    out.send(right ? 200 : 400, answer.empty() && right ? answer_of(*asked) : answer);
  });
  AskedLoki asked(loki.url());
  for (const Query& query : all) {
    INFO(query.text);
    answer.clear();
    CHECK(asked.compare(query, {}, {}).empty());
    // One line, or one sample, less.
    Query less = query;
    if (!less.lines.empty()) less.lines.pop_back();
    if (!less.values.empty()) less.values.erase(less.values.begin());
    answer = answer_of(less);
    CHECK_FALSE(asked.compare(query, {}, {}).empty());
    Query other = query;
    if (other.lines.size() > 1) std::swap(other.lines[0], other.lines[1]);
    for (auto& [labels, value] : other.values) value += 1;
    answer = answer_of(other);
    CHECK(asked.compare(query, {}, {}).empty() == (query.values.empty() && query.lines.size() < 2));
  }
}

}  // namespace lokitail::test
