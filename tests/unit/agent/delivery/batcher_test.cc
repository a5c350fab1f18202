// Batches, how they become pushes, and how pushes are cut: looked at through the protobuf classes that
// a receiver uses.
#include "agent/delivery/batcher.h"

#include <snappy.h>

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

#include "agent/delivery/push_split.h"
#include "agent/loki/push.pb.h"

namespace lokitail::agent {
namespace {

using pipeline::Timestamp;
using namespace std::chrono_literals;

logproto::PushRequest decode(const Push& push) {
  std::string raw;
  REQUIRE(snappy::Uncompress(push.body.data(), push.body.size(), &raw));
  logproto::PushRequest request;
  REQUIRE(request.ParseFromString(raw));
  return request;
}

// "labels: line line; labels: line" of a push, in its order.
std::string shape(const Push& push) {
  std::string out;
  const auto request = decode(push);
  for (const auto& stream : request.streams()) {
    if (!out.empty()) out += "; ";
    out += stream.labels() + ":";
    for (const auto& entry : stream.entries()) out += ' ' + entry.line();
  }
  return out;
}

struct CountedOrigin final : pipeline::Origin {
  CountedOrigin() : Origin(nullptr) {}
  void settled() override { ++times_settled; }
  int times_settled = 0;
};

// A batcher on its own: posted calls run when the test says so.
struct Bench final : BatcherEvents {
  explicit Bench(BatcherConfig config = {})
      : batcher(
            std::move(config), symbols,
            [this](std::function<void()> call) { posted.push_back(std::move(call)); }, *this) {}

  void push_ready(std::size_t, std::unique_ptr<Push> push) override { pushes.push_back(std::move(push)); }
  void entry_dropped(std::size_t, const std::string& tenant, const char* reason, std::size_t) override {
    events.push_back("dropped " + tenant + ' ' + reason);
  }
  void entries_taken(std::size_t, std::size_t entries, std::size_t without_use) override {
    taken += entries;
    unmatched += without_use;
  }
  void entry_mutated(std::size_t, const std::string& tenant, const char* reason, std::size_t) override {
    events.push_back("mutated " + tenant + ' ' + reason);
  }

  void add(std::map<std::string, std::string> labels, const std::string& line,
           Timestamp timestamp = {1700000000, 5}, pipeline::Origin* origin = nullptr) {
    entry.begin(line, timestamp, {}, origin);
    for (const auto& [name, value] : labels) entry.labels.set(symbols.intern(name), value);
    batcher.add(entry);
  }
  void run_posted() {
    for (const auto& call : std::exchange(posted, {})) call();
  }

