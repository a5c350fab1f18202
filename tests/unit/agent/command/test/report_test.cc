#include "agent/command/test/report.h"

#include <catch2/catch.hpp>

#include "agent/command/test/junit.h"

namespace lokitail::agent::testing {
namespace {

const CaseReport kPassed{.name = "good"};
const CaseReport kFailed{
    .name = "bad <&>\"'\x1b\xff\n",
    .place = {"t.yaml", 4, 3},
    .result = {.problems = {{Problem::Kind::kDiffers, "entry 1", {{"line", "\"a\"", "\"]]>\\n\""}}},
                            {Problem::Kind::kMissing, "entry 2 is missing", {}}},
               .notes = {"line 2: dropped"},
               .passages = {}}};
const CaseReport kBroken{.name = "broken", .error = "t.yaml:9:1: no such stage"};

TEST_CASE("tests are counted") {
  const Totals totals =
      count({{"a.yaml", "", {kPassed, kFailed, kBroken, kPassed}}, {"b.yaml", "b.yaml:1:1: bad", {}}});
  CHECK(totals.passed == 2);
  CHECK(totals.failed == 1);
  CHECK(totals.errors == 2);
  const Painter plain(false);
  CHECK(summary_row(totals, plain) == "5 tests: 2 passed, 1 failed, 2 errors\n");
  CHECK(summary_row({1, 0, 0}, plain) == "1 test: 1 passed\n");
  CHECK(summary_row({0, 0, 1}, plain) == "1 test: 0 passed, 1 error\n");
  CHECK(summary_row({2, 0, 0}, Painter(true)) == "\x1b[32m2 tests: 2 passed\x1b[0m\n");
}

TEST_CASE("a test is told in one row, and more if it fails") {
  const Painter plain(false);
  CHECK(verdict_row("t.yaml", kPassed, plain) == "ok    t.yaml: good\n");
  CHECK(failure_text(kPassed, plain).empty());
  CHECK(verdict_row("t.yaml", kFailed, plain) == "FAIL  t.yaml: bad <&>\"'\\x1b\xff\n\n");
  CHECK(failure_text(kFailed, plain) == R"(      t.yaml:4:3
      entry 1
        line  expected "a"
              actual   "]]>\n"
      entry 2 is missing
      line 2: dropped
)");
  CHECK(verdict_row("t.yaml", kBroken, plain) == "ERROR t.yaml: broken\n");
  CHECK(failure_text(kBroken, plain) == "      t.yaml:9:1: no such stage\n");
  CHECK(error_row({"b.yaml", "b.yaml:1:1: bad", {}}, plain) == "ERROR b.yaml:1:1: bad\n");
}

TEST_CASE("results as JUnit's XML, escaped") {
  CHECK(junit_xml({{"a&b.yaml", "", {kPassed, kFailed, kBroken}}, {"b.yaml", "b.yaml:1:1: bad", {}}}) ==
        R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="lokitail" tests="4" failures="1" errors="2" time="0.000">
  <testsuite name="a&#38;b.yaml" tests="3" failures="1" errors="1" time="0.000">
    <testcase name="good" classname="a&#38;b.yaml" file="a&#38;b.yaml" line="0" time="0.000"/>
    <testcase name="bad &#60;&#38;&#62;&#34;&#39;)"
        "\uFFFD\uFFFD&#10;"
        R"(" classname="a&#38;b.yaml" file="a&#38;b.yaml" line="4" time="0.000">
      <failure message="entry 1; entry 2 is missing">
      t.yaml:4:3
      entry 1
        line  expected &#34;a&#34;
              actual   &#34;]]&#62;\n&#34;
      entry 2 is missing
      line 2: dropped
</failure>
    </testcase>
    <testcase name="broken" classname="a&#38;b.yaml" file="a&#38;b.yaml" line="0" time="0.000">
      <error message="t.yaml:9:1: no such stage"></error>
    </testcase>
  </testsuite>
  <testsuite name="b.yaml" tests="1" failures="0" errors="1" time="0.000">
    <testcase name="b.yaml" classname="b.yaml" file="b.yaml" line="0" time="0.000">
      <error message="b.yaml:1:1: bad"></error>
    </testcase>
  </testsuite>
</testsuites>
)");
  CHECK(junit_xml({}).find("tests=\"0\"") != std::string::npos);
}

}  // namespace
}  // namespace lokitail::agent::testing
