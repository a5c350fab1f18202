#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

constexpr std::int64_t kMilliseconds = 1'000'000;

// Lines `<key> ...` whose key is extracted and a label, read as fast as the clock is moved by hand.
class Throttled {
 public:
  explicit Throttled(const std::string& body)
      : runner_(
            "- regex: {expression: '^(?P<app>[a-z]*)(?P<digits>[0-9]*)'}\n"
            "- throttle: " +
            body) {}

  // How many of `count` lines pass.
  std::size_t push(std::size_t count, const std::string& line = "a") {
    const std::size_t before = runner_.entries().size();
    for (std::size_t i = 0; i < count; ++i) runner_.push(line, nullptr, entry_time);
    return runner_.entries().size() - before;
  }
  void wait(std::int64_t milliseconds) {
    runner_.now = runner_.now.plus_nanoseconds(milliseconds * kMilliseconds);
  }
  // The metadata `throttled` of the latest entry.
  std::string report() {
    const TextMap& metadata = runner_.entries().back().structured_metadata;
    const auto found = metadata.find("throttled");
    return found == metadata.end() ? "none" : found->second;
  }
  std::map<std::string, int> dropped() const { return runner_.dropped(); }

  Timestamp entry_time = kReadTime;

 private:
  PipelineRunner runner_;
};

