#include "pipeline/held_origins.h"

#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

class CountedOrigin final : public Origin {
 public:
  explicit CountedOrigin(const void* source) : Origin(source) {}
  ~CountedOrigin() override = default;
  int settled_count = 0;

 private:
  void settled() override { ++settled_count; }
};

TEST_CASE("held origins are handed on as one", "[held_origins]") {
  int source = 0;
  CountedOrigin first(&source);
  CountedOrigin second(&source);
  HeldOrigins held;

  SECTION("none") {
    held.add(nullptr);
    CHECK(held.empty());
    CHECK(held.take().get() == nullptr);
  }
  SECTION("one is itself") {
    held.add(&first);
    held.add(&first);
    {
      const OriginReference origin = held.take();
      CHECK(origin.get() == &first);
      CHECK(held.empty());
      CHECK(first.settled_count == 0);
    }
    CHECK(first.settled_count == 1);
  }
  SECTION("several settle together, when the last reference is gone") {
    held.add(&first);
    held.add(&second);
    held.add(&first);
    OriginReference batch;
    {
      const OriginReference origin = held.take();
      CHECK(origin.get()->source() == &source);
      std::vector<Origin*> parts;
      origin.get()->for_each_part([&parts](Origin& part) { parts.push_back(&part); });
      CHECK(parts == std::vector<Origin*>{&first, &second, &first});
      batch = OriginReference(origin.get());
    }
    CHECK(first.settled_count == 0);
    CHECK(second.settled_count == 0);
    batch = OriginReference();
    CHECK(first.settled_count == 1);
    CHECK(second.settled_count == 1);
  }
  SECTION("giving up without taking") {
    held.add(&first);
    held.clear();
    CHECK(first.settled_count == 1);
  }
}

// Takes entries as a batch does: with a reference to where they came from.
class Batch final : public Sink {
 public:
  void push(Entry& entry) override { origins_.emplace_back(entry.origin); }
  void settle() { origins_.clear(); }

 private:
  std::vector<OriginReference> origins_;
};

TEST_CASE("lines put together settle together", "[held_origins][cri][multiline]") {
  const std::string_view lines[] = {
      "2025-11-07T10:30:15Z stdout P >a", "2025-11-07T10:30:15Z stdout P b",
      "2025-11-07T10:30:15Z stdout F c", "2025-11-07T10:30:15Z stdout F d"};
  SymbolTable symbols;
  config::Warnings warnings;
  CountingMetrics metrics;
  StageContext context{symbols, warnings, metrics, [] { return kReadTime; }};
  Batch batch;
  const std::string stages = GENERATE("- cri:\n", "- multiline: {firstline: '>'}\n",
                                      "- cri:\n- multiline: {firstline: '>'}\n");
  Pipeline pipeline(config::Node::parse(stages, "test.yaml"), context, batch);
  CountedOrigin origins[] = {CountedOrigin(&batch), CountedOrigin(&batch), CountedOrigin(&batch),
                             CountedOrigin(&batch)};
  for (std::size_t i = 0; i < std::size(lines); ++i) {
    const PaddedText text(lines[i]);
    const OriginReference reading(&origins[i]);
    pipeline.push(text.view(), kReadTime, {}, &origins[i]);
  }
  INFO(stages);
  for (const CountedOrigin& origin : origins) CHECK(origin.settled_count == 0);
  pipeline.drain();
  for (const CountedOrigin& origin : origins) CHECK(origin.settled_count == 0);
  batch.settle();
  for (const CountedOrigin& origin : origins) CHECK(origin.settled_count == 1);
}

}  // namespace
}  // namespace lokitail::pipeline::test
