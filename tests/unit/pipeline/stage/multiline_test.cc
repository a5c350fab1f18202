#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

Timestamp after_milliseconds(std::int64_t count) { return kReadTime.plus_nanoseconds(count * 1'000'000); }

TEST_CASE("multiline joins lines", "[stage][multiline]") {
  const struct {
    std::string what;
    std::string stage;
    Lines lines;
    Lines want;
  } rows[] = {
      {"blocks", "{firstline: ^>}", {">a", "b", "c", ">d", ">e", "f"}, {">a\nb\nc", ">d", ">e\nf"}},
      {"before the first", "{firstline: ^>}", {"a", "b", ">c", "d"}, {"a", "b", ">c\nd"}},
      {"never one", "{firstline: ^>}", {"a", "", "b"}, {"a", "", "b"}},
      {"anywhere in the line", "{firstline: X}", {"aXb", "c"}, {"aXb\nc"}},
      {"empty lines", "{firstline: ^>}", {">a", "", "b", "", ">c"}, {">a\n\nb\n", ">c"}},
      {"at most so many",
       "{firstline: ^>, max_lines: 2}",
       {">a", "b", "c", "d", "e", ">f"},
       {">a\nb", "c\nd", "e", ">f"}},
      {"one each", "{firstline: ^>, max_lines: 1}", {">a", "b", ">c"}, {">a", "b", ">c"}},
      {"no limit", "{firstline: ^>, max_lines: 0}", {">a", "b", "c"}, {">a\nb\nc"}},
      {"no limit below zero", "{firstline: ^>, max_lines: -1}", {">a", "b", "c"}, {">a\nb\nc"}},
      {"empty first lines vanish", "{firstline: ^$}", {"", "", "a", "", "b"}, {"a", "b"}},
      {"and are counted", "{firstline: '^$|^>', max_lines: 3}", {"", "", "a", "b"}, {"a", "b"}},
      {"and may pass the limit",
       "{firstline: '^$', max_lines: 2}",
       {"", "", "a", "b", "", "c", "d"},
       {"a\nb", "c", "d"}},
      {"any first line", "{firstline: ''}", {"a", "b"}, {"a", "b"}},
      {"numbers as text", "{firstline: 5, max_lines: '2', max_wait_time: 0}", {"5", "6", "7"}, {"5\n6", "7"}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(lines_of(run_pipeline("- multiline: " + row.stage, row.lines)) == row.want);
  }
}

TEST_CASE("multiline keeps 128 lines by default", "[stage][multiline]") {
  Lines lines(300, "x");
  lines[0] = ">";
  const auto entries = run_pipeline("- multiline: {firstline: ^>}", lines);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].line.size() == 2 * 128 - 1);
  CHECK(entries[2].line.size() == 2 * (300 - 256) - 1);
}

TEST_CASE("multiline takes all but the text from the first line", "[stage][multiline]") {
  PipelineRunner runner(R"(
- regex: {expression: '^>(?P<who>\w+)'}
- structured_metadata: {who: }
- multiline: {firstline: ^>, max_lines: 2}
- labels: {who: }
)");
  runner.push(">ann", nullptr, Timestamp{1, 0});
  runner.push("a", nullptr, Timestamp{2, 0});
  runner.push("b", nullptr, Timestamp{3, 0});
  runner.push(">bob", nullptr, Timestamp{4, 0});
  runner.drain();
  REQUIRE(runner.entries().size() == 3);
  const std::string who[] = {"ann", "ann", "bob"};
  const std::string line[] = {">ann\na", "b", ">bob"};
  const std::int64_t time[] = {1, 1, 4};
  for (std::size_t i = 0; i < 3; ++i) {
    const Collected& entry = runner.entries()[i];
    CHECK(entry.labels == TextMap{{"job", "t"}, {"who", who[i]}});
    CHECK(entry.line == line[i]);
    CHECK(entry.timestamp.seconds == time[i]);
    CHECK(entry.structured_metadata.empty());
  }
}