  pipeline::SymbolTable symbols;
  Batcher batcher;
  pipeline::Entry entry;
  std::vector<std::unique_ptr<Push>> pushes;
  std::vector<std::string> events;
  std::size_t taken = 0;
  std::size_t unmatched = 0;
  std::vector<std::function<void()>> posted;
};

TEST_CASE("entries of interleaved streams come out by stream, in order") {
  Bench bench;
  bench.add({{"job", "a"}, {"level", "info"}}, "1");
  bench.add({{"job", "b"}}, "2");
  bench.add({{"level", "info"}, {"job", "a"}}, "3");
  bench.add({{"job", "b"}}, "4");
  bench.batcher.flush_all();
  REQUIRE(bench.pushes.size() == 1);
  CHECK(shape(*bench.pushes[0]) == R"({job="a", level="info"}: 1 3; {job="b"}: 2 4)");
  CHECK(bench.pushes[0]->entries == 4);
  CHECK(bench.batcher.empty());
}

TEST_CASE("timestamps and structured metadata survive") {
  Bench bench;
  bench.entry.begin("line", {-5, 999'999'999}, {}, nullptr);
  bench.entry.structured_metadata.push_back({"trace", "abc"});
  bench.batcher.add(bench.entry);
  bench.add({}, "", {0, 0});
  bench.batcher.flush_all();
  const auto request = decode(*bench.pushes.at(0));
  REQUIRE(request.streams_size() == 1);
  CHECK(request.streams(0).labels() == "{}");
  const auto& first = request.streams(0).entries(0);
  CHECK(first.timestamp().seconds() == -5);
  CHECK(first.timestamp().nanos() == 999'999'999);
  REQUIRE(first.structuredmetadata_size() == 1);
  CHECK(first.structuredmetadata(0).name() == "trace");
  CHECK(first.structuredmetadata(0).value() == "abc");
  CHECK(request.streams(0).entries(1).timestamp().seconds() == 0);
}

TEST_CASE("a batch is handed over before an entry would make it too large") {
  BatcherConfig config;
  config.batch_size = 10;
  Bench bench(config);
  bench.add({}, "12345");
  bench.add({}, "67890");
  CHECK(bench.pushes.empty());
  bench.add({}, "x");
  CHECK(bench.pushes.size() == 1);
  bench.add({}, "much longer than a batch");  // alone, but sent
  bench.batcher.flush_all();
  REQUIRE(bench.pushes.size() == 3);
  CHECK(shape(*bench.pushes[2]) == "{}: much longer than a batch");
}

TEST_CASE("a batch is handed over when batchwait is over") {
  BatcherConfig config;
  config.batch_wait = 1s;
  Bench bench(config);
  bench.add({}, "a");
  const auto now = Batcher::Clock::now();
  bench.batcher.flush_due(now + 900ms);
  CHECK(bench.pushes.empty());
  bench.batcher.flush_due(now + 1100ms);
  CHECK(bench.pushes.size() == 1);
}

TEST_CASE("the tenant of an entry has a batch of its own, and its label is not sent") {
  BatcherConfig config;
  config.tenant = "own";
  config.external_labels = {{"cluster", "c"}, {"job", "external"}};
  Bench bench(config);
  bench.add({{"job", "a"}}, "1");
  bench.add({{"job", "a"}, {"__tenant_id__", "other"}}, "2");
  bench.batcher.flush_all();
  REQUIRE(bench.pushes.size() == 2);
  CHECK(bench.pushes[0]->tenant == "own");
  CHECK(shape(*bench.pushes[0]) == R"({cluster="c", job="a"}: 1)");
  CHECK(bench.pushes[1]->tenant == "other");
  CHECK(shape(*bench.pushes[1]) == R"({cluster="c", job="a"}: 2)");
}

TEST_CASE("what a request cannot name is no tenant") {
  BatcherConfig config;
  config.tenant = "own";
  Bench bench(config);
  for (const char* const tenant : {"a\r\nX-Scope-OrgID: b", "a\n", "a\x7f"}) {
    bench.add({{"job", "a"}, {"__tenant_id__", tenant}}, "1");
  }
  bench.add({{"job", "a"}, {"__tenant_id__", "t\u00e4nant 1"}}, "2");
  bench.batcher.flush_all();
  REQUIRE(bench.pushes.size() == 1);
  CHECK(bench.pushes[0]->tenant == "t\u00e4nant 1");
  CHECK(bench.events == std::vector<std::string>(3, "dropped own invalid_tenant"));
  CHECK(bench.taken == 4);
}

TEST_CASE("lines over the limit are dropped or cut, and counted") {
  BatcherConfig config;
  config.max_line_size = 3;
  SECTION("dropped") {
    Bench bench(config);
    bench.add({}, "1234");
    bench.add({}, "123");
    bench.batcher.flush_all();
    CHECK(shape(*bench.pushes.at(0)) == "{}: 123");
    CHECK(bench.events == std::vector<std::string>{"dropped  line_too_long"});
  }
  SECTION("cut") {
    config.max_line_size_truncate = true;
    Bench bench(config);
    bench.add({}, "1234");
    bench.batcher.flush_all();
    CHECK(shape(*bench.pushes.at(0)) == "{}: 123");
    CHECK(bench.events == std::vector<std::string>{"mutated  line_too_long"});
  }
}

TEST_CASE("max_streams refuses the stream that is too many and goes on") {
  BatcherConfig config;
  config.max_streams = 1;
  Bench bench(config);
  bench.add({{"a", "1"}}, "x");
  bench.add({{"a", "2"}}, "y");
  bench.add({{"a", "1"}}, "z");
  bench.batcher.flush_all();
  CHECK(shape(*bench.pushes.at(0)) == R"({a="1"}: x z)");
  CHECK(bench.events == std::vector<std::string>{"dropped  stream_limited"});
}

TEST_CASE("a block is settled when all its pushes are, and not before") {
  BatcherConfig config;
  config.batch_size = 4;
  Bench bench(config);
  CountedOrigin block;
  block.retain();
  bench.add({}, "1111", {1, 0}, &block);
  bench.add({}, "2222", {2, 0}, &block);
  bench.batcher.flush_all();
  block.release();
  REQUIRE(bench.pushes.size() == 2);
  bench.pushes[1]->receipt->part_settled();
  bench.run_posted();
  CHECK(block.times_settled == 0);
  bench.pushes[0]->receipt->part_settled();
  CHECK(block.times_settled == 0);  // only on the worker's own thread
  bench.run_posted();
  CHECK(block.times_settled == 1);
}

TEST_CASE("a receipt that is thrown away settles nothing") {
  Bench bench;
  CountedOrigin block;
  bench.add({}, "1", {1, 0}, &block);
  bench.batcher.flush_all();
  bench.pushes.clear();
  bench.run_posted();
  CHECK(block.times_settled == 0);
}

TEST_CASE("within a push the stream most at risk is last, and one far behind travels alone") {
  Bench bench;
  bench.add({{"s", "a"}}, "a1", {10'000, 0});
  bench.add({{"s", "b"}}, "b1", {10'000, 0});
  bench.add({{"s", "c"}}, "c1", {10'000, 0});
  bench.batcher.flush_all();
  bench.add({{"s", "a"}}, "a2", {10'000 - 600, 0});   // ten minutes behind what was sent
  bench.add({{"s", "b"}}, "b2", {10'000 - 7200, 0});  // two hours behind
  bench.add({{"s", "c"}}, "c2", {10'001, 0});
  bench.batcher.flush_all();
  REQUIRE(bench.pushes.size() == 3);
  CHECK(shape(*bench.pushes[1]) == R"({s="c"}: c2; {s="a"}: a2)");
  CHECK(shape(*bench.pushes[2]) == R"({s="b"}: b2)");
}

TEST_CASE("a push is cut in two halves that share its receipt") {
  Bench bench;
  CountedOrigin block;
  for (int i = 0; i < 10; ++i) {
    bench.add({{"s", i < 6 ? "a" : "b"}}, std::to_string(i), {i, 0}, &block);
  }
  bench.batcher.flush_all();
  const auto [first, second] = halve_push(*bench.pushes.at(0));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->entries + second->entries == 10);
  CHECK(shape(*first) == R"({s="a"}: 0 1 2 3 4)");
  CHECK(shape(*second) == R"({s="a"}: 5; {s="b"}: 6 7 8 9)");
  first->receipt->part_settled();
  bench.run_posted();
  CHECK(block.times_settled == 0);
  second->receipt->part_settled();
  bench.run_posted();
  CHECK(block.times_settled == 1);
}

TEST_CASE("cutting again and again ends with single entries") {
  Bench bench;
  bench.add({}, std::string(1000, 'x'));
  bench.add({}, "y");
  bench.add({}, "z");
  bench.batcher.flush_all();
  std::vector<std::unique_ptr<Push>> todo;
  todo.push_back(std::move(bench.pushes.at(0)));
  std::size_t singles = 0;
  while (!todo.empty()) {
    const auto push = std::move(todo.back());
    todo.pop_back();
    if (push->entries == 1) {
      ++singles;
      continue;
    }
    auto [first, second] = halve_push(*push);
    REQUIRE(first);
    REQUIRE(first->entries < push->entries);
    REQUIRE(second->entries < push->entries);
    todo.push_back(std::move(first));
    todo.push_back(std::move(second));
  }
  CHECK(singles == 3);
}

TEST_CASE("a client gets the entries that its selector matches") {
  BatcherConfig config;
  config.match = R"({level="error", cluster="c"} |= "disk")";
  config.external_labels = {{"cluster", "c"}};
  Bench bench(config);
  CountedOrigin block;
  block.retain();
  bench.add({{"level", "error"}}, "disk full", {1, 0}, &block);
  bench.add({{"level", "error"}}, "other", {1, 0}, &block);
  bench.add({{"level", "info"}}, "disk fine", {1, 0}, &block);
  CHECK_FALSE(bench.batcher.empty());
  bench.batcher.flush_all();
  REQUIRE(bench.pushes.size() == 1);
  CHECK(shape(*bench.pushes[0]) == R"({cluster="c", level="error"}: disk full)");
  CHECK(bench.unmatched == 2);
  CHECK(bench.taken == 3);
  CHECK(bench.batcher.empty());
  bench.pushes.clear();
  block.release();
}

TEST_CASE("a selector that is none is refused where it stands") {
  BatcherConfig config;
  config.match = "{level=}";
  config.match_place = {"promtail.yaml", 7, 12};
  REQUIRE_THROWS_WITH(Bench(config), Catch::Contains("promtail.yaml:7:12: the client's match: "));
}

config::RelabelConfig rule(config::RelabelAction action, std::vector<std::string> source, std::string regex,
                           std::string target = "", std::string replacement = "$1") {
  config::RelabelConfig rule;
  rule.action = action;
  rule.source_labels = std::move(source);
  rule.regex = std::move(regex);
  rule.target_label = std::move(target);
  rule.replacement = std::move(replacement);
  return rule;
}

TEST_CASE("a client's entries are relabelled") {
  using enum config::RelabelAction;
  BatcherConfig config;
  config.external_labels = {{"cluster", "c"}};
  config.relabel_configs = {
      rule(kDrop, {"level"}, "debug"), rule(kReplace, {"cluster", "job"}, "(.*);(.*)", "source", "$1/$2"),
      rule(kReplace, {"team"}, "(.+)", "__tenant_id__", "$1"), rule(kLabelDrop, {}, "cluster|job|team")};
  Bench bench(config);
  for (int i = 0; i < 3; ++i) {
    bench.add({{"job", "a"}, {"level", "info"}}, "1");
    bench.add({{"job", "a"}, {"level", "debug"}}, "2");
    bench.add({{"job", "b"}, {"level", "info"}, {"team", "blue"}}, "3");
  }
  bench.batcher.flush_all();
  REQUIRE(bench.pushes.size() == 2);
  CHECK(shape(*bench.pushes[0]) == R"({level="info", source="c/a"}: 1 1 1)");
  CHECK(bench.pushes[0]->tenant.empty());
  CHECK(shape(*bench.pushes[1]) == R"({level="info", source="c/b"}: 3 3 3)");
  CHECK(bench.pushes[1]->tenant == "blue");
  CHECK(bench.unmatched == 3);
}

TEST_CASE("batches are made as the client's sender has learned") {
  PushShape shape_of_pushes;
  BatcherConfig config;
  config.shape = &shape_of_pushes;
  SECTION("not larger than what Loki takes") {
    shape_of_pushes.learn_most_bytes(10, {});
    Bench bench(config);
    bench.add({}, "1234567");
    bench.add({}, "1234567");
    CHECK(bench.pushes.size() == 1);
  }
  SECTION("with lines cut where Loki would refuse them, if that is wanted") {
    config.max_line_size_truncate = true;
    Bench bench(config);
    bench.add({}, "1234567");
    shape_of_pushes.set_longest_line(3);
    bench.add({}, "1234567");
    bench.batcher.flush_all();
    CHECK(shape(*bench.pushes.at(0)) == "{}: 1234567 123");
    CHECK(bench.events == std::vector<std::string>{"mutated  line_too_long"});
  }
  SECTION("with the streams shared out, each to the same part every time") {
    shape_of_pushes.set_parts(3);
    Bench bench(config);
    std::map<StreamId, int> times;
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 30; ++i) bench.add({{"stream", std::to_string(i)}}, "x");
      bench.batcher.flush_all();
    }
    REQUIRE(bench.pushes.size() == 6);
    std::size_t entries = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      entries += bench.pushes[i]->entries;
      CHECK(bench.pushes[i]->streams.all() == bench.pushes[i + 3]->streams.all());
      for (std::size_t j = 0; j < i; ++j) {
        CHECK_FALSE(bench.pushes[i]->streams.meets(bench.pushes[j]->streams));
      }
    }
    CHECK(entries == 30);
  }
}

TEST_CASE("entries of a push can travel apart") {
  Bench bench;
  bench.add({{"s", "1"}}, "a");
  bench.add({{"s", "2"}}, "b");
  bench.add({{"s", "1"}}, "c");
  bench.batcher.flush_all();
  const Push& push = *bench.pushes.at(0);
  CHECK(push.streams.size() == 2);
  const auto [first, second] =
      partition_push(push, [](const EntryInPush& entry) { return entry.labels == R"({s="1"})"; });
  REQUIRE(first);
  CHECK(shape(*first) == R"({s="1"}: a c)");
  CHECK(shape(*second) == R"({s="2"}: b)");
  CHECK(first->streams.all() == std::vector{stream_id(R"({s="1"})")});
  CHECK(second->entries == 1);
  const auto [none, all] = partition_push(push, [](const EntryInPush&) { return false; });
  CHECK_FALSE(none);
  CHECK_FALSE(all);
}

}  // namespace
}  // namespace lokitail::agent
