#include "pipeline/flow/stage_flow.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "pipeline/registry.h"

namespace lokitail::pipeline {
namespace {

// What a stage does, as one line of text.
std::string text_of(const std::string& stage) {
  const auto flow = stage_flow(config::Node::parse(stage, "f"));
  if (!flow) return "no stage";
  std::string text;
  const auto add = [&text](const std::string& word) { text += (text.empty() ? "" : " ") + word; };
  for (const FlowName& read : flow->reads) add("<" + read.name);
  if (flow->reads_all) add("<*");
  for (const FlowValue& value : flow->sets) {
    add(">" + value.name + (value.from.empty() || value.from == value.name ? "" : "=" + value.from));
  }
  if (flow->sets_unknown) add(">*");
  for (const FlowName& label : flow->reads_labels) add("<{" + label.name + "}");
  for (const FlowLabel& label : flow->labels) {
    add("{" + label.name + (label.value ? "=\"" + *label.value + "\"" : "<" + label.source) + "}");
  }
  for (const FlowName& label : flow->removes_labels) add("-{" + label.name + "}");
  if (flow->keeps_labels) {
    for (const FlowName& label : *flow->keeps_labels) add("+{" + label.name + "}");
  }
  for (const FlowLabel& piece : flow->metadata) add("[" + piece.name + "<" + piece.source + "]");
  if (flow->sets_line) add("line");
  if (flow->sets_time) add("time");
  if (!flow->inner.is_null()) add("inner");
  return text;
}

TEST_CASE("what each stage reads and sets") {
  const struct {
    const char* stage;
    const char* want;
  } cases[] = {
      {"json: {expressions: {a: , b: 'x.y', c: 'length(z)'}}", ">a >b=y >c=length(z)"},
      {"JSON: {}", "<* >* line time"},  // names of stages are matched as they are
      {"json: {source: s, Expressions: {a: ''}}", "<s >a"},
      {"logfmt: {mapping: {a: , b: key}}", ">a >b=key"},
      {"regex: {expression: '(?P<a>x)(y)(?P<b>z)', source: s}", "<s >a >b"},
      {"regex: {expression: '(('}", ""},
      {"docker: {}", ">output=log >stream >timestamp=time {stream<stream} line time"},
      {"cri:", ">time >stream >flags >content {stream<stream} line time"},
      {"multiline: {firstline: x}", "line"},
      {"template: {source: a, template: '{{ .b }}{{ .Value }}{{ .Entry }}'}", "<b >a"},
      {"template: {source: a, template: '{{ range $k, $v := . }}{{ $k }}{{ end }}'}", "<* >a"},
      {"template: {source: a, template: '{{ index . \"x\" }}'}", "<* >a"},
      {"template: {source: a, template: '{{ toJson . }}'}", "<* >a"},
      {"template: {source: a, template: '{{'}", "<* >a"},
      {"template: {source: a, template: 'a. b'}", ">a"},
      {"replace: {expression: '(?P<p>x)', replace: '{{ .Value }}{{ .q }}'}", "<q >p line"},
      {"replace: {expression: 'x', source: s}", "<s >s"},
      {"timestamp: {source: t, format: RFC3339}", "<t time"},
      {"output: {source: m}", "<m line"},
      {"labels: {a: , b: c}", "<a <c {a<a} {b<c}"},
      {"labels:", ""},
      {"static_labels: {a: x, b: }", "{a=\"x\"}"},
      {"labeldrop: [a, b]", "-{a} -{b}"},
      {"labelallow: [a]", "+{a}"},
      {"structured_metadata: {a: , b: c}", "<a <c [a<a] [b<c]"},
      {"non_indexed_labels: {a: }", "<a [a<a]"},
      {"tenant: {source: t}", "<t {__tenant_id__<t}"},
      {"tenant: {label: t}", "<{t} {__tenant_id__<}"},
      {"tenant: {value: t}", "{__tenant_id__=\"t\"}"},
      {"match: {selector: '{a=\"x\", b!=\"\", c=~\".*\", d!=\"y\"}', stages: [{docker: }]}",
       "<{a} <{b} inner"},
      {"match: {selector: '{a=', action: drop}", ""},
      {"drop: {source: [a, b], value: x}", "<a <b"},
      {"drop: {expression: x}", ""},
      {"limit: {rate: 1, burst: 1, by_label_name: l}", "<{l}"},
      {"sampling: {rate: 1}", ""},
      {"pack: {labels: [a, b]}", "<a <b -{a} -{b} line time"},
      {"pack: {labels: [a], ingest_timestamp: false}", "<a -{a} line"},
      {"decolorize:", "line"},
      {"eventlogmessage:", "<message >*"},
      {"eventlogmessage: {source: m}", "<m >*"},
      {"metrics: {a: {type: Counter, config: {action: inc}}, b: {source: x}, c: {config: "
       "{match_all: true}}}",
       "<a <x"},
      {"frobnicate: {}", "<* >* line time"},
      {"{}", "no stage"},
      {"{a: , b: }", "no stage"},
      {"just text", "no stage"},
  };
  for (const auto& c : cases) {
    INFO(c.stage);
    CHECK(text_of(c.stage) == c.want);
  }
  CHECK(text_of("geoip: {source: ip, db: x, db_type: asn}") ==
        "<ip {geoip_autonomous_system_number<} {geoip_autonomous_system_organization<}");
  CHECK(text_of("geoip: {source: ip, db: x, db_type: city}").find("{geoip_city_name<}") != std::string::npos);
}

TEST_CASE("places are those of names and values") {
  const auto flow = stage_flow(config::Node::parse("json:\n  expressions:\n    a: x\n    b:\n", "f"));
  REQUIRE(flow);
  CHECK(to_string(flow->place) == "f:1:1");
  REQUIRE(flow->sets.size() == 2);
  CHECK(to_string(flow->sets[1].place) == "f:4:5");
}

TEST_CASE("every stage there is tells what it reads and sets") {
  const auto told = stages_with_flow();
  for (const std::string_view stage : stage_names()) {
    INFO(stage);
    CHECK(std::ranges::find(told, stage) != told.end());
  }
}

}  // namespace
}  // namespace lokitail::pipeline