TEST_CASE("multiline has a block for each label set", "[stage][multiline]") {
  const auto entries = run_pipeline(R"(
- regex: {expression: '^(?P<s>\w):(?P<text>.*)'}
- labels: {s: }
- output: {source: text}
- multiline: {firstline: ^>}
)",
                                    {"a:>1", "b:>2", "a:x", "c:pass", "b:y", "a:>3"});
  CHECK(lines_of(entries) == Lines{"pass", ">1\nx", ">2\ny", ">3"});
}

TEST_CASE("multiline lets a block go when no line comes", "[stage][multiline]") {
  PipelineRunner runner("- multiline: {firstline: ^>, max_wait_time: 1s}");
  runner.push(">a");
  runner.tick(after_milliseconds(0));
  runner.tick(after_milliseconds(900));
  runner.push("b");
  runner.tick(after_milliseconds(1000));  // counts from here
  runner.tick(after_milliseconds(1900));
  CHECK(runner.entries().empty());
  CHECK(runner.unsettled() == 2);
  runner.tick(after_milliseconds(2000));
  CHECK(lines_of(runner.entries()) == Lines{">a\nb"});
  CHECK(runner.unsettled() == 0);
  runner.tick(after_milliseconds(5000));
  runner.push("late");
  CHECK(runner.unsettled() == 1);
  runner.tick(after_milliseconds(9000));
  runner.tick(after_milliseconds(8000));  // the clock was set back
  runner.tick(after_milliseconds(8900));
  CHECK(runner.entries().size() == 1);
  runner.tick(after_milliseconds(9000));
  CHECK(lines_of(runner.entries()) == Lines{">a\nb", "late"});
}

TEST_CASE("multiline gives up swallowed lines", "[stage][multiline]") {
  PipelineRunner runner("- multiline: {firstline: ^$, max_wait_time: 1s}");
  runner.push("");
  CHECK(runner.unsettled() == 1);
  runner.tick(after_milliseconds(0));
  runner.tick(after_milliseconds(1000));
  CHECK(runner.entries().empty());
  CHECK(runner.unsettled() == 0);
}

TEST_CASE("multiline holds no more than it has room for", "[stage][multiline]") {
  PipelineRunner runner("- multiline: {firstline: ^>, max_lines: 0}");
  const std::string line(1 << 20, 'x');
  runner.push(">");
  for (int i = 0; i < 40; ++i) runner.push(line);
  CHECK(runner.entries().size() == 2);
  CHECK(runner.unsettled() < 20);
  runner.drain();
  std::size_t count = 0;
  for (const Collected& entry : runner.entries()) {
    count += static_cast<std::size_t>(std::ranges::count(entry.line, 'x'));
  }
  CHECK(count == 40 * line.size());
  CHECK(runner.unsettled() == 0);
}

TEST_CASE("multiline forgets label sets that were not seen for long", "[stage][multiline]") {
  PipelineRunner runner(R"(
- regex: {expression: '^>?(?P<s>\d+)'}
- labels: {s: }
- multiline: {firstline: ^>, max_lines: 1}
)");
  for (int i = 0; i < 10'101; ++i) runner.push(">" + std::to_string(i));
  runner.entries().clear();
  runner.push("10100");
  runner.push("1");
  runner.drain();
  CHECK(lines_of(runner.entries()) == Lines{"10100", "1"});
  CHECK(runner.unsettled() == 0);
}

TEST_CASE("multiline refuses", "[stage][multiline]") {
  const std::string missing = "multiline stage config must define `firstline` regular expression";
  CHECK(build_error("- multiline: {}") == "test.yaml:1:14: " + missing);
  CHECK(build_error("- multiline: {max_lines: 5}") == "test.yaml:1:14: " + missing);
  CHECK(build_error("- multiline: {firstline: '(?!a)'}") ==
        "test.yaml:1:26: multiline stage: could not compile regular expression: invalid perl "
        "operator: (?!");
  CHECK_FALSE(build_error("- multiline: {firstline: a, max_wait_time: 3}").empty());
  CHECK_FALSE(build_error("- multiline: {firstline: a, max_wait_time: ''}").empty());
  CHECK_FALSE(build_error("- multiline: {firstline: a, max_lines: many}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
