#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

const std::string kTime = "2025-11-07T10:30:15.5Z";
const Timestamp kParsedTime{1762511415, 500'000'000};

std::string cri(const std::string& flags, const std::string& text, const std::string& stream = "stdout") {
  return kTime + " " + stream + " " + flags + " " + text;
}

TEST_CASE("cri unpacks lines", "[stage][cri]") {
  const TextMap target = {{"job", "t"}};
  const TextMap on_stdout = {{"job", "t"}, {"stream", "stdout"}};
  const struct {
    std::string what;
    std::string line;
    TextMap labels;
    std::string want;
    Timestamp time;
  } rows[] = {
      {"plain", cri("F", "hello world"), on_stdout, "hello world", kParsedTime},
      {"stderr", cri("F", "x", "stderr"), {{"job", "t"}, {"stream", "stderr"}}, "x", kParsedTime},
      {"empty text", cri("F", ""), on_stdout, "", kParsedTime},
      {"blank text", cri("F", "  "), on_stdout, "  ", kParsedTime},
      {"newline in the text", cri("F", "a\nb\r"), on_stdout, "a\nb\r", kParsedTime},
      {"more flags", cri("P:x", "a"), on_stdout, "a", kParsedTime},
      {"bytes that are no UTF-8", cri("\xFF", "\xFF"), on_stdout, "\xFF", kParsedTime},
      {"bad time", "yesterday stdout F a", on_stdout, "a", kReadTime},
      {"no text", kTime + " stdout F", target, kTime + " stdout F", kReadTime},
      {"other stream", cri("F", "a", "console"), target, cri("F", "a", "console"), kReadTime},
      {"two spaces", kTime + "  stdout F a", target, kTime + "  stdout F a", kReadTime},
      {"space in front", " " + cri("F", "a"), target, " " + cri("F", "a"), kReadTime},
      {"tab in the flags", cri("F\t", "a"), target, cri("F\t", "a"), kReadTime},
      {"tab between", kTime + "\tstdout F a", target, kTime + "\tstdout F a", kReadTime},
      {"empty line", "", target, "", kReadTime},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline("- cri:", {row.line});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].labels == row.labels);
    CHECK(entries[0].line == row.want);
    CHECK(entries[0].timestamp == row.time);
  }
}

TEST_CASE("cri joins partial lines", "[stage][cri]") {
  const struct {
    std::string what;
    std::string stage;
    Lines lines;
    Lines want;
  } rows[] = {
      {"two", "- cri:", {cri("P", "a"), cri("F", "b"), cri("F", "c")}, {"ab", "c"}},
      {"many", "- cri: {}", {cri("P", "a"), cri("P", "b"), cri("P", "c"), cri("F", "d")}, {"abcd"}},
      {"two streams",
       "- cri:",
       {cri("P", "a"), cri("P", "x", "stderr"), cri("F", "b"), cri("F", "y", "stderr")},
       {"ab", "xy"}},
      {"other lines between", "- cri:", {cri("P", "a"), "no cri", cri("F", "b")}, {"no cri", "ab"}},
      {"one at a time",
       "- cri: {max_partial_lines: 1}",
       {cri("P", "a"), cri("P", "b"), cri("F", "c")},
       {"a", "bc"}},
      {"below one",
       "- cri: {max_partial_lines: -5}",
       {cri("P", "a"), cri("P", "b"), cri("F", "c")},
       {"a", "bc"}},
      {"zero is the default",
       "- cri: {max_partial_lines: 0}",
       {cri("P", "a"), cri("P", "b"), cri("F", "c")},
       {"abc"}},
      {"cut",
       "- cri: {max_partial_line_size: 3, max_partial_line_size_truncate: true}",
       {cri("P", "ab"), cri("P", "cd"), cri("F", "ef"), cri("F", "whole")},
       {"abc", "whole"}},
      {"cut to nothing",
       "- cri: {max_partial_line_size_truncate: 'true'}",
       {cri("P", "ab"), cri("F", "cd")},
       {""}},
      {"not cut", "- cri: {max_partial_line_size: 3}", {cri("P", "ab"), cri("F", "cd")}, {"abcd"}},
      {"without an end it is not sent", "- cri:", {cri("F", "a"), cri("P", "b"), cri("P", "c")}, {"a"}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(lines_of(run_pipeline(row.stage, row.lines)) == row.want);
  }
}

TEST_CASE("cri gives a joined line the time and values of its last part", "[stage][cri]") {
  const auto entries = run_pipeline("- cri:", {cri("P", "a"), "2025-11-07T10:30:16Z stdout F b"});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].timestamp == Timestamp{1762511416, 0});
  CHECK(entries[0].extracted.at("content") == "b");
  CHECK(entries[0].extracted.at("flags") == "F");
}

