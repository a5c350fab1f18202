// The agent's own traces: what a collector gets, what Loki gets with a push, and what the log says of it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "agent/telemetry/trace.pb.h"
#include "lokitail/telemetry/trace_context.h"
#include "tests/support/scene.h"
#include "tests/support/stub_server.h"

namespace lokitail::test {
namespace {

using namespace std::chrono_literals;

// Takes what exporters send, as it is told.
class Collector {
 public:
  Collector() : server_([this](const StubRequest& request, StubAnswer& answer) { take(request, answer); }) {}

  std::string url() const { return server_.url(); }
  void answer(int status, std::string body = "") {
    const std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }
  std::vector<otlp::Span> spans() const {
    const std::lock_guard lock(mutex_);
    return spans_;
  }
  std::vector<StubRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::map<std::string, std::string> resource() const {
    const std::lock_guard lock(mutex_);
    return resource_;
  }

  // The spans of each trace that is complete, by name.
  std::vector<std::multimap<std::string, otlp::Span>> traces() const {
    std::map<std::string, std::multimap<std::string, otlp::Span>> by_id;
    for (const otlp::Span& span : spans()) by_id[span.trace_id()].emplace(span.name(), span);
    std::vector<std::multimap<std::string, otlp::Span>> traces;
    for (auto& [id, trace] : by_id) {
      if (trace.contains("deliver")) traces.push_back(std::move(trace));
    }
    return traces;
  }

 private:
  void take(const StubRequest& request, StubAnswer& answer) {
    std::unique_lock lock(mutex_);
    requests_.push_back(request);
    const int status = status_;
    const std::string body = body_;
    otlp::ExportTraceServiceRequest sent;
    if (status == 200 && sent.ParseFromString(request.body)) {
      for (const auto& all : sent.resource_spans()) {
        for (const auto& attribute : all.resource().attributes()) {
          resource_[attribute.key()] = attribute.value().string_value();
        }
        for (const auto& scope : all.scope_spans()) {
          spans_.insert(spans_.end(), scope.spans().begin(), scope.spans().end());
        }
      }
    }
    lock.unlock();
    answer.send(status, body, {{"Content-Type", "application/x-protobuf"}});
  }