TEST_CASE("throttle drops what comes too fast", "[stage][throttle]") {
  Throttled lines("{rate: 10, burst: 5}");
  CHECK(lines.push(8) == 5);
  lines.wait(250);
  CHECK(lines.push(8) == 2);
  lines.wait(50);
  CHECK(lines.push(8) == 1);
  lines.wait(3'600'000);
  CHECK(lines.push(8) == 5);
  lines.wait(-7'200'000);
  CHECK(lines.push(8) == 0);
  lines.wait(1'000);
  CHECK(lines.push(8) == 5);
  CHECK(lines.dropped() == std::map<std::string, int>{{"throttle_stage", 30}});
}

TEST_CASE("throttle lets through a burst", "[stage][throttle]") {
  const struct {
    std::string body;
    std::size_t want;
  } rows[] = {
      {"{rate: 3}", 3},
      {"{rate: 2.5}", 3},
      {"{rate: 0.1}", 1},
      {"{rate: 100, burst: 1}", 1},
      {"{rate: 0.1, burst: 7}", 7},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    CHECK(Throttled(row.body).push(20) == row.want);
  }
}

TEST_CASE("throttle has a rate for each key", "[stage][throttle]") {
  Throttled by_value("{rate: 1, burst: 2, key: app}");
  CHECK(by_value.push(3, "a") == 2);
  CHECK(by_value.push(3, "b1") == 2);
  CHECK(by_value.push(3, "b2") == 0);
  by_value.wait(1'000);
  CHECK(by_value.push(3, "b3") == 1);

  Throttled by_several("{rate: 1, burst: 2, key: [app, digits]}");
  CHECK(by_several.push(3, "a1") == 2);
  CHECK(by_several.push(3, "a2") == 2);
  CHECK(by_several.push(3, "b1") == 2);
  CHECK(by_several.push(3, "a1") == 0);
}

TEST_CASE("throttle takes a label before an extracted value", "[stage][throttle]") {
  // The label stays what it was when the value of its name has changed.
  PipelineRunner runner(
      "- json: {expressions: {job: , user: }}\n"
      "- throttle: {rate: 1, burst: 1, key: [job, user]}");
  runner.push(R"({"job":"a","user":1})");
  runner.push(R"({"job":"b","user":1})");
  runner.push(R"({"job":"b","user":"1"})");
  runner.push(R"({"job":"b","user":2})");
  CHECK(runner.entries().size() == 2);

  PipelineRunner labels(
      "- regex: {expression: '(?P<app>.*)'}\n- labels: {app: }\n"
      "- throttle: {rate: 1, burst: 1, key: app}");
  for (const char* line : {"a", "b", "a", "b", "c"}) labels.push(line);
  CHECK(labels.entries().size() == 3);
}

TEST_CASE("throttle lets pass what has no key", "[stage][throttle]") {
  PipelineRunner runner(
      "- json: {expressions: {user: , path: }}\n"
      "- throttle: {rate: 1, burst: 1, key: [user, path]}");
  for (int i = 0; i < 3; ++i) runner.push("x");
  CHECK(runner.entries().size() == 3);
  for (int i = 0; i < 3; ++i) runner.push(R"({"user":null})");
  CHECK(runner.entries().size() == 6);
  for (int i = 0; i < 3; ++i) runner.push(R"({"user":"u"})");
  CHECK(runner.entries().size() == 7);
}

TEST_CASE("throttle reports", "[stage][throttle]") {
  Throttled lines("{rate: 1, burst: 2, key: app, report: true}");
  CHECK(lines.push(5, "a") == 2);
  CHECK(lines.report() == "none");
  CHECK(lines.push(1, "b") == 1);
  CHECK(lines.report() == "none");
  lines.wait(2'000);
  CHECK(lines.push(1, "b") == 1);
  CHECK(lines.report() == "none");
  CHECK(lines.push(1, "a") == 1);
  CHECK(lines.report() == "3");
  CHECK(lines.push(1, "a") == 1);
  CHECK(lines.report() == "none");

  Throttled silent("{rate: 1, burst: 1}");
  silent.push(5);
  silent.wait(1'000);
  CHECK(silent.push(1) == 1);
  CHECK(silent.report() == "none");
}

TEST_CASE("throttle by the time of the entries", "[stage][throttle]") {
  Throttled lines("{rate: 10, burst: 5, clock: entry}");
  const auto at = [&](std::int64_t milliseconds) {
    lines.entry_time = kReadTime.plus_nanoseconds(milliseconds * kMilliseconds);
  };
  CHECK(lines.push(8) == 5);
  lines.wait(60'000);  // the clock does not matter
  CHECK(lines.push(8) == 0);
  at(200);
  CHECK(lines.push(8) == 2);
  // Out of order: going to and fro is no time that passes.
  for (int i = 0; i < 20; ++i) {
    at(i % 2 == 0 ? 0 : 200);
    CHECK(lines.push(1) == 0);
  }
  at(300);
  CHECK(lines.push(8) == 1);
  // Another file, of long ago.
  at(-86'400'000);
  CHECK(lines.push(8) == 0);
  at(-86'400'000 + 300);
  CHECK(lines.push(8) == 3);
}

TEST_CASE("throttle forgets keys", "[stage][throttle]") {
  Throttled lines("{rate: 0.001, burst: 1, key: [app, digits], max_keys: 10}");
  const auto push_others = [&](int from) {
    for (int i = from; i < from + 10; ++i) CHECK(lines.push(1, "b" + std::to_string(i)) == 1);
  };
  CHECK(lines.push(2, "a") == 1);
  push_others(0);
  CHECK(lines.push(1, "a") == 0);  // as old as it may be, and used again
  push_others(10);
  CHECK(lines.push(1, "a") == 0);
  push_others(20);
  push_others(30);
  CHECK(lines.push(1, "a") == 1);
}

TEST_CASE("throttle counts under the reason that is given", "[stage][throttle]") {
  Throttled lines("{rate: 1, drop_counter_reason: chatty}");
  lines.push(3);
  CHECK(lines.dropped() == std::map<std::string, int>{{"chatty", 2}});
}

TEST_CASE("throttle refuses", "[stage][throttle]") {
  const struct {
    std::string body;
    std::string want;
  } rows[] = {
      {"{}", "1:13: throttle stage: \"rate\" is required"},
      {"{burst: 1}", "1:13: throttle stage: \"rate\" is required"},
      {"{rate: 0}", "1:20: expected a number of lines per second above 0, found \"0\""},
      {"{rate: -1}", "1:20: expected a number of lines per second above 0, found \"-1\""},
      {"{rate: .nan}", "1:20: expected a number of lines per second above 0, found \".nan\""},
      {"{rate: .inf}", "1:20: expected a number of lines per second above 0, found \".inf\""},
      {"{rate: fast}", "1:20: expected a number, found \"fast\""},
      {"{rate: 1, burst: 0}", "1:30: expected a number of lines above 0, found \"0\""},
      {"{rate: 1, burst: many}", "1:30: expected a whole number, found \"many\""},
      {"{rate: 1, key: []}", "1:28: expected a name, or a list of names, found an empty list"},
      {"{rate: 1, key: {a: b}}", "1:28: expected a name, or a list of names, found a mapping"},
      {"{rate: 1, max_keys: 0}", "1:33: expected a number of keys from 1 to 10000000, found \"0\""},
      {"{rate: 1, clock: wall}", "1:30: expected now or entry, found \"wall\""},
      {"{rate: 1, report: 7}", "1:31: expected true or false, found \"7\""},
      {"{rate: 1, rates: 1}", "1:23: throttle stage: unknown key \"rates\" (did you mean \"rate\"?)"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    CHECK(build_error("- throttle: " + row.body) == "test.yaml:" + row.want);
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
