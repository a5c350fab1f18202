#include "agent/command/passage_text.h"

#include <catch2/catch.hpp>

#include <vector>

#include "pipeline/traced_pipeline.h"

namespace lokitail::agent {
namespace {

constexpr pipeline::Timestamp kNow{1'762'516'800, 0};

// The text of all passages, one after the other.
std::string explained(std::string_view stages, const std::vector<std::string>& lines, bool colours = false) {
  config::Warnings warnings;
  std::string text;
  pipeline::TracedPipeline pipeline(
      config::Node::parse(stages, "t.yaml"), {{"job", "t"}}, kNow, warnings,
      [&](const pipeline::Passage& passage) { text += passage_text(passage, Painter(colours)); });
  for (const std::string& line : lines) pipeline.push(line);
  pipeline.drain();
  return text;
}

TEST_CASE("each kind of change has its row") {
  CHECK(explained(
            "- json: {expressions: {level: , n: , ok: , none: , ts: , job: }}\n"
            "- labels: {level: }\n"
            "- labeldrop: [gone]\n"
            "- labeldrop: [job]\n"
            "- timestamp: {source: ts, format: RFC3339}\n"
            "- structured_metadata: {n: }\n"
            "- output: {source: level}\n",
            {R"({"level":"warn","n":1.50,"ok":true,"none":null,"job":"u","ts":"2025-11-07T12:00:00.5Z"})"}) ==
        R"(line 1
  line       '{"level":"warn","n":1.50,"ok":true,"none":null,"job":"u","ts":"2025-11-07T12:00:00.5Z"}'
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}

  [0] json  t.yaml:1:3
      ~ extracted job "t" -> "u"
      + extracted level="warn"
      + extracted n=1.5
      + extracted none=null
      + extracted ok=true
      + extracted ts="2025-11-07T12:00:00.5Z"
  [1] labels  t.yaml:2:3
      + label level="warn"
  [2] labeldrop  unchanged  t.yaml:3:3
  [3] labeldrop  t.yaml:4:3
      - label job
  [4] timestamp  t.yaml:5:3
      ~ timestamp 2025-11-07T12:00:00Z -> 2025-11-07T12:00:00.5Z
  [5] structured_metadata  t.yaml:6:3
      + metadata n="1.5"
  [6] output  t.yaml:7:3
      ~ line '{"level":"warn","n":1.50,"ok":true,"none":null,"job":"u","ts":"2025-11-07T12:00:00.5Z"}'
          -> "warn"

=> entry
  line       "warn"
  timestamp  2025-11-07T12:00:00.5Z
  labels     {level="warn"}
  metadata   {n="1.5"}
)");
}

TEST_CASE("stages inside of match stand below it") {
  const std::string stages =
      "- match:\n    selector: '{job=\"t\"} |= \"a\"'\n    stages:\n    - static_labels: {in: x}\n"
      "    - drop: {expression: b}\n";
  CHECK(explained(stages, {"a", "b", "ab"}) == R"(line 1
  line       "a"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}

  [0] match  t.yaml:1:3
    [0.0] static_labels  t.yaml:4:7
        + label in="x"
    [0.1] drop  unchanged  t.yaml:5:7

=> entry
  line       "a"
  timestamp  2025-11-07T12:00:00Z
  labels     {in="x", job="t"}
line 2
  line       "b"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}

  [0] match  not selected, 2 stages passed by  t.yaml:1:3

=> entry
  line       "b"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}
line 3
  line       "ab"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}

  [0] match  t.yaml:1:3
    [0.0] static_labels  t.yaml:4:7
        + label in="x"
    [0.1] drop  dropped (drop_stage)  t.yaml:5:7

=> dropped by [0.1] drop (drop_stage)
)");
}

TEST_CASE("what is kept back says so, and what is let go of which lines it is made") {
  CHECK(explained("- multiline: {firstline: '^\\d'}\n", {"1", " x"}) == R"(line 1
  line       "1"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}

  [0] multiline  held back  t.yaml:1:3

=> held back by [0] multiline
line 2
  line       " x"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}

  [0] multiline  held back  t.yaml:1:3

=> held back by [0] multiline
lines 1-2
  line       "1\n x"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}

  [0] multiline  let go  t.yaml:1:3

=> entry
  line       "1\n x"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}
)");
}

TEST_CASE("no stages, and a drop without a reason") {
  CHECK(explained("[]", {"x"}) == R"(line 1
  line       "x"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}

=> entry
  line       "x"
  timestamp  2025-11-07T12:00:00Z
  labels     {job="t"}
)");
  const std::string text = explained("- json: {expressions: {a: }, drop_malformed: true}", {"x"});
  CHECK(text.find("\n=> dropped by [0] json\n") != std::string::npos);
}

TEST_CASE("colours change nothing but the colour") {
  std::string text =
      explained("- regex: {expression: '(?P<a>.)'}\n- drop: {source: a, value: x}", {"x", "y"}, true);
  CHECK(text.find("\x1b[32m+ extracted a=\"x\"\x1b[0m") != std::string::npos);
  for (std::size_t at = 0; (at = text.find("\x1b[", at)) != text.npos;) {
    text.erase(at, text.find('m', at) + 1 - at);
  }
  CHECK(text == explained("- regex: {expression: '(?P<a>.)'}\n- drop: {source: a, value: x}", {"x", "y"}));
}

TEST_CASE("numbers of lines") {
  CHECK(lines_text({4}) == "line 4");
  CHECK(lines_text({1, 2, 3}) == "lines 1-3");
  CHECK(lines_text({1, 3, 4, 9}) == "lines 1, 3-4, 9");
}

}  // namespace
}  // namespace lokitail::agent
