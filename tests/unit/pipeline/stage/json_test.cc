#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// What a json stage with these expressions extracts from one line, labels aside.
TextMap extract(const std::string& expressions, const std::string& line) {
  const auto entries = run_pipeline("- json: {expressions: {" + expressions + "}}", {line}, {});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].line == line);
  return entries[0].extracted;
}

TEST_CASE("json extracts values", "[stage][json]") {
  const struct {
    std::string what;
    std::string expressions;
    std::string line;
    TextMap want;
  } rows[] = {
      {"an empty expression is the name",
       "severity: '', msg: ",
       R"({"severity":"info","msg":"x"})",
       {{"severity", "info"}, {"msg", "x"}}},
      {"other name", "lvl: level", R"({"level":"info"})", {{"lvl", "info"}}},
      {"all kinds",
       "s: , n: , f: , t: , u: , z: , m: , l: , o: ",
       R"({"s":"x","n":12,"f":1.50,"t":true,"u":false,"z":null,"l":[1, "a"],"o":{"k": {}}})",
       {{"s", "x"},
        {"n", "12"},
        {"f", "1.5"},
        {"t", "true"},
        {"u", "false"},
        {"z", "<null>"},
        {"m", "<null>"},
        {"l", R"([1,"a"])"},
        {"o", R"({"k":{}})"}}},
      {"nested names",
       "a: o.p, b: o.q.r, c: o.q.s, d: o.x.y, e: l.k, f: s.t, g: no.such",
       R"({"o":{"p":1,"q":{"r":"R"}},"l":[{"k":2}],"s":"x"})",
       {{"a", "1"},
        {"b", "R"},
        {"c", "<null>"},
        {"d", "<null>"},
        {"e", "<null>"},
        {"f", "<null>"},
        {"g", "<null>"}}},
      {"an object and what is in it", "o: o, p: o.p", R"({"o":{"p":1}})", {{"o", R"({"p":1})"}, {"p", "1"}}},
      {"one value under two names", "a: x, b: x", R"({"x":1})", {{"a", "1"}, {"b", "1"}}},
      {"a name with a dot is a path", "foo.bar: ''", R"({"foo":{"bar":1}})", {{"foo.bar", "1"}}},
      {"quoted names",
       R"(a: '"x-y"."z w"', b: '"\u0061b"')",
       R"({"x-y":{"z w":1},"ab":2})",
       {{"a", "1"}, {"b", "2"}}},
      {"the last of equal keys",
       "m: , p: o.p, q: o.q",
       R"({"m":1,"m":2,"o":{"p":1},"o":{"q":2}})",
       {{"m", "2"}, {"p", "<null>"}, {"q", "2"}}},
      {"containers are written anew",
       "l: ",
       R"({"l":["<b>&","\u00e9\/",1e21,1e-7,1.0,-0]})",
       {{"l", R"(["\u003cb\u003e\u0026","é/",1e+21,1e-07,1,-0])"}}},
      {"bytes that are no UTF-8",
       "m: , l: ",
       "{\"m\":\"\xFF\",\"l\":[\"\xFF\"]}",
       {{"m", "\xFF"}, {"l", R"(["\ufffd"])"}}},
      {"escapes", "m: ", R"({"m":"a\"b\\c\n\u00e9\ud83d\ude00"})", {{"m", "a\"b\\c\né😀"}}},
      {"numbers",
       "a: , b: , c: ",
       R"({"a":1e3,"b":-0.25,"c":1e-7})",
       {{"a", "1000"}, {"b", "-0.25"}, {"c", "0.0000001"}}},
      {"whitespace", "m: ", " \t{ \"m\" : \"x\" }\r", {{"m", "x"}}},
      {"null finds nothing", "m: , n: a.b", "null", {{"m", "<null>"}, {"n", "<null>"}}},
      {"... but is there", "w: '@'", "null", {{"w", "null"}}},
      {"malformed", "m: ", R"({"m":1)", {}},
      {"malformed behind", "m: ", R"({"m":1} x)", {}},
      {"no object", "m: ", R"([{"m":1}])", {}},
      {"empty line", "m: ", "", {}},

      {"with an expression",
       "a: 'l[0]', b: 'l[-1].k', c: m",
       R"({"l":[1,{"k":2}],"m":"x"})",
       {{"a", "1"}, {"b", "2"}, {"c", "x"}}},
      {"results of all kinds",
       "a: 'length(s)', b: 's == `\"x\"`', c: '[s, n]', d: '{k: s}', e: 'l[9]', f: '`\"lit\"`'",
       R"({"s":"x","n":1,"l":[]})",
       {{"a", "1"},
        {"b", "true"},
        {"c", R"(["x",1])"},
        {"d", R"({"k":"x"})"},
        {"e", "<null>"},
        {"f", "lit"}}},
      {"the whole document", "w: '@'", R"({"a":1})", {{"w", R"({"a":1})"}}},
      {"what cannot be evaluated is left out",
       "a: length(num), b: frobnicate(num), c: 'length(num, num)', d: num",
       R"({"num":1})",
       {{"d", "1"}}},
      {"what cannot be written is left out", "a: '[avg(l)]', b: avg(l)", R"({"l":[]})", {{"b", "NaN"}}},
      {"malformed for an expression", "a: 'l[0]'", R"({"l":[1)", {}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(extract(row.expressions, row.line) == row.want);
  }
}

