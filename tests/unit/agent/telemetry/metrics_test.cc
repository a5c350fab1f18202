#include "agent/telemetry/metrics.h"

#include <prometheus/metric_type.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/pipeline.h"

namespace lokitail::agent {
namespace {

constexpr std::int64_t kNow = 1'762'516'800;

struct NoSink final : pipeline::Sink {
  void push(pipeline::Entry&) override {}
};

// A pipeline with a clock that stands still.
class Lines {
 public:
  Lines(Metrics& metrics, const std::string& stages)
      : context_{symbols_, warnings_, metrics, [] { return pipeline::Timestamp(kNow, 0); }},
        pipeline_(config::Node::parse(stages, "test.yaml"), context_, sink_) {}

  void push(std::string_view app, std::string line = "x") {
    pipeline::Labels labels;
    labels.set(symbols_.intern("app"), app);
    line.reserve(line.size() + pipeline::kTextPadding);
    pipeline_.push(line, pipeline::Timestamp(kNow, 0), labels, nullptr);
  }

 private:
  pipeline::SymbolTable symbols_;
  config::Warnings warnings_;
  pipeline::StageContext context_;
  NoSink sink_;
  pipeline::Pipeline pipeline_;
};

std::string counter(const std::string& name, const std::string& more = "") {
  return "- metrics: {" + name + ": {type: counter, " + more + "config: {match_all: true, action: inc}}}\n";
}

// The samples of a page, which has to be one that Prometheus reads: one HELP and one TYPE for each
// name, right before its samples, and no sample twice.
std::map<std::string, double> samples(const std::string& page) {
  std::map<std::string, double> found;
  std::set<std::string> heads;
  std::string family;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      REQUIRE(heads.insert(family).second);
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      REQUIRE(line.starts_with("# TYPE " + family + " "));
      continue;
    }
    REQUIRE(line.starts_with(family));
    const auto space = line.rfind(' ');
    REQUIRE(found.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second);
  }
  return found;
}

double sample(const std::string& page, const std::string& name) {
  const auto all = samples(page);
  const auto found = all.find(name);
  return found == all.end() ? -1 : found->second;
}

class OneFamily final : public prometheus::Collectable {
 public:
  OneFamily(std::string name, prometheus::MetricType type) : name_(std::move(name)), type_(type) {}
  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::MetricFamily family;
    family.name = name_;
    family.type = type_;
    family.metric.emplace_back();
    family.metric.back().label.push_back({"from", std::to_string(reinterpret_cast<std::uintptr_t>(this))});
    return {family};
  }

 private:
  const std::string name_;
  const prometheus::MetricType type_;
};

TEST_CASE("metrics of pipelines are on the page, each once") {
  Metrics metrics;
  metrics.sent_entries("loki:3100").Increment(3);
  Lines one(metrics, counter("lines") + counter("more"));
  Lines two(metrics, counter("lines", "description: ignored, ") + counter("unused"));
  one.push("a");
  two.push("a");
  two.push("b");
  const auto page = metrics.scrape(kNow);
  INFO(page);
  CHECK(sample(page, R"(promtail_custom_lines{app="a"})") == 2);
  CHECK(sample(page, R"(promtail_custom_lines{app="b"})") == 1);
  CHECK(sample(page, R"(promtail_custom_more{app="a"})") == 1);
  CHECK(sample(page, R"(promtail_sent_entries_total{host="loki:3100"})") == 3);
  CHECK(page.find("# TYPE promtail_custom_lines counter\n") != std::string::npos);
}

TEST_CASE("a scrape retires what is idle at its time") {
  Metrics metrics;
  Lines lines(metrics, counter("lines", "max_idle_duration: 10s, "));
  lines.push("a");
  const std::string name = R"(promtail_custom_lines{app="a"})";
  CHECK(sample(metrics.scrape(kNow + 9), name) == 1);
  CHECK(sample(metrics.scrape(kNow + 10), name) == 1);
  CHECK(sample(metrics.scrape(kNow + 10), name) == -1);
  lines.push("a");
  CHECK(sample(metrics.scrape(kNow), name) == 1);
  CHECK(sample(metrics.scrape(), name) == 1);  // the real time is later
  CHECK(sample(metrics.scrape(), name) == -1);
}

