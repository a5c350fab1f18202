#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

Timestamp at(double seconds) { return kReadTime.plus_nanoseconds(static_cast<std::int64_t>(seconds * 1e9)); }

// Lines read at times of their own, and what came out: each line in brackets, with its report.
class Deduped {
 public:
  explicit Deduped(const std::string& body, const std::string& before = "")
      : runner_(before + "- dedupe: " + body) {}

  void push(double seconds, const std::string& line) { runner_.push(line, nullptr, at(seconds)); }
  void push_all(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) push(0, line);
  }
  void tick(double seconds) {
    runner_.now = at(seconds);
    runner_.tick(runner_.now);
  }
  void set_clock(double seconds) { runner_.now = at(seconds); }

  std::string out() {
    std::string text;
    for (const Collected& entry : runner_.entries()) {
      text += "[" + entry.line;
      for (const auto& [name, value] : entry.structured_metadata) text += " " + name + "=" + value;
      text += "]";
    }
    runner_.entries().clear();
    return text;
  }
  PipelineRunner& runner() { return runner_; }

 private:
  PipelineRunner runner_;
};

TEST_CASE("dedupe drops repeats within a window", "[stage][dedupe]") {
  Deduped lines("{window: 10s}");
  lines.push(0, "a");
  lines.push(1, "b");
  lines.push(2, "a");
  lines.push(9.9, "a");
  CHECK(lines.out() == "[a][b]");
  lines.push(10, "a");  // the window is over, however late its latest repeat was
  lines.push(10.5, "b");
  lines.push(11, "b");
  lines.push(19, "a");
  CHECK(lines.out() == "[a][b]");
  CHECK(lines.runner().dropped() == std::map<std::string, int>{{"dedupe_stage", 4}});
  CHECK(lines.runner().unsettled() == 0);
}

TEST_CASE("dedupe takes entries out of order", "[stage][dedupe]") {
  Deduped lines("{window: 10s}");
  lines.push(0, "a");
  lines.push(-9, "a");
  CHECK(lines.out() == "[a]");
  lines.push(-10, "a");  // of another time; this window goes on from there
  lines.push(-1, "a");
  CHECK(lines.out() == "[a]");
}