TEST_CASE("json and what was extracted before", "[stage][json]") {
  const struct {
    std::string what;
    std::string stages;
    std::string line;
    TextMap want;
  } rows[] = {
      {"nothing found hides the earlier value",
       "- json: {expressions: {a: }}\n- json: {expressions: {a: b}}",
       R"({"a":1})",
       {{"job", "t"}, {"a", "<null>"}}},
      {"an error keeps it",
       "- json: {expressions: {a: }}\n- json: {expressions: {a: abs(b)}}",
       R"({"a":1})",
       {{"job", "t"}, {"a", "1"}}},
      {"a malformed line keeps it", "- json: {expressions: {job: }}", "x", {{"job", "t"}}},
      {"a label hidden", "- json: {expressions: {job: }}", "{}", {{"job", "<null>"}}},
      {"an object as the source",
       "- json: {expressions: {p: payload}}\n- json: {expressions: {l: level}, source: p}",
       R"({"payload":{"level":"debug"}})",
       {{"job", "t"}, {"p", R"({"level":"debug"})"}, {"l", "debug"}}},
      {"a text as the source",
       "- json: {expressions: {log: }}\n- json: {expressions: {l: level}, source: log}",
       R"({"log":"{\"level\":\"a\\nb\"}\n"})",
       {{"job", "t"}, {"log", "{\"level\":\"a\\nb\"}\n"}, {"l", "a\nb"}}},
      {"a source that is missing",
       "- json: {expressions: {l: level}, source: p}",
       R"({"level":1})",
       {{"job", "t"}}},
      {"a source that is null",
       "- json: {expressions: {p: }}\n- json: {expressions: {l: level}, source: p}",
       "{}",
       {{"job", "t"}, {"p", "<null>"}}},
      {"a source that is a number",
       "- json: {expressions: {p: }}\n- json: {expressions: {l: level}, source: p}",
       R"({"p":5})",
       {{"job", "t"}, {"p", "5"}}},
      {"a source of null",
       "- json: {expressions: {l: level}, source: null}",
       R"({"level":1})",
       {{"job", "t"}, {"l", "1"}}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline(row.stages, {row.line});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].extracted == row.want);
  }
}

TEST_CASE("json reads a label as its source", "[stage][json]") {
  const auto entries = run_pipeline("- json: {expressions: {env: }, source: meta}", {"plain"},
                                    {{"meta", R"({"env":"prod"})"}});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].extracted.at("env") == "prod");
}

TEST_CASE("json drops malformed lines on demand", "[stage][json]") {
  const std::vector<std::string> lines = {R"({"m":1})", "x",    "",     "[1]", "\"s\"",
                                          "12",         "true", "null", "{}",  R"({"m":)"};
  const auto kept = [&](const std::string& stage) {
    std::vector<std::string> result;
    for (const Collected& entry : run_pipeline("- json: " + stage, lines)) result.push_back(entry.line);
    return result;
  };
  const std::vector<std::string> good = {R"({"m":1})", "null", "{}"};
  CHECK(kept("{expressions: {m: }, drop_malformed: true}") == good);
  CHECK(kept("{expressions: {m: 'm[0]'}, drop_malformed: true}") == good);
  CHECK(kept("{expressions: {m: }, drop_malformed: false}") == lines);
  CHECK(kept("{expressions: {m: }}") == lines);
  CHECK(kept("{expressions: {m: }, source: none, drop_malformed: true}") == lines);
  CHECK(kept("{EXPRESSIONS: {m: }, Drop_Malformed: true}") == good);
}

TEST_CASE("json configurations that are refused", "[stage][json]") {
  const struct {
    std::string stage;
    std::string want;  // part of the message
  } rows[] = {
      {"null", "JMES expression is required"},
      {"{source: a}", "JMES expression is required"},
      {"{expressions: {}}", "JMES expression is required"},
      {"{expressions: null}", "JMES expression is required"},
      {"[a]", "1:9: "},
      {"{expressions: [a, b]}", "1:23: json stage: expected a mapping of names"},
      {"{expressions: {a: 5}}", "1:27: "},
      {"{expressions: {a: 'foo['}}", "1:27: could not compile JMES expression: expected `*`"},
      {"{expressions: {a: user-agent}}", "(at character 5 of `user-agent`)"},
      {"{expressions: {user-agent: ''}}", "1:24: could not compile JMES expression"},
      {"{expressions: {a: 1abc}}", "could not compile JMES expression"},
      {"{expressions: {a: ''}, source: ''}", "1:40: empty source"},
      {"{expressions: {a: ''}, source: 5}", "1:40: "},
      {"{expressions: {a: ''}, drop_malformed: 'true'}", "1:48: "},
  };
  for (const auto& row : rows) {
    INFO(row.stage);
    CHECK_THAT(build_error("- json: " + row.stage), Catch::Contains(row.want));
  }
  CHECK(build_error("- json: {expressions: {a: ''}, no_such_option: true}") == "");
}

}  // namespace
}  // namespace lokitail::pipeline::test
