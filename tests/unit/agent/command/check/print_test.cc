#include "agent/command/check/print.h"

#include <catch2/catch.hpp>

#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent::check {
namespace {

using lint::Severity;

Inspection example() {
  Inspection inspection;
  inspection.file = "p.yaml";
  inspection.findings = {
      {Severity::kError, "", {"p.yaml", 3, 5}, "unknown key \"a\"", ""},
      {Severity::kWarning, "stage-order", {"p.yaml", 9, 1}, "too early", "later"},
      {Severity::kInfo, "value-never-used", {"p.yaml", 0, 0}, "not read", ""},
  };
  return inspection;
}

lint::SampleResult sample() {
  lint::SampleResult sample;
  sample.file = "x.log";
  sample.job = "j";
  sample.lines = 10;
  sample.entries = 9;
  sample.streams = 1;
  sample.stages = {{"regex", {"p.yaml", 8, 3}, 10, 10, "matched", 7}, {"labels", {"p.yaml", 9, 3}, 10, 10}};
  return sample;
}

TEST_CASE("check prints findings") {
  CHECK(as_text(example(), false) ==
        "p.yaml:3:5: error: unknown key \"a\"\n"
        "p.yaml:9:1: warning: too early [stage-order]\n"
        "    better: later\n"
        "p.yaml: info: not read [value-never-used]\n"
        "1 error, 1 warning, 1 note\n");
  CHECK(as_text(example(), true).find("\x1b[31merror\x1b[0m") != std::string::npos);
  Inspection clean;
  clean.file = "p.yaml";
  CHECK(as_text(clean, false) == "p.yaml: nothing to complain about\n");
  clean.sample = sample();
  CHECK(as_text(clean, false) ==
        "p.yaml: nothing to complain about\n"
        "\n"
        "x.log in job j: 10 lines, 9 entries out, 1 stream\n"
        "  8:3      regex                matched 7 of 10\n"
        "  9:3      labels               passed 10 of 10\n");
}

TEST_CASE("check prints JSON") {
  Inspection inspection = example();
  inspection.sample = sample();
  const std::string text = as_json(inspection);
  CHECK(text ==
        "{\"file\":\"p.yaml\",\"errors\":1,\"warnings\":1,\"notes\":1,\"findings\":["
        "{\"severity\":\"error\",\"id\":\"\",\"file\":\"p.yaml\",\"line\":3,\"column\":5,"
        "\"message\":\"unknown key \\\"a\\\"\",\"better\":\"\"},"
        "{\"severity\":\"warning\",\"id\":\"stage-order\",\"file\":\"p.yaml\",\"line\":9,"
        "\"column\":1,"
        "\"message\":\"too early\",\"better\":\"later\"},"
        "{\"severity\":\"info\",\"id\":\"value-never-used\",\"file\":\"p.yaml\",\"line\":0,"
        "\"column\":0,"
        "\"message\":\"not read\",\"better\":\"\"}],"
        "\"sample\":{\"file\":\"x.log\",\"job\":\"j\",\"lines\":10,\"entries\":9,\"streams\":1,"
        "\"stages\":["
        "{\"stage\":\"regex\",\"file\":\"p.yaml\",\"line\":8,\"column\":3,\"entries\":10,"
        "\"passed\":10,"
        "\"verb\":\"matched\",\"matched\":7},"
        "{\"stage\":\"labels\",\"file\":\"p.yaml\",\"line\":9,\"column\":3,\"entries\":10,"
        "\"passed\":10}]}}\n");
  pipeline::Arena arena;
  CHECK(pipeline::lang::parse_strict_json(arena.copy(text), arena));
}

TEST_CASE("check lists all lints") {
  CHECK(lint_list().find("stage-order (warning): ") != std::string::npos);
}

}  // namespace
}  // namespace lokitail::agent::check
