#include "agent/source/received/received_source.h"

#include <catch2/catch.hpp>

#include <atomic>

#include "tests/unit/agent/source/received/received_scene.h"

namespace lokitail::agent {
namespace {

using namespace test;

std::unique_ptr<ReceivedBlock> block_of(const ReceivedBlock::Pairs& labels,
                                        const std::vector<std::string>& lines) {
  auto block = std::make_unique<ReceivedBlock>();
  block->begin_group(labels);
  for (const std::string& line : lines) block->add(line, std::nullopt);
  return block;
}

ReceivedSource::Spec spec_of(const config::LabelMap& labels) {
  ReceivedSource::Spec spec;
  spec.job = "job";
  spec.labels = labels;
  return spec;
}

config::RelabelConfig copy_label(const std::string& from, const std::string& to) {
  config::RelabelConfig rule;
  rule.source_labels = {from};
  rule.target_label = to;
  return rule;
}

TEST_CASE("what is received comes out with its labels, times and metadata", "[received]") {
  ReceivedScene scene;
  auto spec = spec_of({{"job", "a"}, {"host", "fixed"}});
  spec.relabel_configs = {copy_label("__from", "from")};
  const auto source = std::make_shared<ReceivedSource>(scene.control, *scene.worker, spec);
  scene.worker->add(source);

  auto block = std::make_unique<ReceivedBlock>();
  block->begin_group({{"__from", "x"}, {"host", "theirs"}});
  block->add("with a time", pipeline::Timestamp{1'700'000'000, 7}, {{"trace", "t1"}});
  block->add("without", std::nullopt);
  block->begin_group({{"__from", "y"}});
  block->add("other", std::nullopt);
  source->offer(std::move(block));

  REQUIRE(scene.wait_entries(3));
  auto entries = scene.entries();
  std::ranges::sort(entries);
  CHECK(entries == std::vector<std::string>{R"({from="x", host="fixed", job="a"} with a time)",
                                            R"({from="x", host="fixed", job="a"} without)",
                                            R"({from="y", host="fixed", job="a"} other)"});
  for (const PushStream& stream : scene.streams()) {
    for (const PushEntry& entry : stream.entries) {
      if (entry.line == "with a time") {
        CHECK(entry.timestamp == pipeline::Timestamp{1'700'000'000, 7});
        CHECK(entry.structured_metadata == std::vector<LabelPair>{{"trace", "t1"}});
      } else {
        CHECK(entry.timestamp.seconds > 1'700'000'000);
        CHECK(entry.structured_metadata.empty());
      }
    }
  }
}

TEST_CASE("each block is reported when it is settled, on the control thread", "[received]") {
  ReceivedScene scene;
  const auto source = std::make_shared<ReceivedSource>(scene.control, *scene.worker, spec_of({{"a", "b"}}));
  scene.worker->add(source);
  int settled = 0;
  source->offer(block_of({}, {"1", "2"}), [&] { ++settled; });
  REQUIRE(scene.wait_entries(2));
  source->offer(block_of({}, {"3"}), [&] { ++settled; });
  REQUIRE(scene.wait_entries(3));
  scene.control.poll();
  CHECK(settled == 0);
  scene.settle();
  CHECK(scene.run_until([&] { return settled == 2; }));
}

TEST_CASE("a block of which nothing is left is settled at once", "[received]") {
  ReceivedScene scene;
  auto spec = spec_of({{"__only", "hidden"}});
  config::RelabelConfig drops;
  drops.action = config::RelabelAction::kDrop;
  drops.source_labels = {"level"};
  drops.regex = "debug";
  spec.relabel_configs = {drops};
  std::atomic<std::size_t> by_rule = 0;
  std::atomic<std::size_t> without = 0;
  const auto source = std::make_shared<ReceivedSource>(
      scene.control, *scene.worker, spec, [&](ReceivedSource::Dropped why, std::size_t entries) {
        (why == ReceivedSource::Dropped::kByRule ? by_rule : without) += entries;
      });
  scene.worker->add(source);
  int settled = 0;
  source->offer(block_of({{"level", "debug"}}, {"1", "2"}), [&] { ++settled; });
  source->offer(block_of({}, {"3"}), [&] { ++settled; });
  CHECK(scene.run_until([&] { return settled == 2; }));
  CHECK(by_rule == 2);
  CHECK(without == 1);
  CHECK(scene.entries().empty());
}

TEST_CASE("a source that is full says when there is room again", "[received]") {
  ReceivedScene scene("- limit: {rate: 0.001, burst: 1}");
  const auto source = std::make_shared<ReceivedSource>(scene.control, *scene.worker, spec_of({{"a", "b"}}));
  scene.worker->add(source);
  bool room = false;
  source->when_room([&] { room = true; });
  CHECK(scene.run_until([&] { return room; }));

  const std::string large(ReceivedSource::kMostWaitingBytes, 'x');
  source->offer(block_of({}, {large, "behind it"}));
  REQUIRE(scene.wait_entries(1));  // the limit lets one through; the block is not done
  CHECK_FALSE(source->has_room());
  room = false;
  source->when_room([&] { room = true; });
  scene.control.restart();
  scene.control.poll();
  CHECK_FALSE(room);
  // At the end nothing waits for a turn.
  source->offer(block_of({}, {"last"}));
  source->finish();
  REQUIRE(scene.drain());
  CHECK(scene.entries().size() == 3);
  CHECK(scene.run_until([&] { return room; }));
}

}  // namespace
}  // namespace lokitail::agent
