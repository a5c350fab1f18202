#include "agent/inspector.h"

#include <catch2/catch.hpp>

#include <vector>

#include "pipeline/traced_pipeline.h"

namespace lokitail::agent {
namespace {

std::string inspected(std::string_view stages, const std::vector<std::string>& lines, bool colours = false) {
  config::Warnings warnings;
  std::string text;
  pipeline::TracedPipeline pipeline(
      config::Node::parse(stages, "t.yaml"), {{"job", "t"}}, {1'692'911'847, 35'046'596}, warnings,
      [&](const pipeline::Passage& passage) { text += inspection_text(passage, Painter(colours)); });
  for (const std::string& line : lines) pipeline.push(line);
  pipeline.drain();
  return text;
}

// The form of Promtail's own output, as its users have posted it.
TEST_CASE("inspect: speaks as Promtail") {
  CHECK(inspected(R"(
- regex: {expression: '^(?P<time>\S+?) (?P<stream>stdout|stderr) (?P<flags>\S+?) (?P<content>.*)$'}
- labels: {stream: }
- timestamp: {source: time, format: RFC3339Nano}
- output: {source: content}
- output: {source: tags}
)",
                  {"2023-08-24T21:17:26.287905137Z stderr F Voted for it"}) ==
        "[inspect: regex stage]: \n"
        "{stages.Entry}.Extracted[\"content\"]:\n"
        "\t+: Voted for it\n"
        "{stages.Entry}.Extracted[\"flags\"]:\n"
        "\t+: F\n"
        "{stages.Entry}.Extracted[\"stream\"]:\n"
        "\t+: stderr\n"
        "{stages.Entry}.Extracted[\"time\"]:\n"
        "\t+: 2023-08-24T21:17:26.287905137Z\n"
        "[inspect: labels stage]: \n"
        "{stages.Entry}.Entry.Labels:\n"
        "\t-: {job=\"t\"}\n"
        "\t+: {job=\"t\", stream=\"stderr\"}\n"
        "[inspect: timestamp stage]: \n"
        "{stages.Entry}.Entry.Entry.Timestamp:\n"
        "\t-: 2023-08-24 21:17:27.035046596 +0000 UTC\n"
        "\t+: 2023-08-24 21:17:26.287905137 +0000 UTC\n"
        "[inspect: output stage]: \n"
        "{stages.Entry}.Entry.Entry.Line:\n"
        "\t-: 2023-08-24T21:17:26.287905137Z stderr F Voted for it\n"
        "\t+: Voted for it\n"
        "[inspect: output stage]: none\n");
}

TEST_CASE("inspect: tells changed values by their types") {
  CHECK(inspected("- json: {expressions: {job: , n: , ok: , none: , same: }}\n"
                  "- json: {expressions: {job: o, n: m, ok: 'no', none: o, same: text}}\n",
                  {R"({"job":"a","n":1,"ok":true,"none":null,"same":1,)"
                   R"("o":"b","m":2,"no":false,"text":"1"})"}) ==
        "[inspect: json stage]: \n"
        "{stages.Entry}.Extracted[\"job\"].(string):\n\t-: t\n\t+: a\n"
        "{stages.Entry}.Extracted[\"n\"]:\n\t+: 1\n"
        "{stages.Entry}.Extracted[\"none\"]:\n\t+: <nil>\n"
        "{stages.Entry}.Extracted[\"ok\"]:\n\t+: true\n"
        "{stages.Entry}.Extracted[\"same\"]:\n\t+: 1\n"
        "[inspect: json stage]: \n"
        "{stages.Entry}.Extracted[\"job\"].(string):\n\t-: a\n\t+: b\n"
        "{stages.Entry}.Extracted[\"n\"].(float64):\n\t-: 1\n\t+: 2\n"
        "{stages.Entry}.Extracted[\"none\"]:\n\t-: <nil>\n\t+: b\n"
        "{stages.Entry}.Extracted[\"ok\"].(bool):\n\t-: true\n\t+: false\n");
}

TEST_CASE("inspect: tells of stages that Promtail is silent about") {
  CHECK(inspected("- structured_metadata: {job: }\n", {"x"}) ==
        "[inspect: structured_metadata stage]: \n"
        "{stages.Entry}.Entry.Labels:\n\t-: {job=\"t\"}\n\t+: {}\n"
        "{stages.Entry}.Entry.Entry.StructuredMetadata:\n\t-: {}\n\t+: {job=\"t\"}\n");
  CHECK(inspected("- match: {selector: '{job=\"t\"}', stages: [{drop: {expression: x}}]}", {"x", "y"}) ==
        "[inspect: drop stage]: dropped\n"
        "[inspect: drop stage]: none\n");
  CHECK(inspected("- match: {selector: '{job=\"u\"}', stages: [{drop: {expression: x}}]}", {"x"}) ==
        "[inspect: match stage]: none\n");
  CHECK(inspected("- multiline: {firstline: '^\\d'}\n- output: {source: none}", {"1", "x"}) ==
        "[inspect: multiline stage]: held back\n"
        "[inspect: multiline stage]: held back\n"
        "[inspect: multiline stage]: \n"
        "{stages.Entry}.Entry.Labels:\n\t+: {job=\"t\"}\n"
        "{stages.Entry}.Entry.Entry.Timestamp:\n\t+: 2023-08-24 21:17:27.035046596 +0000 UTC\n"
        "{stages.Entry}.Entry.Entry.Line:\n\t+: 1\nx\n"
        "[inspect: output stage]: none\n");
}

TEST_CASE("inspect: on a terminal has Promtail's colours, and no others") {
  const std::string text = inspected(
      "- regex: {expression: '(?P<a>.*)'}\n- labeldrop: [job]\n- labeldrop: [job]\n", {"\x1b[2J"}, true);
  CHECK(text ==
        "[inspect: \x1b[1mregex\x1b[0m stage]: \n"
        "\x1b[32m{stages.Entry}.Extracted[\"a\"]:\x1b[0m\n\x1b[32m\t+: \\x1b[2J\x1b[0m\n"
        "[inspect: \x1b[1mlabeldrop\x1b[0m stage]: \n"
        "\x1b[33m{stages.Entry}.Entry.Labels:\x1b[0m\n\x1b[33m\t-: {job=\"t\"}\x1b[0m\n"
        "\x1b[32m\t+: {}\x1b[0m\n"
        "[inspect: \x1b[1mlabeldrop\x1b[0m stage]: \x1b[31mnone\x1b[0m\n");
}

}  // namespace
}  // namespace lokitail::agent