TEST_CASE("a pipeline's metric does not get in the way of the agent's own") {
  Metrics metrics;
  metrics.sent_entries("h").Increment();
  metrics.request_duration("h", 204).Observe(1);
  Lines lines(metrics, counter("sent_entries_total", "prefix: promtail_, ") +
                           counter("request_duration_seconds_sum", "prefix: promtail_, ") +
                           "- metrics: {sent: {type: histogram, source: app, prefix: promtail_}}\n" +
                           counter("fine"));
  lines.push("1");
  const auto page = metrics.scrape(kNow);
  CHECK(sample(page, R"(promtail_sent_entries_total{host="h"})") == 1);
  CHECK(sample(page, R"(promtail_sent_entries_total{app="1"})") == -1);
  CHECK(sample(page, R"(promtail_request_duration_seconds_sum{app="1"})") == -1);
  CHECK(sample(page, R"(promtail_request_duration_seconds_sum{host="h",status_code="204"})") == 1);
  CHECK(sample(page, R"(promtail_custom_fine{app="1"})") == 1);
  CHECK(sample(page, R"(promtail_sent_sum{app="1"})") == 1);
}

TEST_CASE("parts of the agent may have a family in common") {
  Metrics metrics;
  metrics.add_collectable(std::make_shared<OneFamily>("shared", prometheus::MetricType::Gauge));
  metrics.add_collectable(std::make_shared<OneFamily>("shared", prometheus::MetricType::Gauge));
  metrics.add_collectable(std::make_shared<OneFamily>("shared", prometheus::MetricType::Counter));
  std::size_t shared = 0;
  for (const auto& [name, value] : samples(metrics.scrape(kNow))) shared += name.starts_with("shared{");
  CHECK(shared == 2);
}

TEST_CASE("counting and scraping at the same time") {
  constexpr int kLines = 20'000;
  Metrics metrics;
  const std::string stages = counter("lines") + counter("brief", "max_idle_duration: 1s, ") + R"(
- metrics:
    sizes: {type: histogram, source: app, config: {buckets: [3, 5]}}
    last: {type: gauge, source: app, config: {action: set}}
)";
  std::atomic<int> running = 2;
  std::atomic<bool> looked_at = false;
  // Two workers, each with a pipeline and names of its own.
  const auto work = [&] {
    Lines lines(metrics, stages);
    for (int i = 0; i < kLines; ++i) lines.push(std::to_string(i % 7));
    --running;
    looked_at.wait(false);  // the series live as long as the stages
  };
  std::thread one(work);
  std::thread two(work);
  int scrapes = 0;
  std::string page;
  while (running > 0 || scrapes < 10) {
    // As if much time had passed: every scrape retires `brief`, and nothing else for five minutes.
    page = metrics.scrape(kNow + 60);
    const auto all = samples(page);
    for (const auto& [name, value] : all) REQUIRE(value <= 2 * kLines * 6.0);
    ++scrapes;
  }
  page = metrics.scrape(kNow);
  looked_at = true;
  looked_at.notify_all();
  one.join();
  two.join();
  double lines = 0;
  double observed = 0;
  double sum = 0;
  for (int app = 0; app < 7; ++app) {
    const std::string labels = "{app=\"" + std::to_string(app) + "\"}";
    lines += sample(page, "promtail_custom_lines" + labels);
    observed += sample(page, "promtail_custom_sizes_count" + labels);
    sum += sample(page, "promtail_custom_sizes_sum" + labels);
    CHECK(sample(page, "promtail_custom_last" + labels) == app);
  }
  CHECK(lines == 2 * kLines);
  CHECK(observed == 2 * kLines);
  double want = 0;
  for (int i = 0; i < kLines; ++i) want += i % 7;
  CHECK(sum == 2 * want);
  CHECK(samples(metrics.scrape(kNow)).count("promtail_custom_lines{app=\"0\"}") == 0);
}

}  // namespace
}  // namespace lokitail::agent
