#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

struct Replaced {
  std::string line;
  TextMap extracted;  // the target's label aside
};

Replaced replace(const std::string& expression, const std::string& replacement, const std::string& line) {
  const auto entries = run_pipeline(
      "- replace: {expression: '" + expression + "', replace: '" + replacement + "'}", {line}, {});
  REQUIRE(entries.size() == 1);
  return {entries[0].line, entries[0].extracted};
}

TEST_CASE("replace changes the groups of each match", "[stage][replace]") {
  const struct {
    std::string expression;
    std::string replacement;
    std::string line;
    std::string want;
    TextMap extracted;
  } rows[] = {
      {R"(password=(\S+))", "****", "a password=x password=y b", "a password=**** password=**** b", {}},
      {R"((\w+)=(\w+))", "<{{ .Value }}>", "a=1, b=2", "<a>=<1>, <b>=<2>", {}},
      {"ab", "x", "abab", "abab", {}},
      {"(q)", "x", "abc", "abc", {}},
      {"(a)", "", "banana", "bnn", {}},
      {"(a)", "aa", "banana", "baanaanaa", {}},
      {"(x*)", "-", "axb", "-a-b-", {}},
      {"(x*)", "-", "", "-", {}},
      {"(a)|(b)", "{{ .Value | ToUpper }}", "abc", "ABc", {}},
      {"((x?)a)", "[{{ .Value }}]", "a xa", "[a] [xa]", {}},
      {"(?P<all>(?P<k>\\w)=(?P<v>\\w))",
       "[{{ .Value }}]",
       "p q=r s",
       "p [q=r] s",
       {{"all", "[q=r]"}, {"k", "[q]"}, {"v", "[r]"}}},
      {R"(id=(?P<id>\d+))", "n{{ .Value }}", "id=1 id=2", "id=n1 id=n2", {{"id", "n1"}}},
      {R"((?P<a>\w)-(?P<b>\w)?)", "<{{ .Value }}>", "x-", "<x>-", {{"a", "<x>"}}},
      // Of what took no part the text is empty, and so is that of another group.
      {R"((?P<a>x)?(?P<b>y*))", "<{{ .Value }}>", "z", "<>z<>", {{"a", "<>"}, {"b", "<>"}}},
      {R"((\w+) (\w+))", "$1-${2}", "a b", "$1-${2} $1-${2}", {}},
      {"(.)", "{{ .Entry }}", "x", "<no value>", {}},
      {"(.)", "{{ fail \"no\" }}", "x", "x", {}},
      {"(?P<a>.)", "{{ if eq .Value \"y\" }}{{ fail \"no\" }}{{ end }}", "xy", "xy", {}},
      {"(.)", "{{ index . \"none\" }}", "x", "", {}},
      {"(a)",
       "b",
       "\xFF"
       "a\xFE",
       "\xFF"
       "b\xFE",
       {}},
  };
  for (const auto& row : rows) {
    INFO(row.expression << " on " << row.line);
    const Replaced result = replace(row.expression, row.replacement, row.line);
    CHECK(result.line == row.want);
    CHECK(result.extracted == row.extracted);
  }
}

TEST_CASE("replace works on an extracted value", "[stage][replace]") {
  const std::string stages = R"(
- json: {expressions: {user: , n: , z: }}
- replace: {expression: (.+), replace: '{{ .Value | ToUpper }}/{{ .n }}', source: user}
- replace: {expression: (2), replace: '', source: 'n'}
- replace: {expression: (.*), replace: X, source: z}
- replace: {expression: (.*), replace: X, source: gone}
)";
  const std::string line = R"({"user":"ann","n":2,"z":null})";
  const auto entries = run_pipeline(stages, {line, line}, {});
  REQUIRE(entries.size() == 2);
  for (const Collected& entry : entries) {
    CHECK(entry.line == line);
    CHECK(entry.extracted == TextMap{{"user", "ANN/2"}, {"n", ""}, {"z", "<null>"}});
  }
}

TEST_CASE("a replace template that is none changes nothing", "[stage][replace]") {
  PipelineRunner runner("- replace: {expression: '(?P<w>a)', replace: '{{ .Value'}");
  runner.push("a");
  REQUIRE(runner.entries().size() == 1);
  CHECK(runner.entries()[0].line == "a");
  CHECK(runner.entries()[0].extracted == TextMap{{"job", "t"}});
  REQUIRE(runner.warnings().size() == 1);
  CHECK(runner.warnings()[0] ==
        "test.yaml:1:46: template: pipeline_template:1: unclosed action; this stage changes nothing");
}

TEST_CASE("replace refuses what Promtail refuses", "[stage][replace]") {
  const std::string bodies[] = {
      "",
      "{replace: x}",
      "{expression: '', replace: x}",
      "{expression: '(a', replace: x}",
      "{expression: (a), replace: 5}",
      "{expression: 5}",
      "{expression: (a), source: ''}",
  };
  for (const std::string& body : bodies) {
    INFO(body);
    CHECK_FALSE(build_error("- replace: " + body).empty());
  }
  CHECK(build_error("- replace: {expression: (a), bogus: 1}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
