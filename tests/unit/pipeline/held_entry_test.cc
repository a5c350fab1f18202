#include "pipeline/held_entry.h"

#include <catch2/catch.hpp>

#include <deque>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// Tells what was done to it; holds are counted apart.
class CountedOrigin final : public Origin {
 public:
  explicit CountedOrigin(const void* source) : Origin(source) {}
  ~CountedOrigin() override = default;
  Hold hold() override { return ++holds; }
  void let_go(Hold) override { --holds; }
  bool goes_on() const override { return more; }
  bool is_awaited() const override { return awaited; }
  int settled_count = 0;
  Hold holds = 0;
  bool more = false;
  bool awaited = false;

 private:
  void settled() override { ++settled_count; }
};

class HeldEntryScene {
 public:
  // An entry as it is while it is pushed.
  Entry& read(std::string_view line, Origin* origin) {
    entry_.begin(line, kReadTime, {}, origin);
    return entry_;
  }

 private:
  Entry entry_;
};

TEST_CASE("a held entry keeps all its origins unsettled until it is released", "[held_entry]") {
  int source = 0;
  CountedOrigin first(&source);
  CountedOrigin second(&source);
  HeldEntryScene scene;
  Entry entry;
  {
    OriginReference batch;
    {
      HeldEntry held(scene.read("one ", &first));
      held.line() += "two";
      held.also_from(&second);
      held.also_from(&second);
      held.also_from(nullptr);
      CHECK(first.holds == 1);
      CHECK(second.holds == 1);
      CHECK_FALSE(held.goes_on());
      second.more = true;
      CHECK(held.goes_on());
      held.restore(entry);
      CHECK_FALSE(held.has_origin());
      CHECK(entry.line == "one two");
      REQUIRE(entry.origin != nullptr);
      CHECK(entry.origin->source() == &source);
      CHECK(entry.origin->goes_on());
      batch = OriginReference(entry.origin);
    }
    CHECK(first.holds == 1);
    CHECK(second.holds == 1);
  }
  CHECK(first.holds == 0);
  CHECK(second.holds == 0);
}

TEST_CASE("a held entry lets go of its origins", "[held_entry]") {
  CountedOrigin origin(nullptr);
  HeldEntryScene scene;
  Entry entry;
  SECTION("when it is destroyed") {
    { const HeldEntry held(scene.read("a", &origin)); }
    CHECK(origin.holds == 0);
  }
  SECTION("when it is told to, and can be added to after that") {
    HeldEntry held(scene.read("a", &origin));
    held.restore(entry);
    CHECK(origin.holds == 1);
    held.release_origins();
    CHECK(origin.holds == 0);
    held.also_from(&origin);
    held.release_origins();
    CHECK(origin.holds == 0);
  }
  SECTION("when it is replaced") {
    CountedOrigin other(nullptr);
    HeldEntry held(scene.read("a", &origin));
    held = HeldEntry(scene.read("b", &other));
    CHECK(origin.holds == 0);
    CHECK(other.holds == 1);
  }
  SECTION("without any") {
    HeldEntry held(scene.read("a", nullptr));
    CHECK_FALSE(held.has_origin());
    CHECK_FALSE(held.goes_on());
    held.restore(entry);
    CHECK(entry.origin == nullptr);
    CHECK(held.take_origins().get() == nullptr);
  }
}

TEST_CASE("a held entry that is assigned to has nothing left of what it held", "[held_entry]") {
  CountedOrigin first(nullptr);
  CountedOrigin second(nullptr);
  SymbolTable symbols;
  const Symbol name = symbols.intern("name");
  const Symbol other_name = symbols.intern("other");
  HeldEntryScene scene;
  Entry& before = scene.read("a long line that was here before", &first);
  before.labels.set(name, "a value of some length, too");
  before.labels.set(other_name, "b");
  before.extracted.set(name, Value::text("extracted"));
  before.extracted.set(other_name, Value::number(7));
  HeldEntry held(before);

  Entry& after = scene.read("new", &second);
  after.labels.set(other_name, "c");
  after.extracted.set(name, Value::boolean(true));
  held.assign(after);
  CHECK(first.holds == 0);
  CHECK(second.holds == 1);
  Entry entry;
  held.restore(entry);
  CHECK(entry.line == "new");
  REQUIRE(entry.labels.size() == 1);
  CHECK(entry.labels.begin()->name == other_name);
  CHECK(entry.labels.begin()->value == "c");
  int values = 0;
  entry.extracted.for_each([&](Symbol symbol, const Value& value) {
    ++values;
    CHECK(symbol == name);
    CHECK(value.kind() == Value::Kind::kBool);
  });
  CHECK(values == 1);
}