TEST_CASE("cri takes over what stands under its names already", "[stage][cri]") {
  const auto with_tags = run_pipeline("- cri:", {cri("F", "a")}, {{"tags", "surprise"}});
  CHECK(with_tags[0].line == "surprise");
  const auto with_stream =
      run_pipeline("- regex: {expression: '(?P<stream>x+)(?P<content>y+)'}\n- cri:", {"xxyy"});
  CHECK(with_stream[0].line == "yy");
  CHECK(with_stream[0].labels == TextMap{{"job", "t"}, {"stream", "xx"}});
}

TEST_CASE("cri fudges the time of a line without one", "[stage][cri]") {
  const auto entries = run_pipeline("- cri:", {cri("F", "a"), "bad stdout F b"});
  CHECK(entries[1].timestamp == kParsedTime.plus_nanoseconds(1));
}

TEST_CASE("cri keeps the lines that it holds unsettled", "[stage][cri]") {
  PipelineRunner runner("- cri:");
  runner.push(cri("P", "a"));
  runner.push(cri("P", "b"));
  runner.push(cri("F", "other", "stderr"));
  CHECK(runner.unsettled() == 2);
  runner.tick(kReadTime.plus_seconds(3600));
  CHECK(runner.unsettled() == 2);
  runner.push(cri("F", "c"));
  CHECK(runner.unsettled() == 0);
  // What has no end yet is read again after a restart, rather than sent in two pieces.
  runner.push(cri("P", "d"));
  runner.drain();
  CHECK(runner.unsettled() == 1);
  CHECK(lines_of(runner.entries()) == Lines{"other", "abc"});
}

TEST_CASE("cri joins the parts of one log only", "[stage][cri]") {
  const int a = 0, b = 0;
  PipelineRunner runner("- cri:");
  runner.push(cri("P", "a1 "), &a);
  runner.push(cri("P", "b1 "), &b);
  runner.push(cri("F", "a2"), &a);
  runner.push(cri("F", "b2"), &b);
  CHECK(lines_of(runner.entries()) == Lines{"a1 a2", "b1 b2"});
}

TEST_CASE("cri hands on a line whose end does not come", "[stage][cri]") {
  PipelineRunner runner("- cri:");
  const auto tick = [&](std::int64_t seconds) { runner.tick(kReadTime.plus_seconds(seconds)); };
  runner.log_goes_on(true);
  runner.push(cri("P", "a"));
  tick(0);
  tick(299);
  runner.push(cri("P", "b"));
  tick(300);
  tick(1000);  // the log goes on
  runner.log_goes_on(false);
  tick(500);
  CHECK(runner.entries().empty());
  tick(800);
  CHECK(lines_of(runner.entries()) == Lines{"ab"});
  CHECK(runner.unsettled() == 0);
  runner.push(cri("F", "c"));
  CHECK(lines_of(runner.entries()) == Lines{"ab", "c"});
}

TEST_CASE("cri hands on what nobody can read again", "[stage][cri]") {
  PipelineRunner runner("- cri:");
  runner.push_without_origin(cri("P", "a"));
  runner.drain();
  CHECK(lines_of(runner.entries()) == Lines{"a"});
}

TEST_CASE("cri holds no more than it has room for", "[stage][cri]") {
  PipelineRunner runner("- cri:");
  const std::string part(1 << 20, 'x');
  for (int i = 0; i < 40; ++i) runner.push(cri("P", part));
  REQUIRE_FALSE(runner.entries().empty());
  runner.push(cri("F", ""));
  std::size_t bytes = 0;
  for (const Collected& entry : runner.entries()) bytes += entry.line.size();
  CHECK(bytes == 40 * part.size());
}

TEST_CASE("cri refuses", "[stage][cri]") {
  CHECK(build_error("- cri: 5") == "test.yaml:1:8: cri stage: expected a mapping, found a number");
  CHECK_FALSE(build_error("- cri: {max_partial_line_size: 1kb}").empty());
  CHECK_FALSE(build_error("- cri: {max_partial_lines: many}").empty());
  CHECK(build_error("- cri: {max_partial_line_size: -1}").empty());
  CHECK(build_error("- cri: {max_partial_line_size: -1, max_partial_line_size_truncate: true}") ==
        "test.yaml:1:32: max_partial_line_size must not be negative");
}

}  // namespace
}  // namespace lokitail::pipeline::test
