#include "agent/source/docker/container_lines.h"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "agent/source/block.h"
#include "agent/telemetry/metrics.h"
#include "pipeline/stage.h"

namespace lokitail::agent {
namespace {

// What comes out, "stream nanoseconds line", and up to where the file is settled.
class Out final : public pipeline::Sink {
 public:
  void push(pipeline::Entry& entry) override {
    std::string labels;
    for (const auto& label : entry.labels) labels += std::string(label.value) + " ";
    entries.push_back(labels + std::to_string(entry.timestamp.nanoseconds) + " " + std::string(entry.line));
  }
  std::vector<std::string> entries;
};

struct LinesScene final : BlockLedger::Owner {
  void settled(std::uint64_t to) override { settled_to = to; }

  explicit LinesScene(const LogPosition& read = {}, bool with_stderr = true)
      : lines({config::LabelMap{{"s", "out"}},
               with_stderr ? std::optional(config::LabelMap{{"s", "err"}}) : std::nullopt},
              read,
              {metrics.counter_of("entries", "e"), metrics.counter_of("errors", "e"),
               metrics.counter_of("dropped", "d")}) {
    pipeline::StageContext context{symbols, warnings, metrics, [] { return pipeline::Timestamp{}; }};
    pipeline.emplace(config::Node::parse("", "test.yaml"), context, out);
    lines.attach(symbols);
  }
  ~LinesScene() { lines.forget(); }

  // A line of the file, with its newline; returns the offset behind it.
  std::uint64_t push(std::string line) {
    const std::uint64_t begin = offset;
    offset += line.size() + 1;
    line.resize(line.size() + pipeline::kTextPadding);
    const pipeline::OriginReference origin(ledger.open(offset));
    ledger.begin_line(begin);
    lines.push({line.data(), line.size() - pipeline::kTextPadding}, {5, 5}, *pipeline, origin.get());
    return offset;
  }
  std::uint64_t push(const std::string& text, int nanoseconds, const std::string& stream = "stdout") {
    return push(fmt::format(R"({{"log":"{}","stream":"{}","time":"2026-11-23T09:40:38.{:09}Z"}})", text,
                            stream, nanoseconds));
  }

  Metrics metrics;
  config::Warnings warnings;
  pipeline::SymbolTable symbols;
  Out out;
  std::uint64_t offset = 0;
  std::uint64_t settled_to = 0;
  BlockLedger ledger{this, 0, this};
  ContainerLines lines;
  std::optional<pipeline::Pipeline> pipeline;
};

using Entries = std::vector<std::string>;

TEST_CASE("records become entries with Docker's time, without their newline", "[docker]") {
  LinesScene scene;
  scene.push("a \\\"b\\\"\\n", 1);
  scene.push("\\n", 2, "stderr");
  scene.push("cr\\r\\n", 3);
  scene.push("the last", 4);
  CHECK(scene.out.entries == Entries{"out 1 a \"b\"", "err 2 ", "out 3 cr", "out 4 the last"});
  CHECK(scene.settled_to == scene.offset);
}

TEST_CASE("pieces of a line are joined, each stream for itself, and settle together", "[docker]") {
  const std::string piece(LineJoiner::kPieceBytes, 'x');
  LinesScene scene;
  const std::uint64_t before = scene.push("before\\n", 1);
  scene.push(piece, 2);
  scene.push(piece, 3, "stderr");
  scene.push("between\\n", 4, "stdin");  // a line of another time ends what was held
  CHECK(scene.out.entries == Entries{"out 1 before", "out 2 " + piece, "out 4 between"});
  CHECK(scene.settled_to > before);
  const std::uint64_t held = scene.settled_to;
  scene.push("end\\n", 3, "stderr");
  CHECK(scene.out.entries.back() == "err 3 " + piece + "end");
  CHECK(scene.settled_to == scene.offset);
  CHECK(held < scene.offset);

  scene.push(piece, 9);
  CHECK(scene.settled_to < scene.offset);
  scene.lines.flush(*scene.pipeline);
  CHECK(scene.out.entries.back() == "out 9 " + piece);
  CHECK(scene.settled_to == scene.offset);
}

TEST_CASE("a line that is no record goes on as it is, and is counted", "[docker]") {
  LinesScene scene;
  scene.push(std::string("not json"));
  scene.push(R"({"log":1,"stream":"stdout","time":"2026-11-23T09:40:38Z"})");
  scene.push(R"({"log":"x\n","stream":"stdout","time":"yesterday"})");
  CHECK(scene.out.entries[0] == "out 5 not json");
  CHECK(scene.out.entries.size() == 3);
  CHECK(scene.metrics.counter_of("errors", "e").Value() == 3);
}

TEST_CASE("what was read before is passed over, and what rules drop is counted", "[docker]") {
  LogPosition read;
  const std::int64_t second = 1'795'426'838;  // 2026-11-23T09:40:38Z
  read.passed(LogStream::kStdout, {second, 2});
  LinesScene scene(read, false);
  scene.push("1\\n", 1);
  scene.push("2\\n", 2);
  scene.push("3\\n", 2);
  scene.push("e\\n", 1, "stderr");
  CHECK(scene.out.entries == Entries{"out 2 3"});
  CHECK(scene.settled_to == scene.offset);
  CHECK(scene.metrics.counter_of("dropped", "d").Value() == 1);
}

}  // namespace
}  // namespace lokitail::agent
