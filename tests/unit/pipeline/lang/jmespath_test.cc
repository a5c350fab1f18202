#include "pipeline/lang/jmespath.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::pipeline::lang {
namespace {

struct Row {
  std::string expression;
  std::string document;
  std::string want;  // as JSON; "error: ..." if it cannot be evaluated
};

std::string evaluate(const JmesPath& path, const JsonValue& document, Arena& arena) {
  const JmesPath::Result result = path.evaluate(document, arena);
  if (result.error != nullptr) return "error: " + std::string(result.error);
  std::string printed;
  return print_json(printed, result.value, JsonStyle::kJsonIterator) ? printed : "unprintable";
}

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.expression << " on " << row.document);
    Arena arena;
    const auto document = parse_strict_json(row.document, arena);
    REQUIRE(document);
    CHECK(evaluate(JmesPath::compile(row.expression), *document, arena) == row.want);
  }
}

TEST_CASE("JMESPath names", "[jmespath]") {
  check({
      {"a", R"({"a":1})", "1"},
      {"a", R"({"b":1})", "null"},
      {"a", R"([1])", "null"},
      {"a.b.c", R"({"a":{"b":{"c":"x"}}})", R"("x")"},
      {"a.b.c", R"({"a":{"b":1}})", "null"},
      {" a . b ", R"({"a":{"b":2}})", "2"},
      {"_a1", R"({"_a1":1})", "1"},
      {R"("a.b")", R"({"a.b":1})", "1"},
      {R"("with space"."x-y")", R"({"with space":{"x-y":1}})", "1"},
      {R"("q\"uote")", R"({"q\"uote":1})", "1"},
      {R"("\u0061b")", R"({"ab":1})", "1"},
      {R"("")", R"({"":1})", "1"},
      {R"("é")", R"({"é":1})", "1"},
      {"@", R"({"a":1})", R"({"a":1})"},
      {"@.a", R"({"a":1})", "1"},
  });
}

TEST_CASE("JMESPath indexes and slices", "[jmespath]") {
  check({
      {"l[0]", R"({"l":[1,2]})", "1"},
      {"l[-1]", R"({"l":[1,2]})", "2"},
      {"l[2]", R"({"l":[1,2]})", "null"},
      {"l[-3]", R"({"l":[1,2]})", "null"},
      {"l[-9223372036854775808]", R"({"l":[1,2]})", "null"},
      {"l[0]", R"({"l":{"0":1}})", "null"},
      {"[1]", "[1,2]", "2"},
      {"l[0][1].k", R"({"l":[[0,{"k":7}]]})", "7"},
      {"l[1:3]", R"({"l":[1,2,3,4,5]})", "[2,3]"},
      {"l[:2]", R"({"l":[1,2,3,4,5]})", "[1,2]"},
      {"l[::2]", R"({"l":[1,2,3,4,5]})", "[1,3,5]"},
      {"l[::-1]", R"({"l":[1,2,3,4,5]})", "[5,4,3,2,1]"},
      {"l[-2:]", R"({"l":[1,2,3,4,5]})", "[4,5]"},
      {"l[3:1]", R"({"l":[1,2,3,4,5]})", "[]"},
      {"l[3:1:-1]", R"({"l":[1,2,3,4,5]})", "[4,3]"},
      {"l[10:-10:-2]", R"({"l":[1,2,3,4,5]})", "[5,3,1]"},
      {"l[:]", R"({"l":[1,2]})", "[1,2]"},
      {"l[::9223372036854775807]", R"({"l":[1,2]})", "[1]"},
      {"l[::-9223372036854775808]", R"({"l":[1,2]})", "[2]"},
      {"l[1::9223372036854775807]", R"({"l":[1,2]})", "[2]"},
      {"l[::-1]", R"({"l":[]})", "[]"},
      {"l[::0]", R"({"l":[1]})", "error: a slice's step may not be 0"},
      {"l[0:2]", R"({"l":"hello"})", "null"},
      {"l[:2].k", R"({"l":[{"k":1},{"k":2},{"k":3}]})", "[1,2]"},
      {"l[:1 2]", R"({"l":[1,2,3]})", "[1,2]"},
  });
}

