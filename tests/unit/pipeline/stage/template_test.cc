#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// Words of a line as a, b, ...; then a template into `out`.
TextMap extract(const std::string& go_template, const std::string& line, const std::string& source = "out") {
  const std::string stages =
      "- regex: {expression: '^(?P<a>\\w+) ?(?P<b>\\w*)'}\n"
      "- template:\n    source: " +
      source + "\n    template: '" + go_template + "'\n";
  const auto entries = run_pipeline(stages, {line});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].line == line);
  return entries[0].extracted;
}

TEST_CASE("template sets an extracted value", "[stage][template]") {
  const struct {
    std::string go_template;
    std::string source;
    TextMap want;  // beside what was there
  } rows[] = {
      {"{{ .a }}-{{ .b }}", "out", {{"a", "foo"}, {"b", "Bar"}, {"out", "foo-Bar"}}},
      {"{{ .Value | ToUpper }}", "a", {{"a", "FOO"}, {"b", "Bar"}}},
      {"<{{ .Value }}>", "out", {{"a", "foo"}, {"b", "Bar"}, {"out", "<<no value>>"}}},
      {"{{ .Entry }}|{{ .job }}", "out", {{"a", "foo"}, {"b", "Bar"}, {"out", "foo Bar x|t"}}},
      {"fixed", "a", {{"a", "fixed"}, {"b", "Bar"}}},
      {"", "a", {{"b", "Bar"}}},
      {"{{ if eq .a \"x\" }}y{{ end }}", "a", {{"b", "Bar"}}},
      {"x{{ ToUpper .none }}", "a", {{"a", "foo"}, {"b", "Bar"}}},
      {"{{ . }}", "out", {{"a", "foo"}, {"b", "Bar"}, {"out", "map[Entry:foo Bar x a:foo b:Bar job:t]"}}},
      {"{{ range $k, $v := . }}{{ $k }} {{ end }}", "a", {{"a", "Entry Value a b job "}, {"b", "Bar"}}},
      {"{{ now.Year }}", "a", {{"a", "2025"}, {"b", "Bar"}}},
  };
  for (const auto& row : rows) {
    INFO(row.go_template);
    TextMap want = row.want;
    want.emplace("job", "t");
    CHECK(extract(row.go_template, "foo Bar x", row.source) == want);
  }
}

TEST_CASE("template sees texts only", "[stage][template]") {
  const auto entries = run_pipeline(R"(
- json: {expressions: {n: , t: , z: , Entry: , Value: }}
- template: {source: out, template: '{{ .n }} {{ .t }} {{ .z }} {{ .Entry | len }} {{ .Value }} {{ typeOf .n }}'}
- template: {source: z, template: '{{ .Value }}'}
)",
                                    {R"({"n":1.50,"t":true,"z":null,"Entry":"e","Value":"v"})"});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].extracted.at("out") == "1.5 true <no value> 52 v string");
  CHECK(entries[0].extracted.at("z") == "v");
}

TEST_CASE("one template's result is seen by the next", "[stage][template]") {
  const std::string stages = R"(
- template: {source: a, template: 'n'}
- template: {source: a, template: '{{ .Value }}1'}
- template: {source: b, template: '{{ .a }}2'}
- template: {source: a, template: ''}
- template: {source: a, template: '{{ .a }}|{{ .b }}'}
- output: {source: a}
)";
  const auto entries = run_pipeline(stages, {"x", "y"});
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].line == "<no value>|n12");
  CHECK(entries[1].line == "<no value>|n12");
}

TEST_CASE("template refuses what Promtail refuses", "[stage][template]") {
  const struct {
    std::string body;
    std::string want;
  } rows[] = {
      {"{source: '', template: x}", "test.yaml:1:22: empty source"},
      {"{source: a, template: 5}", ""},
      {"{source: a, template: '{{ .a'}", "test.yaml:1:35: template: pipeline_template:1: unclosed action"},
      {"{source: a, template: '{{ hash .a }}'}",
       "test.yaml:1:35: template: pipeline_template:1: function \"hash\" not defined"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    const std::string error = build_error("- template: " + row.body);
    CHECK_FALSE(error.empty());
    if (!row.want.empty()) CHECK(error == row.want);
  }
  CHECK_FALSE(build_error("- template:").empty());
  CHECK(build_error("- template: {source: a}").empty());
  CHECK(build_error("- template: {SOURCE: a, Template: x, bogus: 1}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