TEST_CASE("a held entry goes on from an earlier one", "[held_entry]") {
  CountedOrigin first(nullptr);
  CountedOrigin second(nullptr);
  HeldEntryScene scene;
  HeldEntry earlier(scene.read("one ", &first));
  SECTION("of the same block") {
    HeldEntry latest(scene.read("two", &first));
    latest.continue_from(std::move(earlier));
    CHECK(latest.line() == "one two");
    CHECK(first.holds == 1);
    latest.release_origins();
    CHECK(first.holds == 0);
  }
  SECTION("of another block") {
    HeldEntry latest(scene.read("two", &second));
    latest.continue_from(std::move(earlier));
    CHECK(first.holds == 1);
    CHECK(second.holds == 1);
    const OriginReference origin = latest.take_origins();
    CHECK(first.holds == 1);
    CHECK(second.holds == 1);
  }
  SECTION("without origin") {
    HeldEntry latest(scene.read("two", nullptr));
    latest.continue_from(std::move(earlier));
    CHECK(latest.has_origin());
    CHECK(first.holds == 1);
  }
}

TEST_CASE("whoever waits for the lines of a held entry waits for it too", "[held_entry]") {
  HeldEntryScene scene;
  CountedOrigin first(&scene), second(&scene);
  first.awaited = second.awaited = true;
  HeldEntry held(scene.read("a", &first));
  held.also_from(&second);
  Entry entry;
  held.restore(entry);
  CHECK(entry.origin->is_awaited());
  second.awaited = false;
  CHECK_FALSE(entry.origin->is_awaited());
  held.release_origins();
}

// Takes entries as a batch does: with a reference to where they came from.
class Batch final : public Sink {
 public:
  void push(Entry& entry) override { origins_.emplace_back(entry.origin); }
  void settle() { origins_.clear(); }

 private:
  std::vector<OriginReference> origins_;
};

// An origin that knows of no places, and settles when nobody needs it.
class PlainOrigin final : public Origin {
 public:
  explicit PlainOrigin(const void* source) : Origin(source) {}
  ~PlainOrigin() override = default;
  int settled_count = 0;

 private:
  void settled() override { ++settled_count; }
};

// Runs three parts of one line and a whole one through stages, and looks at their blocks.
void check_blocks_settle_together(const std::string& stages, const std::vector<std::string>& lines) {
  SymbolTable symbols;
  config::Warnings warnings;
  CountingMetrics metrics;
  StageContext context{symbols, warnings, metrics, [] { return kReadTime; }};
  Batch batch;
  Pipeline pipeline(config::Node::parse(stages, "test.yaml"), context, batch);
  std::deque<PlainOrigin> origins;
  for (std::size_t i = 0; i < lines.size(); ++i) origins.emplace_back(&batch);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const PaddedText text(lines[i]);
    const OriginReference reading(&origins[i]);
    pipeline.push(text.view(), kReadTime, {}, &origins[i]);
  }
  INFO(stages);
  for (const PlainOrigin& origin : origins) CHECK(origin.settled_count == 0);
  pipeline.drain();
  for (const PlainOrigin& origin : origins) CHECK(origin.settled_count == 0);
  batch.settle();
  for (const PlainOrigin& origin : origins) CHECK(origin.settled_count == 1);
}

TEST_CASE("lines put together settle together", "[held_entry][cri][docker][multiline]") {
  const std::vector<std::string> cri = {"2025-11-07T10:30:15Z stdout P >a", "2025-11-07T10:30:15Z stdout P b",
                                        "2025-11-07T10:30:15Z stdout F c", "2025-11-07T10:30:15Z stdout F d"};
  check_blocks_settle_together("- cri:\n", cri);
  check_blocks_settle_together("- multiline: {firstline: '>'}\n", cri);
  check_blocks_settle_together("- cri:\n- multiline: {firstline: '>'}\n", cri);
  const std::vector<std::string> docker = {
      R"({"log":">a","stream":"stdout"})", R"({"log":"b","stream":"stdout"})",
      R"({"log":"c\n","stream":"stdout"})", R"({"log":"d\n","stream":"stdout"})"};
  const std::string join = "- docker: {join_partial_lines: true}\n";
  check_blocks_settle_together(join, docker);
  check_blocks_settle_together(join + "- multiline: {firstline: '>'}\n", docker);
}

}  // namespace
}  // namespace lokitail::pipeline::test
