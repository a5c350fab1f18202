// Kafka, from the cluster that librdkafka can mock.
#include "tests/support/page.h"
#include "tests/support/pipe.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/process.h"

using namespace lokitail::test;

namespace {

#ifdef LOKITAIL_KAFKA_MOCK
constexpr const char* kMock = LOKITAIL_KAFKA_MOCK;
#else
constexpr const char* kMock = nullptr;
#endif

constexpr int kCoordinatorLoading = 14;  // what brokers answer
constexpr int kOffsetCommit = 8;         // a kind of request

class KafkaMock {
 public:
  explicit KafkaMock(const std::filesystem::path& folder)
      : out_(folder / "kafka_mock.out"), process_(Command{{kMock}, {}, {}, out_, out_, input_.read_end()}) {
    REQUIRE(eventually([&] { return !answers().empty(); }));
    address_ = answers().front();
  }

  const std::string& address() const { return address_; }

  void command(const std::string& text) {
    const std::size_t before = answers().size();
    input_.write(text + "\n");
    REQUIRE(eventually([&] { return answers().size() > before; }));
    REQUIRE(answers().back() == "ok");
  }
  void topic(const std::string& name, int partitions) {
    command(fmt::format("topic {} {}", name, partitions));
  }
  // Messages "TOPIC-PARTITION-NUMBER".
  void produce(const std::string& topic, int partition, int first, int count, const std::string& key = "-") {
    command(fmt::format("produce {} {} {} {} {}", topic, partition, first, count, key));
  }

 private:
  // Its complete lines.
  std::vector<std::string> answers() const {
    std::vector<std::string> lines;
    std::istringstream text(read_file(out_));
    for (std::string line; std::getline(text, line) && !text.eof();) lines.push_back(line);
    return lines;
  }

  const std::filesystem::path out_;
  Pipe input_;
  Process process_;
  std::string address_;
};

constexpr const char* kRules = R"(  relabel_configs:
  - {source_labels: [__meta_kafka_topic], target_label: topic}
  - {source_labels: [__meta_kafka_partition], target_label: partition}
)";

struct KafkaScene : Scene {
  KafkaMock kafka{directory.path()};

  explicit KafkaScene(const std::string& topics = "[logs]", const std::string& keys = "",
                      const std::string& rules = kRules) {
    agent.jobs = {job_of(topics, keys, rules)};
  }
  std::string job_of(const std::string& topics, const std::string& keys = "",
                     const std::string& rules = kRules) {
    return fmt::format(
        "- job_name: kafka\n  kafka:\n    brokers: ['{}']\n    topics: {}\n    labels: {{job: kafka}}\n{}{}",
        kafka.address(), topics, keys, rules);
  }
  std::multiset<std::string> lines() const {
    const auto all = loki.lines();
    return {all.begin(), all.end()};
  }
  // Each line once.
  void require_once(const std::string& topic, int partition, int count) const {
    const auto all = lines();
    for (int i = 0; i < count; ++i) {
      const std::string line = fmt::format("{}-{}-{}", topic, partition, i);
      INFO(line);
      REQUIRE(all.count(line) == 1);
    }
  }
};

bool no_kafka() {
  if (kMock != nullptr) return false;
  skip("librdkafka-dev is not installed");
  return true;
}

}  // namespace

TEST_CASE("kafka: topics from their beginning, with labels and times") {
  if (no_kafka()) return;
  KafkaScene scene("[logs, other]", "    use_incoming_timestamp: true\n    group_id: g\n",
                   std::string(kRules) +
                       "  - {source_labels: [__meta_kafka_message_key], target_label: key}\n"
                       "  - {source_labels: [__meta_kafka_group_id], target_label: group}\n"
                       "  - {source_labels: [__meta_kafka_member_id], target_label: member}\n");
  scene.kafka.topic("logs", 2);
  scene.kafka.topic("other", 1);
  scene.kafka.produce("logs", 0, 0, 100, "k");
  scene.kafka.produce("logs", 1, 0, 100);
  scene.kafka.command("message other 0 1700000000123 the text of it");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(201));
  scene.require_once("logs", 0, 100);
  scene.require_once("logs", 1, 100);
  for (const Arrival& arrival : scene.loki.stored()) {
    INFO(arrival.labels << arrival.line);
    CHECK(arrival.labels.find(R"(group="g", job="kafka")") != std::string::npos);
    CHECK(arrival.labels.find(R"(member="0x)") != std::string::npos);
    CHECK(arrival.labels.find("__") == std::string::npos);
    const bool keyed = arrival.line.starts_with("logs-0");
    CHECK(arrival.labels.find(keyed ? R"(key="k")" : R"(key="none")") != std::string::npos);
    if (arrival.line.starts_with("logs-1")) {
      CHECK(arrival.labels.find(R"(partition="1", topic="logs")") != std::string::npos);
    }
    if (arrival.line == "the text of it") CHECK(arrival.timestamp == 1'700'000'000'123'000'000);
  }
  CHECK(scene.agent.wait_ready());
  CHECK(scene.agent.metric("lokitail_kafka_messages_total") == 201);
  CHECK(scene.agent.metric("lokitail_kafka_assigned_partitions") == 3);
  CHECK(scene.agent.metric("lokitail_kafka_lag_messages", R"(partition="0",topic="logs")") == 0);
  // A row for each partition, with the offset up to where all is committed.
  const auto targets = [&] { return scene.agent.get("/api/v1/targets?job=kafka").body; };
  REQUIRE(eventually([&] {
    return targets().find(R"("part":"logs/1","cursor":"100","lag_messages":0)") != std::string::npos;
  }));
  CHECK(targets().find(R"("part":"other/0","cursor":"1",)") != std::string::npos);
  CHECK(targets().find(R"("lines":201,"lines_per_second":)") != std::string::npos);
  scene.agent.stop();
}