TEST_CASE("JMESPath projections", "[jmespath]") {
  check({
      {"l[*].k", R"({"l":[{"k":1},{"x":2},{"k":3}]})", "[1,3]"},
      {"l[*]", R"({"l":[1,null,2]})", "[1,2]"},
      {"l[*].k", R"({"l":{"k":1}})", "null"},
      {"x[*].k", "{}", "null"},
      {"[*].k", R"([{"k":1}])", "[1]"},
      {"l[*].m[*].k", R"({"l":[{"m":[{"k":1},{"k":2}]},{"m":[]}]})", "[[1,2],[]]"},
      {"l[*].m[].k", R"({"l":[{"m":[{"k":1}]},{"m":[{"k":2}]}]})", "[1,2]"},
      {"l[]", R"({"l":[[1,[2]],3,[]]})", "[1,[2],3]"},
      {"l[][]", R"({"l":[[1,[2]],3,[]]})", "[1,2,3]"},
      {"l[]", R"({"l":1})", "null"},
      {"[]", "[[1],2]", "[1,2]"},
      {"l[*][0]", R"({"l":[[1,2],[3]]})", "[1,3]"},
      {"l[*] | [0]", R"({"l":[4,5]})", "4"},
      {"m.*", R"({"m":{"x":1,"y":2}})", "[1,2]"},
      {"m.*.n", R"({"m":{"x":{"n":5},"y":{}}})", "[5]"},
      {"*", R"({"x":1})", "[1]"},
      {"*.*", R"({"x":{"y":1}})", "[[1]]"},
      {"m.*", R"({"m":[1]})", "null"},
      {"[*]", "[1]", "[1]"},
      {"l[?k]", R"({"l":[{"k":true},{"k":false},{}]})", R"([{"k":true}])"},
      {"l[?k==`1`].v", R"({"l":[{"k":1,"v":"a"},{"k":2,"v":"b"}]})", R"(["a"])"},
      {"l[?k > `1`].k", R"({"l":[{"k":1},{"k":2},{"k":"3"}]})", "[2]"},
      {"l[?k >= `1` && k < `3`].k", R"({"l":[{"k":1},{"k":2},{"k":3}]})", "[1,2]"},
      {"l[?!k].v", R"({"l":[{"k":"","v":1},{"k":0,"v":2}]})", "[1]"},
      {"l[?id == 'a' || id == 'c'].n", R"({"l":[{"id":"a","n":1},{"id":"b","n":2},{"id":"c","n":3}]})",
       "[1,3]"},
      {"l[?(id == 'a')].n", R"({"l":[{"id":"a","n":1}]})", "[1]"},
      {"l[?x][]", R"({"l":[{"x":1}]})", R"([{"x":1}])"},
      {"[?@ > `1`]", "[1,2]", "[2]"},
      {"l[?k]", R"({"l":{"k":1}})", "null"},
      // The library gives each projection over values as many nulls first.
      {"m.*.type(@)", R"({"m":{"x":1,"y":"s"}})", R"(["null","null","number","string"])"},
      {"m.*.abs(@)", R"({"m":{"x":1}})", "error: wrong type of argument"},
      {"m.*.abs(@)", R"({"m":{}})", "[]"},
  });
}

