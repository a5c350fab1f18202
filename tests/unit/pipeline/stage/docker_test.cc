#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

const Timestamp kFirst{1762511415, 123456789};  // 2025-11-07T10:30:15.123456789Z
const std::string kFirstText = "2025-11-07T10:30:15.123456789Z";

// A record as Docker writes it; `log` as JSON text.
std::string record(const std::string& log, const std::string& stream = "stdout",
                   const std::string& time = kFirstText) {
  return R"({"log":")" + log + R"(","stream":")" + stream + R"(","time":")" + time + R"("})";
}

TEST_CASE("docker unpacks records", "[stage][docker]") {
  const TextMap target = {{"job", "t"}};
  const TextMap on_stdout = {{"job", "t"}, {"stream", "stdout"}};
  const struct {
    std::string what;
    std::string line;
    TextMap labels;
    std::string want;
    Timestamp time;
  } rows[] = {
      {"plain", record(R"(hello\n)"), on_stdout, "hello\n", kFirst},
      {"without newline", record("hello"), on_stdout, "hello", kFirst},
      {"escapes", record(R"(a\"\\\/\t\u00e9\ud83d\ude00\r\n\n)"), on_stdout, "a\"\\/\té😀\r\n\n", kFirst},
      {"empty", record(""), on_stdout, "", kFirst},
      {"spaces between", R"( { "log" : "a" , "stream" : "stdout" , "time" : ")" + kFirstText + R"(" } )",
       on_stdout, "a", kFirst},
      {"other order, other keys",
       R"({"time":")" + kFirstText + R"(","attrs":{"log":"x","a":[1,{}]},"stream":"stdout","log":"a"})",
       on_stdout, "a", kFirst},
      {"any stream", record("a", "console"), {{"job", "t"}, {"stream", "console"}}, "a", kFirst},
      {"empty stream", record("a", ""), {{"job", "t"}, {"stream", ""}}, "a", kFirst},
      {"stream that is no UTF-8", record("a", "\xFF"), target, "a", kFirst},
      {"no stream", R"({"log":"a"})", target, "a", kReadTime},
      {"null stream", R"({"log":"a","stream":null})", target, "a", kReadTime},
      {"bad time", record("a", "stdout", "yesterday"), on_stdout, "a", kReadTime},
      {"no time", R"({"log":"a","stream":"stdout"})", on_stdout, "a", kReadTime},
      {"null time", R"({"log":"a","stream":"stdout","time":null})", on_stdout, "a", kReadTime},
      {"number as time", R"({"log":"a","stream":"stdout","time":1762511415})", on_stdout, "a", kReadTime},
      {"offset", record("a", "stdout", "2025-11-07T12:30:15.123456789+02:00"), on_stdout, "a", kFirst},
      {"null log", R"({"log":null,"stream":"stdout"})", on_stdout, R"({"log":null,"stream":"stdout"})",
       kReadTime},
      {"number as log",
       R"({"log":1.50,"stream":true})",
       {{"job", "t"}, {"stream", "true"}},
       "1.5",
       kReadTime},
      {"object as log", R"({"log":{"a": "<"}})", target, R"({"a":"\u003c"})", kReadTime},
      {"keys by letter case", R"({"Log":"a","Stream":"stdout"})", target, R"({"Log":"a","Stream":"stdout"})",
       kReadTime},
      {"text", "plain", target, "plain", kReadTime},
      {"empty line", "", target, "", kReadTime},
      {"array", "[]", target, "[]", kReadTime},
      {"null", "null", target, "null", kReadTime},
      {"cut off", R"({"log":"a","stream":"stdout")", target, R"({"log":"a","stream":"stdout")", kReadTime},
      {"text behind", R"({"log":"a"} x)", target, R"({"log":"a"} x)", kReadTime},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline("- docker:", {row.line});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].line == row.want);
    CHECK(entries[0].labels == row.labels);
    CHECK(entries[0].timestamp == row.time);
  }
}

TEST_CASE("docker extracts what its stages would", "[stage][docker]") {
  const auto entries = run_pipeline("- docker:", {record("text"), "plain", "null"}, {});
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].extracted == TextMap{{"output", "text"}, {"stream", "stdout"}, {"timestamp", kFirstText}});
  CHECK(entries[1].extracted.empty());
  CHECK(entries[2].extracted == TextMap{{"output", "<null>"}, {"stream", "<null>"}, {"timestamp", "<null>"}});
}