TEST_CASE("kafka: after a clean stop nothing is missing and nothing comes twice") {
  if (no_kafka()) return;
  KafkaScene scene;
  scene.kafka.topic("logs", 3);
  scene.kafka.produce("logs", 0, 0, 500);
  scene.kafka.produce("logs", 1, 0, 500);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(500));
  scene.agent.stop();
  scene.kafka.produce("logs", 1, 500, 500);
  scene.kafka.produce("logs", 2, 0, 500);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2000));
  scene.agent.stop();
  scene.kafka.produce("logs", 0, 500, 1);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2001));
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == 2001);
  scene.require_once("logs", 0, 501);
  scene.require_once("logs", 1, 1000);
  scene.require_once("logs", 2, 500);
}

TEST_CASE("kafka: kill -9 loses nothing") {
  if (no_kafka()) return;
  KafkaScene scene;
  constexpr int kMessages = 20'000;
  scene.kafka.topic("logs", 2);
  scene.kafka.produce("logs", 0, 0, kMessages);
  scene.kafka.produce("logs", 1, 0, kMessages);
  Reply slow = Reply::ok();
  slow.delay = 20ms;
  scene.loki.answer(slow);
  scene.agent.clients = {client(scene.loki.url(), "batchsize: 20000, batchwait: 10ms")};
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(3000));
  scene.agent.kill();
  const std::size_t at_kill = scene.loki.stored_count();
  scene.loki.answer(Reply::ok());
  scene.agent.start();
  const auto all_there = [&] {
    const auto all = scene.loki.lines();
    return std::set<std::string>(all.begin(), all.end()).size() == 2 * kMessages;
  };
  REQUIRE(eventually(all_there, 60s, 200ms));
  scene.agent.stop();
  WARN("killed after " << at_kill << " of " << 2 * kMessages
                       << "; repeated: " << scene.loki.stored_count() - 2 * kMessages);
}

TEST_CASE("kafka: while Loki is down the partitions wait, and a kill then loses nothing") {
  if (no_kafka()) return;
  KafkaScene scene;
  constexpr int kMessages = 30'000;
  scene.kafka.topic("logs", 1);
  scene.agent.server_keys = "log_level: debug";
  scene.agent.top_level = "limits_config: {max_bytes_in_flight: 20KB}\nspool: {mode: 'off'}\n";
  scene.agent.clients = {client(scene.loki.url(), "batchsize: 20000")};
  scene.loki.answer(Reply::refuse(503));
  scene.agent.start();
  REQUIRE(scene.agent.wait_ready());
  scene.kafka.produce("logs", 0, 0, kMessages);
  // The job has no room for more, long enough for a pause.
  REQUIRE(eventually([&] { return scene.agent.log().find("kafka partitions paused") != std::string::npos; }));
  CHECK(scene.agent.metric("lokitail_kafka_messages_total") < kMessages);
  SECTION("Loki comes back") { scene.loki.answer(Reply::ok()); }
  SECTION("killed, and then Loki comes back") {
    scene.agent.kill();
    scene.loki.answer(Reply::ok());
    scene.agent.start();
  }
  // Nothing was committed that was not delivered.
  REQUIRE(scene.loki.wait_stored(kMessages, 60s));
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == kMessages);
  scene.require_once("logs", 0, kMessages);
}

TEST_CASE("kafka: two agents share a group, and hand over without a repeat") {
  if (no_kafka()) return;
  const std::string assignor = GENERATE("range", "sticky");
  KafkaScene scene("[logs]", "    assignor: " + assignor + "\n");
  Agent second(scene.directory / "second");
  second.clients = scene.agent.clients;
  second.jobs = scene.agent.jobs;
  const auto assigned = [](const Agent& agent) { return agent.metric("lokitail_kafka_assigned_partitions"); };
  constexpr int kPartitions = 4;
  scene.kafka.topic("logs", kPartitions);
  const auto produce = [&](int first) {
    for (int partition = 0; partition < kPartitions; ++partition)
      scene.kafka.produce("logs", partition, first, 500);
  };
  // The mock refuses commits as soon as a member comes or goes, which a broker does not.
  const auto committed = [](const Agent& agent) {
    return eventually([&] { return agent.metric("lokitail_kafka_uncommitted_messages") == 0; });
  };
  produce(0);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2000));
  REQUIRE(committed(scene.agent));
  second.start();
  REQUIRE(eventually([&] { return assigned(scene.agent) == 2 && assigned(second) == 2; }, 60s));
  produce(500);
  REQUIRE(scene.loki.wait_stored(4000));
  CHECK(second.metric("lokitail_kafka_messages_total") == 1000);
  REQUIRE((committed(scene.agent) && committed(second)));
  scene.agent.stop();
  REQUIRE(eventually([&] { return assigned(second) == kPartitions; }, 60s));
  produce(1000);
  REQUIRE(scene.loki.wait_stored(6000));
  second.stop();
  CHECK(scene.loki.stored_count() == 6000);
  for (int partition = 0; partition < kPartitions; ++partition) scene.require_once("logs", partition, 1500);
}