TEST_CASE("dedupe tells texts apart", "[stage][dedupe]") {
  Deduped lines("{window: 1h}");
  lines.push_all({"", "", "a", "A", "a ", " a", "ab", std::string("a\0b", 3), "a"});
  CHECK(lines.out() == std::string("[][a][A][a ][ a][ab][a\0b]", 25));
  const std::string long_line(300'000, 'x');
  lines.push_all({long_line, long_line + "y", long_line, long_line.substr(1)});
  CHECK(lines.out().size() == 3 * 300'002);
}

TEST_CASE("dedupe looks within a stream", "[stage][dedupe]") {
  const std::string labels =
      "- regex: {expression: '^(?P<app>.)(?P<level>.)(?P<rest>.*)'}\n"
      "- labels: {app: , level: }\n- output: {source: rest}\n";
  const std::vector<std::string> lines = {"1ax", "1ax", "1bx", "2ax", "2bx", "1ay"};
  const struct {
    std::string body;
    std::string want;
  } rows[] = {
      {"{window: 1s}", "[x][x][x][x][y]"},
      {"{window: 1s, by: labels}", "[x][x][x][x][y]"},
      {"{window: 1s, by: [app, level]}", "[x][x][x][x][y]"},
      {"{window: 1s, by: [level]}", "[x][x][y]"},
      {"{window: 1s, by: [absent]}", "[x][y]"},
      {"{window: 1s, by: []}", "[x][y]"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    Deduped deduped(row.body, labels);
    deduped.push_all(lines);
    CHECK(deduped.out() == row.want);
  }
}

TEST_CASE("dedupe compares extracted values", "[stage][dedupe]") {
  const std::string json = "- json: {expressions: {a: , b: , id: }}\n- output: {source: id}\n";
  const std::vector<std::string> lines = {
      R"({"id":1,"a":"x","b":"y"})",
      R"({"id":2,"a":"x","b":"y"})",
      R"({"id":3,"a":"x","b":"z"})",
      R"({"id":4,"a":"xy","b":""})",
      R"({"id":5,"a":"xy"})",
      R"({"id":6,"a":"","b":"xy"})",
      R"({"id":7,"b":"xy"})",
      R"({"id":8})",
      R"({"id":9})",
      R"({"id":10,"a":1.0})",
      R"({"id":11,"a":1})",
      R"({"id":12,"a":"1"})",
  };
  Deduped one("{window: 1s, source: a}", json);
  one.push_all(lines);
  CHECK(one.out() == "[1][4][6][7][8][9][10]");
  Deduped both("{window: 1s, source: [a, b]}", json);
  both.push_all(lines);
  CHECK(both.out() == "[1][3][4][5][6][7][8][9][10]");
}

TEST_CASE("dedupe reports when the next window begins", "[stage][dedupe]") {
  Deduped lines("{window: 10s, report: true}");
  lines.push(0, "a");
  lines.push(1, "a");
  lines.push(2, "b");
  lines.push(3, "a");
  CHECK(lines.out() == "[a][b]");
  lines.push(10, "a");
  const Collected report = lines.runner().entries().at(0);
  CHECK(report.timestamp == at(3));
  CHECK(report.labels == TextMap{{"job", "t"}});
  CHECK(lines.out() == "[a repeated=2][a]");
  lines.push(12, "b");  // which had no repeats
  CHECK(lines.out() == "[b]");
  lines.push(13, "a");
  lines.push(20, "a");
  CHECK(lines.out() == "[a repeated=1][a]");
  CHECK(lines.runner().dropped() == std::map<std::string, int>{{"dedupe_stage", 3}});
}

TEST_CASE("dedupe reports when nothing comes any more", "[stage][dedupe]") {
  Deduped lines("{window: 10s, report: true}");
  lines.push(0, "a");
  CHECK_FALSE(lines.runner().unsettled());
  lines.set_clock(1);
  lines.push(1, "a");
  lines.set_clock(2);
  lines.push(2, "a");
  lines.tick(10.9);
  CHECK(lines.out() == "[a]");
  lines.tick(11);
  CHECK(lines.out() == "[a repeated=2]");
  lines.tick(99);
  CHECK(lines.out().empty());
  // The clock is set back: a window from then on.
  lines.set_clock(100);
  lines.push(100, "a");
  lines.push(100, "a");
  lines.tick(50);
  lines.tick(59.9);
  CHECK(lines.out() == "[a]");
  lines.tick(60);
  CHECK(lines.out() == "[a repeated=1]");
}

TEST_CASE("dedupe goes on in a window that was reported", "[stage][dedupe]") {
  // Entries that are read late have a clock of their own.
  Deduped lines("{window: 10s, report: true}");
  lines.push(0, "a");
  lines.push(1, "a");
  lines.tick(10);
  CHECK(lines.out() == "[a][a repeated=1]");
  lines.push(2, "a");
  lines.push(3, "a");
  CHECK(lines.out().empty());
  lines.push(10, "a");
  CHECK(lines.out() == "[a repeated=2][a]");
}

TEST_CASE("dedupe reports at the end", "[stage][dedupe]") {
  Deduped lines("{window: 10s, report: true}");
  lines.push_all({"a", "a", "b", "b", "b", "c"});
  CHECK(lines.runner().unsettled() == 0);  // no position waits for a report
  lines.runner().drain();
  CHECK(lines.out() == "[a][b][c][a repeated=1][b repeated=2]");
  CHECK(lines.runner().unsettled() == 0);
}

TEST_CASE("a report differs from the first entry in its time", "[stage][dedupe]") {
  Deduped lines("{window: 10s, report: true}");
  lines.push_all({"a", "a"});
  lines.runner().drain();
  CHECK(lines.runner().entries().at(1).timestamp == kReadTime.plus_nanoseconds(1));
}

TEST_CASE("a report has the labels and values of the first repeat", "[stage][dedupe]") {
  Deduped lines("{window: 10s, report: true, source: app, by: []}",
                "- regex: {expression: '(?P<app>.)(?P<n>.)'}\n- labels: {n: }\n"
                "- structured_metadata: {app: }\n");
  lines.push_all({"a1", "a2", "a3"});
  lines.runner().drain();
  const Collected& report = lines.runner().entries().at(1);
  CHECK(report.line == "a2");
  CHECK(report.labels == TextMap{{"job", "t"}, {"n", "2"}});
  CHECK(report.extracted == TextMap{{"app", "a"}, {"job", "t"}, {"n", "2"}});
  CHECK(report.structured_metadata == TextMap{{"repeated", "2"}});
}

TEST_CASE("dedupe forgets", "[stage][dedupe]") {
  Deduped lines("{window: 1h, max_keys: 10, report: true}");
  const auto push_others = [&](int from) {
    for (int i = from; i < from + 10; ++i) lines.push(0, std::to_string(i));
  };
  lines.push(0, "a");
  push_others(0);
  lines.push(0, "a");  // as old as it may be, and seen again
  push_others(10);
  lines.push(0, "a");
  CHECK(lines.out() == "[a][0][1][2][3][4][5][6][7][8][9][10][11][12][13][14][15][16][17][18][19]");
  push_others(20);
  push_others(30);
  CHECK_FALSE(lines.out().empty());
  lines.push(0, "a");
  lines.push(0, "a");
  CHECK(lines.out() == "[a]");
  // The report of what was forgotten is not, nor is it taken for that of the new window.
  lines.runner().drain();
  CHECK(lines.out() == "[a repeated=2][a repeated=1]");
}

TEST_CASE("dedupe bounds what waits", "[stage][dedupe]") {
  Deduped many("{window: 1h, max_keys: 3, report: true}");
  for (const char* line : {"a", "b", "c", "d"}) {
    many.push(0, line);
    many.push(0, line);
  }
  CHECK(many.out() == "[a][b][c][d][a repeated=1]");

  Deduped large("{window: 1h, report: true}");
  const std::string megabyte(1 << 20, 'x');
  for (char c = 'a'; c < 'a' + 20; ++c) {
    large.push(0, c + megabyte);
    large.push(0, c + megabyte);
  }
  std::string reported;
  for (const Collected& entry : large.runner().entries()) {
    if (!entry.structured_metadata.empty()) reported += entry.line[0];
  }
  CHECK(reported == "abcde");  // 15 and their few bytes around are below 16 MiB
  large.runner().drain();
  CHECK(large.runner().entries().size() == 40);
}

TEST_CASE("dedupe counts under the reason that is given", "[stage][dedupe]") {
  Deduped lines("{window: 1s, drop_counter_reason: again}");
  lines.push_all({"a", "a", "a"});
  CHECK(lines.runner().dropped() == std::map<std::string, int>{{"again", 2}});
}

TEST_CASE("dedupe refuses", "[stage][dedupe]") {
  const struct {
    std::string body;
    std::string want;
  } rows[] = {
      {"{}", "1:11: dedupe stage: \"window\" is required"},
      {"{window: 0s}", "1:20: expected a duration above 0, found \"0s\""},
      {"{window: -1s}", "1:20: expected a duration above 0, found \"-1s\""},
      {"{window: 10}", "1:20: expected a duration"},
      {"{window: soon}", "1:20: expected a duration"},
      {"{window: 1s, source: []}", "1:32: expected a name, or a list of names, found an empty list"},
      {"{window: 1s, source: ''}", "1:32: expected a name, or a list of names, found a string"},
      {"{window: 1s, by: app}", "1:28: expected `labels` or a list of names of labels, found \"app\""},
      {"{window: 1s, by: {a: b}}", "1:28: expected `labels` or a list of names of labels, found a mapping"},
      {"{window: 1s, by: [[]]}", "1:29: expected a name, or a list of names, found a list"},
      {"{window: 1s, max_keys: 20000000}", "1:34: expected a number of keys from 1 to 10000000"},
      {"{window: 1s, report: perhaps}", "1:32: expected true or false, found \"perhaps\""},
      {"{windows: 1s}", "1:11: dedupe stage: \"window\" is required"},
      {"{window: 1s, sources: a}", "1:24: dedupe stage: unknown key \"sources\" (did you mean \"source\"?)"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    CHECK_THAT(build_error("- dedupe: " + row.body), Catch::StartsWith("test.yaml:" + row.want));
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