TEST_CASE("docker uses earlier values where there is no record", "[stage][docker]") {
  const std::string stages = R"(
- regex: {expression: '^(?P<output>\w+) (?P<stream>\w+) (?P<timestamp>\S+)$'}
- docker:
)";
  const auto entries = run_pipeline(stages, {"text stderr " + kFirstText}, {{"stream", "mine"}});
  // Labels are extracted again at the start of the stage.
  CHECK(entries.at(0).labels == TextMap{{"stream", "mine"}});
  CHECK(entries.at(0).line == "text");
  CHECK(entries.at(0).timestamp == kFirst);
  const auto overwritten = run_pipeline("- docker:", {record("a")}, {{"stream", "mine"}});
  CHECK(overwritten.at(0).labels == TextMap{{"stream", "stdout"}});
}

TEST_CASE("docker moves on from the latest time of a stream", "[stage][docker]") {
  const std::string untimed = R"({"log":"x","stream":"stdout"})";
  const auto entries =
      run_pipeline("- docker:", {record("a"), untimed, record("x", "stdout", "yesterday"), "plain",
                                 record("e", "stderr", "2025-11-07T11:00:00Z"), untimed,
                                 record("b", "stdout", "2025-11-07T10:31:00Z"), untimed});
  REQUIRE(entries.size() == 8);
  CHECK(entries[1].timestamp == kFirst.plus_nanoseconds(1));
  CHECK(entries[2].timestamp == kFirst.plus_nanoseconds(2));
  CHECK(entries[3].timestamp == kReadTime);  // no label `stream`
  CHECK(entries[5].timestamp == kFirst.plus_nanoseconds(3));
  CHECK(entries[7].timestamp == entries[6].timestamp.plus_nanoseconds(1));
}

TEST_CASE("docker in docker", "[stage][docker]") {
  const auto entries = run_pipeline(
      "- docker:\n- docker:",
      {record(R"({\"log\":\"inner\\n\",\"stream\":\"stderr\",\"time\":\"2025-11-07T10:30:16Z\"}\n)")});
  CHECK(entries.at(0).line == "inner\n");
  CHECK(entries.at(0).labels.at("stream") == "stderr");
  CHECK(entries.at(0).timestamp == Timestamp{1762511416, 0});
}

TEST_CASE("docker leaves pieces of lines alone unless told otherwise", "[stage][docker]") {
  for (const char* stages : {"- docker:", "- docker: {join_partial_lines: false}", "- docker: 5"}) {
    const auto entries = run_pipeline(stages, {record("a"), record("b"), record(R"(c\n)")});
    CHECK(entries.size() == 3);
  }
}

const char* const kJoin = "- docker: {join_partial_lines: true}";

TEST_CASE("docker joins pieces of lines", "[stage][docker]") {
  PipelineRunner runner(kJoin);
  runner.push(record("one "));
  runner.push(record("err ", "stderr"));
  runner.push(record("two ", "stdout", "2025-11-07T10:30:16Z"));
  runner.push("plain");
  CHECK(runner.entries().size() == 1);
  CHECK(runner.unsettled() == 3);
  runner.push(record(R"(three\n)", "stdout", "2025-11-07T10:30:17Z"));
  runner.push(record(R"(end\n)", "stderr"));
  runner.push(record(R"(next\n)"));
  CHECK(runner.unsettled() == 0);
  const auto& entries = runner.entries();
  REQUIRE(entries.size() == 4);
  CHECK(entries[1].line == "one two three\n");
  CHECK(entries[1].lines == 3);
  CHECK(entries[1].timestamp == kFirst);
  CHECK(entries[1].labels == TextMap{{"job", "t"}, {"stream", "stdout"}});
  CHECK(entries[1].extracted.at("output") == "one two three\n");
  CHECK(entries[1].extracted.at("timestamp") == kFirstText);
  CHECK(entries[2].line == "err end\n");
  CHECK(entries[2].labels.at("stream") == "stderr");
  CHECK(entries[3].line == "next\n");
}