TEST_CASE("kafka: topics by expression, those of later, too") {
  if (no_kafka()) return;
  KafkaScene scene(R"(['^app-\d+$'])");
  scene.kafka.topic("apps", 1);
  scene.kafka.produce("apps", 0, 0, 10);
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.agent.log().find("no topic matches") != std::string::npos; }));
  scene.kafka.topic("app-1", 1);
  scene.kafka.produce("app-1", 0, 0, 10);
  REQUIRE(scene.loki.wait_stored(10));
  scene.kafka.topic("app-22", 2);
  scene.kafka.produce("app-22", 1, 0, 10);
  REQUIRE(scene.loki.wait_stored(20, 90s));
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == 20);
  scene.require_once("app-1", 0, 10);
  scene.require_once("app-22", 1, 10);
}

TEST_CASE("kafka: a broker that is away, and commits that fail, are told and overcome") {
  if (no_kafka()) return;
  KafkaScene scene;
  scene.kafka.topic("logs", 1);
  scene.kafka.produce("logs", 0, 0, 100);
  scene.kafka.command("down");
  scene.agent.start();
  REQUIRE(eventually(
      [&] { return scene.agent.metric("lokitail_kafka_errors_total", R"(error="_TRANSPORT")") > 0; }, 60s));
  CHECK(scene.agent.log().find("level=warn") != std::string::npos);
  CHECK(scene.agent.get("/ready").status == 500);
  scene.kafka.command(fmt::format("fail {} {} 3", kOffsetCommit, kCoordinatorLoading));
  scene.kafka.command("up");
  REQUIRE(scene.loki.wait_stored(100, 60s));
  CHECK(scene.agent.wait_ready());
  scene.agent.stop();
  scene.kafka.produce("logs", 0, 100, 100);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(200));
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == 200);
  scene.require_once("logs", 0, 200);
}

TEST_CASE("kafka: what relabelling drops is committed, and what has no label") {
  if (no_kafka()) return;
  KafkaScene scene("[logs]", "", R"(  relabel_configs:
  - {action: drop, source_labels: [__meta_kafka_message_key], regex: noise}
)");
  scene.kafka.topic("logs", 1);
  scene.kafka.produce("logs", 0, 0, 50, "noise");
  scene.kafka.produce("logs", 0, 50, 1, "signal");
  scene.kafka.produce("logs", 0, 51, 50, "noise");
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.agent.metric("lokitail_received_dropped_entries_total") == 100; }));
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
  scene.kafka.produce("logs", 0, 101, 1, "signal");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  CHECK(scene.agent.metric("lokitail_kafka_messages_total") == 1);
  scene.agent.stop();
}

TEST_CASE("kafka: a dry run commits nothing") {
  if (no_kafka()) return;
  KafkaScene scene;
  scene.kafka.topic("logs", 1);
  scene.kafka.produce("logs", 0, 0, 20);
  scene.agent.arguments = {"-dry-run"};
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.agent.log().find("logs-0-19") != std::string::npos; }));
  scene.agent.stop();
  scene.agent.arguments = {};
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(20));
  scene.agent.stop();
}

TEST_CASE("kafka: without librdkafka a job with Kafka is an error at the start") {
  if (no_kafka()) return;
  KafkaScene scene;
  write_file(scene.directory / "librdkafka.so.1", "");
  scene.agent.environment = {{"LD_LIBRARY_PATH", scene.directory.path().string()}};
  scene.agent.launch();
  CHECK(scene.agent.process().wait(10s) != 0);
  CHECK(scene.agent.log().find("kafka: librdkafka is needed") != std::string::npos);
}

TEST_CASE("kafka: the job of the page") {
  if (no_kafka()) return;
  KafkaScene scene;
  scene.agent.jobs = {job_of_page("sources/kafka.md", "kafka-1:9092", "'" + scene.kafka.address() + "'")};
  scene.kafka.topic("audit", 1);
  scene.kafka.topic("app-7", 1);
  scene.kafka.topic("app-x", 1);
  for (const char* const topic : {"audit", "app-7", "app-x"}) scene.kafka.produce(topic, 0, 0, 1);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  for (const Arrival& arrival : scene.loki.stored()) {
    const std::string topic = arrival.line.starts_with("audit") ? "audit" : "app-7";
    CHECK(arrival.labels == fmt::format(R"({{job="kafka", partition="0", topic="{}"}})", topic));
  }
  scene.agent.stop();
}