TEST_CASE("JMESPath operators", "[jmespath]") {
  check({
      {"a == b", R"({"a":[1,{"x":2}],"b":[1.0,{"x":2}]})", "true"},
      {"a != b", R"({"a":1,"b":"1"})", "true"},
      {"a == b", "{}", "true"},
      {"a < b", R"({"a":1,"b":2})", "true"},
      {"a <= b", R"({"a":2,"b":2})", "true"},
      {"a > b", R"({"a":1,"b":2})", "false"},
      {"a >= b", R"({"a":1,"b":2})", "false"},
      {"a < b", R"({"a":"a","b":"b"})", "null"},
      {"a || b", R"({"a":"","b":2})", "2"},
      {"a || b", R"({"a":0,"b":2})", "0"},
      {"a || b", R"({"a":[],"b":{}})", "{}"},
      {"a && b", R"({"a":1,"b":2})", "2"},
      {"a && b", R"({"a":false,"b":2})", "false"},
      {"!a", R"({"a":{}})", "true"},
      {"!!a", R"({"a":1})", "true"},
      {"a || b && c", R"({"a":1,"c":3})", "1"},
      {"(a || b) && c", R"({"a":1,"c":3})", "3"},
      {"!a || b", R"({"a":1,"b":2})", "2"},
      {"a.b | c", R"({"a":{"b":{"c":1}}})", "1"},
      {"a == b == c", R"({"a":1,"b":1,"c":true})", "true"},
  });
}