  mutable std::mutex mutex_;
  int status_ = 200;
  std::string body_;
  std::vector<otlp::Span> spans_;
  std::vector<StubRequest> requests_;
  std::map<std::string, std::string> resource_;
  StubServer server_;  // the last: its threads use the others
};

std::string hex(const std::string& id) {
  std::string text;
  for (const char c : id) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

const otlp::AnyValue* find(const otlp::Span& span, const std::string& key) {
  for (const auto& attribute : span.attributes()) {
    if (attribute.key() == key) return &attribute.value();
  }
  return nullptr;
}

void trace_to(Scene& scene, const std::string& url, const std::string& more = "") {
  scene.agent.top_level =
      "tracing: {enabled: true, sampling_ratio: 1, endpoint: '" + url + "'" + more + "}\n";
}

}  // namespace

TEST_CASE("tracing: a push is one trace, from reading to settling") {
  Collector collector;
  Scene scene;
  trace_to(scene, collector.url(), ", headers: {X-Team: logs}");
  scene.agent.start();
  LogWriter log("a", scene.logs / "a.log");
  log.write(20);
  scene.require_all({&log});
  REQUIRE(eventually([&] { return !collector.traces().empty(); }));
  const auto trace = collector.traces().front();
  for (const char* const name : {"deliver", "read", "pipeline", "batch", "push", "settle"}) {
    INFO(name);
    REQUIRE(trace.count(name) == 1);
  }
  const otlp::Span& deliver = trace.find("deliver")->second;
  CHECK(deliver.parent_span_id().empty());
  CHECK(find(deliver, "lokitail.settled")->bool_value());
  std::set<std::string> ids;
  for (const auto& [name, span] : trace) {
    INFO(name);
    ids.insert(span.span_id());
    CHECK(span.trace_id().size() == 16);
    CHECK(span.span_id().size() == 8);
    CHECK(span.start_time_unix_nano() <= span.end_time_unix_nano());
    CHECK(span.start_time_unix_nano() >= deliver.start_time_unix_nano());
    CHECK(span.end_time_unix_nano() <= deliver.end_time_unix_nano());
    if (name != "deliver") CHECK(span.parent_span_id() == deliver.span_id());
  }
  CHECK(ids.size() == trace.size());
  // One after the other.
  std::uint64_t before = 0;
  for (const char* const name : {"read", "pipeline", "batch", "push", "settle"}) {
    INFO(name);
    const otlp::Span& span = trace.find(name)->second;
    CHECK(span.start_time_unix_nano() >= before);
    before = span.end_time_unix_nano();
  }
  const otlp::Span& push = trace.find("push")->second;
  CHECK(push.kind() == otlp::Span::SPAN_KIND_CLIENT);
  CHECK(find(push, "http.response.status_code")->int_value() == 204);
  CHECK(find(push, "lokitail.host")->string_value() == scene.loki.host());
  CHECK(push.status().code() == otlp::Status::STATUS_CODE_UNSET);
  // It went with the request.
  const auto sent = scene.loki.requests().front().headers;
  CHECK(sent.at("traceparent") == "00-" + hex(push.trace_id()) + "-" + hex(push.span_id()) + "-01");
  const StubRequest request = collector.requests().front();
  CHECK(request.method == "POST");
  CHECK(request.target == "/v1/traces");
  CHECK(request.header("Content-Type") == "application/x-protobuf");
  CHECK(request.header("X-Team") == "logs");
  CHECK(collector.resource().at("service.name") == "lokitail");
  scene.agent.stop();
}

TEST_CASE("tracing: each attempt is a span, and the log says the same ids") {
  Collector collector;
  Scene scene;
  trace_to(scene, collector.url());
  scene.agent.start();
  scene.loki.answer(Reply::refuse(503, "no room"));
  LogWriter log("a", scene.logs / "a.log");
  log.write(3);
  REQUIRE(eventually([&] { return scene.loki.request_count() >= 2; }));
  scene.loki.answer(Reply::ok());
  scene.require_all({&log});
  REQUIRE(eventually([&] { return !collector.traces().empty(); }));
  const auto trace = collector.traces().front();
  REQUIRE(trace.count("push") >= 3);
  std::size_t failed = 0;
  const auto [first, last] = trace.equal_range("push");
  std::map<std::string, std::string> traceparents;  // by span
  for (const Request& request : scene.loki.requests()) {
    const auto context = telemetry::parse_traceparent(request.headers.at("traceparent"));
    REQUIRE(context.has_value());
    traceparents[telemetry::span_id_text(*context)] = telemetry::trace_id_text(*context);
  }
  for (auto push = first; push != last; ++push) {
    CHECK(traceparents.at(hex(push->second.span_id())) == hex(push->second.trace_id()));
    if (push->second.status().code() != otlp::Status::STATUS_CODE_ERROR) continue;
    ++failed;
    CHECK(push->second.status().message().find("no room") != std::string::npos);
    CHECK(find(push->second, "http.response.status_code")->int_value() == 503);
  }
  CHECK(failed == trace.count("push") - 1);
  // The first failure is logged under the ids of its span.
  const std::string text = scene.agent.log();
  const auto at = text.find("error sending batch, will retry");
  REQUIRE(at != std::string::npos);
  const std::string line = text.substr(at, text.find('\n', at) - at);
  INFO(line);
  const bool is_told = std::any_of(first, last, [&line](const auto& push) {
    return line.find("trace_id=" + hex(push.second.trace_id()) + " span_id=" + hex(push.second.span_id())) !=
           std::string::npos;
  });
  CHECK(is_told);
  scene.agent.stop();
}

TEST_CASE("tracing: what goes to disk says so, and what comes from there has a trace of its own") {
  Collector collector;
  Scene scene;
  trace_to(scene, collector.url());
  scene.agent.top_level += "spool: {mode: always}\n";
  scene.agent.start();
  LogWriter log("a", scene.logs / "a.log");
  log.write(5);
  scene.require_all({&log});
  const auto with = [&](const char* name) {
    const auto traces = collector.traces();
    return std::ranges::find_if(traces, [name](const auto& trace) { return trace.contains(name); }) !=
           traces.end();
  };
  REQUIRE(eventually([&] { return with("spool") && with("push"); }));
  for (const auto& trace : collector.traces()) {
    const bool is_stored = trace.contains("spool");
    CHECK(trace.contains("push") != is_stored);
    CHECK(trace.contains("settle"));
    const otlp::AnyValue* const loaded = find(trace.find("deliver")->second, "lokitail.from_spool");
    CHECK((loaded != nullptr && loaded->bool_value()) != is_stored);
  }
  scene.agent.stop();
}

TEST_CASE("tracing: a collector that fails delays nothing, and is told of once") {
  Collector collector;
  collector.answer(503, "busy");
  Scene scene;
  trace_to(scene, collector.url(), ", queue_size: 10");
  scene.agent.start();
  LogWriter log("a", scene.logs / "a.log");
  for (int i = 0; i < 10; ++i) {
    log.write(5);
    scene.require_all({&log});
  }
  CHECK(eventually([&] { return collector.requests().size() >= 2; }));
  CHECK(eventually(
      [&] { return scene.agent.metric("lokitail_trace_spans_dropped_total", "reason=\"queue_full\"") > 0; }));
  const std::string text = scene.agent.log();
  const auto at = text.find("traces cannot be sent");
  REQUIRE(at != std::string::npos);
  CHECK(text.find("traces cannot be sent", at + 1) == std::string::npos);
  const auto begin = std::chrono::steady_clock::now();
  scene.agent.stop();
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
}

TEST_CASE("tracing: a collector that never answers delays neither delivery nor a stop") {
  StubServer collector([](const StubRequest&, StubAnswer& answer) {
    while (answer.is_wanted()) std::this_thread::sleep_for(10ms);
  });
  Scene scene;
  trace_to(scene, collector.url());
  scene.agent.start();
  LogWriter log("a", scene.logs / "a.log");
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    log.write(2);
    scene.require_all({&log});
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
  }
  const auto begin = std::chrono::steady_clock::now();
  scene.agent.stop();
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
}

TEST_CASE("tracing: what a collector refuses is counted") {
  Collector collector;
  otlp::ExportTraceServiceResponse refusal;
  refusal.mutable_partial_success()->set_rejected_spans(2);
  refusal.mutable_partial_success()->set_error_message("too old");
  collector.answer(200, refusal.SerializeAsString());
  Scene scene;
  trace_to(scene, collector.url() + "/otlp/v1/traces");
  scene.agent.start();
  LogWriter log("a", scene.logs / "a.log");
  log.write(1);
  scene.require_all({&log});
  CHECK(eventually(
      [&] { return scene.agent.metric("lokitail_trace_spans_dropped_total", "reason=\"refused\"") >= 2; }));
  CHECK(eventually([&] { return scene.agent.metric("lokitail_trace_spans_sent_total") > 0; }));
  CHECK(collector.requests().front().target == "/otlp/v1/traces");
  CHECK(scene.agent.log().find("too old") != std::string::npos);
  scene.agent.stop();
}

TEST_CASE("tracing: off, or without an endpoint, nothing is traced") {
  Collector collector;
  Scene scene;
  const std::string endpoint = "endpoint: '" + collector.url() + "'";
  const std::string keys[] = {"enabled: true", endpoint, "enabled: true, sampling_ratio: 0, " + endpoint};
  const int which = GENERATE(0, 1, 2);
  scene.agent.top_level = "tracing: {" + keys[which] + "}\n";
  scene.agent.start();
  LogWriter log("a", scene.logs / "a.log");
  log.write(3);
  scene.require_all({&log});
  CHECK(scene.loki.requests().front().headers.count("traceparent") == 0);
  scene.agent.stop();
  CHECK(collector.requests().empty());
  CHECK(scene.agent.log().find("trace_id") == std::string::npos);
}

TEST_CASE("tracing: what is in the queue at a stop is sent") {
  Collector collector;
  Scene scene;
  trace_to(scene, collector.url());
  scene.agent.start();
  LogWriter log("a", scene.logs / "a.log");
  log.write(3);
  REQUIRE(scene.loki.wait_stored(3));
  scene.agent.stop();
  CHECK(collector.traces().size() == 1);
}

}  // namespace lokitail::test