TEST_CASE("docker joins pieces of one source only", "[stage][docker]") {
  const int a = 0, b = 0;
  PipelineRunner runner(kJoin);
  runner.push(record("a1 "), &a);
  runner.push(record("b1 "), &b);
  runner.push(record(R"(a2\n)"), &a);
  runner.push(record(R"(b2\n)"), &b);
  REQUIRE(runner.entries().size() == 2);
  CHECK(runner.entries()[0].line == "a1 a2\n");
  CHECK(runner.entries()[1].line == "b1 b2\n");
}

TEST_CASE("docker hands on a line whose end does not come", "[stage][docker]") {
  SECTION("after some time without a further piece") {
    PipelineRunner runner(kJoin);
    const auto tick = [&](std::int64_t seconds) { runner.tick(kReadTime.plus_seconds(seconds)); };
    runner.push(record("one "));
    CHECK(runner.holds_entries());
    tick(0);
    tick(9);
    runner.push(record("two "));
    tick(10);
    tick(19);
    CHECK(runner.entries().empty());
    tick(-100);  // the clock is set back: the wait begins anew
    tick(-91);
    CHECK(runner.entries().empty());
    tick(-90);
    REQUIRE(runner.entries().size() == 1);
    CHECK(runner.entries()[0].line == "one two ");
    CHECK(runner.unsettled() == 0);
    CHECK_FALSE(runner.holds_entries());
    runner.push(record(R"(three\n)"));
    CHECK(runner.entries().at(1).line == "three\n");
  }
  SECTION("but not while its log may go on") {
    PipelineRunner runner(kJoin);
    runner.log_goes_on(true);
    runner.push(record("one "));
    runner.tick(kReadTime);
    runner.tick(kReadTime.plus_seconds(3600));
    CHECK(runner.entries().empty());
    runner.log_goes_on(false);
    runner.tick(kReadTime.plus_seconds(3609));
    CHECK(runner.entries().empty());
    runner.tick(kReadTime.plus_seconds(3610));
    CHECK(runner.entries().size() == 1);
  }
}

TEST_CASE("docker leaves what has no end to the next start", "[stage][docker]") {
  PipelineRunner runner(kJoin);
  runner.push(record("one "));
  CHECK(runner.holds_entries());
  runner.drain();
  CHECK(runner.entries().empty());
  CHECK(runner.unsettled() == 1);
}

TEST_CASE("docker hands on what nobody can read again", "[stage][docker]") {
  PipelineRunner runner(kJoin);
  runner.push_without_origin(record("one "));
  runner.push_without_origin(record("two"));
  runner.drain();
  REQUIRE(runner.entries().size() == 1);
  CHECK(runner.entries()[0].line == "one two");
  CHECK_FALSE(runner.holds_entries());
}

TEST_CASE("docker holds back a bounded amount", "[stage][docker]") {
  const std::string piece(16 * 1024, 'x');
  SECTION("of one line") {
    PipelineRunner runner(kJoin);
    for (int i = 0; i < 65; ++i) runner.push(record(piece));
    REQUIRE(runner.entries().size() == 1);
    CHECK(runner.entries()[0].line.size() == 65 * piece.size());
    CHECK(runner.unsettled() == 0);
  }
  SECTION("of all lines together") {
    PipelineRunner runner(kJoin);
    std::vector<char> sources(2000);
    for (const char& source : sources) runner.push(record(piece), &source);
    CHECK(runner.unsettled() < 1024);
    CHECK(runner.entries().size() + static_cast<std::size_t>(runner.unsettled()) == sources.size());
    runner.tick(kReadTime);
    runner.tick(kReadTime.plus_seconds(10));
    CHECK(runner.entries().size() == sources.size());
    CHECK(runner.unsettled() == 0);
    runner.push(record("again "));
    CHECK(runner.unsettled() == 1);
  }
}

TEST_CASE("docker configurations", "[stage][docker]") {
  CHECK(PipelineRunner("- docker: {}").warnings().empty());
  const PipelineRunner unknown("- docker: {join_partial_line: true}");
  REQUIRE(unknown.warnings().size() == 1);
  CHECK_THAT(unknown.warnings()[0], Catch::Matchers::Contains("join_partial_lines"));
  CHECK_FALSE(build_error("- docker: {join_partial_lines: [x]}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