TEST_CASE("JMESPath literals and selections", "[jmespath]") {
  check({
      {"'raw'", "{}", R"("raw")"},
      {R"('it\'s')", "{}", R"("it's")"},
      {R"('a\nb\\ ')", "{}", R"("a\\nb\\\\ ")"},
      {"''", "{}", R"("")"},
      {"`5`", "{}", "5"},
      {R"(`"lit"`)", "{}", R"("lit")"},
      {"`\"\\`\"`", "{}", R"("`")"},
      {"` [1, 2] `", "{}", "[1,2]"},
      {"`null`", "{}", "null"},
      {"[a, b]", R"({"a":1})", "[1,null]"},
      {"{x: a, \"y z\": b.c}", R"({"a":1,"b":{"c":2}})", R"({"x":1,"y z":2})"},
      {"{x: a, x: b}", R"({"a":1,"b":2})", R"({"x":2})"},
      {"{x: a y: b}", R"({"a":1,"b":2})", R"({"x":1,"y":2})"},
      {"n.[a]", "{}", "null"},
      {"n.{a: a}", "{}", "null"},
      {"l[*].[k, v]", R"({"l":[{"k":1,"v":2}]})", "[[1,2]]"},
      {"l[*].{n: k}", R"({"l":[{"k":1}]})", R"([{"n":1}])"},
      {"o.[a, b][0]", R"({"o":{"a":1}})", "1"},
      {"[[0], [1]]", "[5,6]", "[5,6]"},
      {"&a", R"({"a":1})", "{}"},
      {"[&a]", R"({"a":1})", "[{}]"},
  });
}

TEST_CASE("JMESPath functions", "[jmespath]") {
  check({
      {"abs(@)", "-5", "5"},
      {"avg(@)", "[1,2,6]", "3"},
      {"[avg(@)]", "[]", "unprintable"},
      {"ceil(@)", "1.2", "2"},
      {"floor(@)", "-1.2", "-2"},
      {"contains(@, 'ell')", R"("hello")", "true"},
      {"contains(@, `1`)", R"("1")", "false"},
      {"contains(@, '')", R"("")", "true"},
      {"contains(@, `1`)", "[0,1]", "true"},
      {"contains(@, `null`)", "[null]", "true"},
      {"contains(@, 'q')", R"(["p"])", "false"},
      {"contains(@, `[1]`)", "[2]", "false"},
      {"contains(@, `[1]`)", "[[1]]", "error: contains() cannot compare arrays and objects"},
      {"ends_with(@, 'lo')", R"("hello")", "true"},
      {"starts_with(@, 'lo')", R"("hello")", "false"},
      {"join(', ', @)", R"(["x","y"])", R"("x, y")"},
      {"join(', ', @)", "[]", R"("")"},
      {"join(', ', @)", "[1]", "error: wrong type of argument"},
      {"keys(@)", R"({"b":1,"a":2})", R"(["b","a"])"},
      {"values(@)", R"({"b":1,"a":2})", "[1,2]"},
      {"length(@)", R"("žluť")", "4"},
      {"length(@)", "[1,2]", "2"},
      {"length(@)", R"({"a":1})", "1"},
      {"length(@)", "1", "error: wrong type of argument"},
      {"map(&k, @)", R"([{"k":1},{}])", "[1,null]"},
      {"map(&abs(k), @)", R"([{"k":-1},{}])", "error: wrong type of argument"},
      {"max(@)", "[1,3,2]", "3"},
      {"max(@)", R"(["p","q","o"])", R"("q")"},
      {"max(@)", "[]", "null"},
      {"max(@)", R"([1,"a"])", "error: wrong type of argument"},
      {"min(@)", "[2,1,3]", "1"},
      {"max_by(@, &k)", R"([{"k":1,"v":"a"},{"k":2,"v":"b"},{"k":2,"v":"c"}])", R"({"k":2,"v":"b"})"},
      {"min_by(@, &k)", R"([{"k":"b"},{"k":"a"}])", R"({"k":"a"})"},
      {"max_by(@, &k)", R"([{"k":1},{"k":"a"}])", "error: keys must be all numbers or all strings"},
      {"max_by(@, &k)", "[{},{}]", "error: a key must be a number or a string"},
      {"max_by(@, &k)", "[{}]", "{}"},
      {"max_by(@, &k)", "[]", "null"},
      {"merge(@, `{\"b\":3,\"c\":4}`)", R"({"a":1,"b":2})", R"({"a":1,"b":3,"c":4})"},
      {"merge(@, 'a')", "{}", "error: merge() takes objects"},
      {"merge()", "{}", "error: wrong number of arguments"},
      {"not_null(a, b, c)", R"({"b":null,"c":3})", "3"},
      {"not_null(a)", "{}", "null"},
      {"reverse(@)", "[1,2]", "[2,1]"},
      {"reverse(@)", R"("žlu")", R"("ulž")"},
      {"sort(@)", "[3,1,2]", "[1,2,3]"},
      {"sort(@)", R"(["b","a"])", R"(["a","b"])"},
      {"sort(@)", "[]", "[]"},
      {"sort(@)", R"([1,"a"])", "error: wrong type of argument"},
      {"sort_by(@, &k)[*].v", R"([{"k":2,"v":1},{"k":1,"v":2},{"k":2,"v":3}])", "[2,1,3]"},
      {"sort_by(@, &k)", R"([{"k":[]}])", R"([{"k":[]}])"},
      {"sort_by(@, &k)", R"([{"k":1},{}])", "error: a key must be a number or a string"},
      {"sum(@)", "[1,2.5]", "3.5"},
      {"sum(@)", "[]", "0"},
      {"to_array(@)", "[1]", "[1]"},
      {"to_array(@)", R"("a")", R"(["a"])"},
      {"to_number(@)", R"("42.5")", "42.5"},
      {"to_number(@)", R"("0x1p4")", "16"},
      {"to_number(@)", R"("x1")", "null"},
      {"to_number(@)", R"(" 1")", "null"},
      {"to_number(@)", "true", "null"},
      {"to_string(@)", R"("a")", R"("a")"},
      {"to_string(@)", R"({"b":1e-7,"a":"<"})", R"("{\"a\":\"\\u003c\",\"b\":1e-7}")"},
      {"to_string(@)", "null", R"("null")"},
      {"type(@)", "1", R"("number")"},
      {"type(@)", R"("a")", R"("string")"},
      {"type(@)", "[]", R"("array")"},
      {"type(@)", "{}", R"("object")"},
      {"type(@)", "null", R"("null")"},
      {"type(@)", "false", R"("boolean")"},
      {"type(&a)", "{}", "error: unknown type"},
      {"length(keys(@))", R"({"a":1})", "1"},
      {"l[*].length(@)", R"({"l":["a","bc"]})", "[1,2]"},
      {"length(a b)", "{}", "error: wrong number of arguments"},
      {"frobnicate(a)", "{}", "error: unknown function"},
      {"length(a, b)", "{}", "error: wrong number of arguments"},
      {"length(&a)", "{}", "error: wrong type of argument"},
      {"'length'(@)", R"("abc")", "3"},
      {"@(a)", "{}", "error: unknown function"},
      // What stands left of a projection may fail quietly, but for a list's.
      {"abs('a')[]", "{}", "null"},
      {"abs('a').*", "{}", "null"},
      {"abs('a')[?b]", "{}", "null"},
      {"abs('a')[*]", "{}", "error: wrong type of argument"},
      {"abs('a') || b", "{}", "error: wrong type of argument"},
      {"!abs('a')", "{}", "error: wrong type of argument"},
      {"[0", "[1]", "error: broken expression"},
      {"[1:", "[1]", "error: broken expression"},
  });
}

TEST_CASE("JMESPath on the document null", "[jmespath]") {
  const Row rows[] = {
      {"a", "", "null"},
      {"@", "", "null"},
      {"[@]", "", "[null]"},
      {"type(@)", "", R"("object")"},
      {"keys(@)", "", "[]"},
      {"length(@)", "", "0"},
      {"@ == `null`", "", "false"},
      {"!@", "", "true"},
      {"{a: b}", "", R"({"a":null})"},
  };
  for (const Row& row : rows) {
    INFO(row.expression);
    Arena arena;
    CHECK(evaluate(JmesPath::compile(row.expression), JsonValue::null_document(), arena) == row.want);
  }
}

TEST_CASE("JMESPath expressions that are refused", "[jmespath]") {
  const struct {
    std::string expression;
    std::size_t offset;
  } rows[] = {
      {"", 0},       {" ", 1},         {"foo[", 4},      {"user-agent", 4},
      {"1abc", 0},   {"a.", 2},        {".a", 0},        {"a..b", 2},
      {"a b", 2},    {"a.1", 2},       {"'abc", 0},      {"\"abc", 0},
      {"`abc", 0},   {"`abc`", 0},     {"\"a\nb\"", 0},  {"#", 0},
      {"a=b", 1},    {"a = b", 2},     {"a[0", 3},       {"a[b]", 2},
      {"a[1:b]", 4}, {"[1:2:3:4]", 7}, {"{a b}", 3},     {"{}", 1},
      {"{a:}", 3},   {"f(", 2},        {"f(a", 3},       {"(a", 2},
      {"a)", 1},     {"a[?b", 4},      {"a[?]", 3},      {"a ||", 4},
      {"&", 1},      {"\"f\"(a)", 0},  {"a[*]b", 4},     {"a[99999999999999999999]", 2},
      {"é", 0},      {"[]]", 2},       {"[0:1].a[0", 9}, {"a.*b", 3},
      {"[*", 2},
  };
  for (const auto& row : rows) {
    INFO(row.expression);
    try {
      JmesPath::compile(row.expression);
      FAIL_CHECK("it compiled");
    } catch (const JmesPathError& error) {
      CHECK(error.offset() == row.offset);
      CHECK(error.what() != std::string());
    }
  }
}

TEST_CASE("JMESPath expressions have a bounded depth", "[jmespath]") {
  const auto repeated = [](std::size_t count, const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
  };
  Arena arena;
  const JsonValue document;
  const auto good = [&](const std::string& expression) {
    return evaluate(JmesPath::compile(expression), document, arena) == "null";
  };
  CHECK(good("a" + repeated(400, ".a")));
  CHECK(good(repeated(90, "(") + "a" + repeated(90, ")")));
  CHECK(good("a" + repeated(400, " || a")));
  CHECK_THROWS_AS(JmesPath::compile("a" + repeated(100000, ".a")), JmesPathError);
  CHECK_THROWS_AS(JmesPath::compile("a" + repeated(100000, "[0]")), JmesPathError);
  for (const std::string open : {"(", "[", "!", "&", "f(", "{a:", "[?", "a[?", "a ||"}) {
    CHECK_THROWS_AS(JmesPath::compile(repeated(100000, open)), JmesPathError);
  }
}

TEST_CASE("JMESPath evaluations end before they blow up", "[jmespath]") {
  const auto repeated = [](int count, const std::string& text, const std::string& between) {
    std::string result = text;
    for (int i = 1; i < count; ++i) result += between + text;
    return result;
  };
  const std::string doubled = repeated(60, "[@,@]", "|");
  const std::string error = "error: the expression does too much work";
  const Row rows[] = {
      {doubled, "1", "unprintable"},  // the parts are shared, so that it can be made
      {"length(" + doubled + ")", "1", "2"},
      {doubled + " == " + doubled, "1", error},
      {repeated(60, "[@,@][]", "|"), "1", error},
      {repeated(60, "[@,@][]", "|") + "|[0]", "1", error},
      {repeated(60, "join('',[@,@])", "|"), "\"ab\"", error},
      {repeated(60, "to_string([@,@])", "|"), "1", error},
      {repeated(60, "{a:@,b:@}", "|") + "|to_string(@)", "1",
       "error: JSON has neither NaN nor infinities, and texts have an end"},
      {repeated(40, "[@,@]", "|") + repeated(40, "[]", ""), "1", "null"},  // [] forgets errors
      {"contains(" + doubled + ", `1`)", "1", "false"},
  };
  for (const Row& row : rows) {
    INFO(row.expression);
    Arena arena;
    const auto document = parse_strict_json(row.document, arena);
    CHECK(evaluate(JmesPath::compile(row.expression), *document, arena) == row.want);
  }
}

TEST_CASE("JMESPath works on documents that are as deep as can be", "[jmespath]") {
  constexpr std::size_t kDepth = 9'000;
  std::string text;
  for (std::size_t i = 0; i < kDepth; ++i) text += R"({"a":[)";
  for (std::size_t i = 0; i < kDepth; ++i) text += "]}";
  text.resize(text.size() + kTextPadding);
  Arena arena;
  JsonParser parser;
  const auto parse = [&](std::size_t depth) {
    const std::string_view all = text;
    return parser.parse_document(all.substr((kDepth - depth) * 6, depth * 8), arena);
  };
  CHECK_FALSE(parse(kDepth));  // two levels each: deeper than Promtail's parser goes
  const auto document = parse(4'900);
  REQUIRE(document);
  CHECK(evaluate(JmesPath::compile("a[0].a[0].a | type(@)"), *document, arena) == R"("array")");
  CHECK(evaluate(JmesPath::compile("@ == @"), *document, arena) == "true");
  CHECK(evaluate(JmesPath::compile("length(to_string(@))"), *document, arena) == "39200");
}

TEST_CASE("JMESPath expressions that are plain paths", "[jmespath]") {
  using Keys = std::vector<std::string>;
  const auto path = [](const std::string& expression) {
    return JmesPath::compile(expression).plain_path().value_or(Keys{"none"});
  };
  CHECK(path("a") == Keys{"a"});
  CHECK(path("a.b.\"c d\"") == Keys{"a", "b", "c d"});
  CHECK(path("(a.b) | c") == Keys{"a", "b", "c"});
  CHECK(path("@.a") == Keys{"a"});
  for (const std::string expression : {"@", "a[0]", "a.*", "a || b", "length(a)", "'a'", "[a]"}) {
    INFO(expression);
    CHECK_FALSE(JmesPath::compile(expression).plain_path());
  }
}

}  // namespace
}  // namespace lokitail::pipeline::lang
