#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// What the stages extract from one line, the target's label aside.
TextMap extract(const std::string& stages, const std::string& line) {
  const auto entries = run_pipeline(stages, {line}, {});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].line == line);
  return entries[0].extracted;
}

std::string regex_stage(const std::string& expression) {
  std::string quoted;
  for (const char c : expression) quoted += c == '\'' ? "''" : std::string(1, c);
  return "- regex: {expression: '" + quoted + "'}\n";
}

TEST_CASE("regex extracts named groups", "[stage][regex]") {
  const struct {
    std::string what;
    std::string expression;
    std::string line;
    TextMap want;
  } rows[] = {
      {"named group", R"(lvl=(?P<lvl>\w+))", "x lvl=info y", {{"lvl", "info"}}},
      {"unnamed groups are not extracted", R"(^(\S+) (?P<lvl>\S+) (.*)$)", "a b c d", {{"lvl", "b"}}},
      {"no group", "abc", "xabcx", {}},
      {"no match", "(?P<v>q)", "abc", {}},
      {"the first match counts", R"((?P<v>\d))", "a1b2", {{"v", "1"}}},
      {"optional group is empty", "a(?P<v>b)?c", "ac", {{"v", ""}}},
      {"empty match", R"(^k=(?P<v>\w*))", "k=", {{"v", ""}}},
      {"empty line", "^(?P<v>.*)$", "", {{"v", ""}}},
      {"leftmost-first, not longest", "(?P<v>a|ab)(?P<w>c?)", "abc", {{"v", "a"}, {"w", ""}}},
      {"last repetition", R"(^(?:(?P<v>\w)-?)+$)", "a-b-c", {{"v", "c"}}},
      {"name without P", R"((?<v>\d+))", "n 42", {{"v", "42"}}},
      {"name twice, first took part", "(?P<v>x)|(?P<v>y)", "x", {{"v", ""}}},
      {"name twice, last took part", "(?P<v>x)|(?P<v>y)", "y", {{"v", "y"}}},
      {"parenthesis after backslash", R"(\((?P<v>\w)\))", "(a)", {{"v", "a"}}},
      {"parenthesis in a class", "[(]([^)]*)[])](?P<v>.)", "(ab)c", {{"v", "c"}}},
      {"named class", "[[:alpha:](]+(?P<v>[[:digit:]])", "a(1", {{"v", "1"}}},
      {"quoted parenthesis", R"(\Q(\E(?P<v>.))", "(a", {{"v", "a"}}},
      {"dot is not a newline", "a(?P<v>.+)b", "a\nb", {}},
      {"dot is a newline on demand", "(?s)a(?P<v>.+)b", "a\nb", {{"v", "\n"}}},
      {"dollar is the very end", R"(^(?P<v>\w+)$)", "word\n", {}},
      {"letters of all scripts", R"((?P<v>\pL+))", "42 žluť", {{"v", "žluť"}}},
      {"digits are ASCII", R"((?P<v>\d+))", "\u0661 7", {{"v", "7"}}},
      {"a byte that is no UTF-8 is one character",
       "^(?P<a>.)(?P<v>.)(?P<b>.)$",
       "a\xFFz",
       {{"a", "a"}, {"v", "\xFF"}, {"b", "z"}}},
      {"... but no letter",
       R"((?P<v>\pL+))",
       "ab\xFF"
       "cd",
       {{"v", "ab"}}},
      {"cut character",
       R"(^(?P<v>\S+) (?P<w>\S+)$)",
       "\xE2\x82 \xF0\x9F\x98",
       {{"v", "\xE2\x82"}, {"w", "\xF0\x9F\x98"}}},
      {"NUL bytes", "(?P<v>b.)", std::string("a\0b\0c", 5), {{"v", std::string("b\0", 2)}}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(extract(regex_stage(row.expression), row.line) == row.want);
  }
}

TEST_CASE("regex keeps earlier values where it does not match", "[stage][regex]") {
  const std::string stages = regex_stage(R"(a=(?P<v>\d+))") + regex_stage(R"(b=(?P<v>\d+))");
  CHECK(extract(stages, "a=1 b=2") == TextMap{{"v", "2"}});
  CHECK(extract(stages, "a=3") == TextMap{{"v", "3"}});
}

TEST_CASE("regex reads from a source", "[stage][regex]") {
  const std::string stages = R"(
- regex: {expression: '^(?P<app>[a-z]+)-(?P<index>\d+)$', source: inst}
)";
  const auto with = run_pipeline(stages, {"x"}, {{"inst", "web-3"}});
  CHECK(with.at(0).extracted == TextMap{{"inst", "web-3"}, {"app", "web"}, {"index", "3"}});
  const auto without = run_pipeline(stages, {"web-3"}, {});
  CHECK(without.at(0).extracted.empty());
  const auto null_source = run_pipeline("- regex: {expression: '(?P<v>.)', source: }", {"x"}, {});
  CHECK(null_source.at(0).extracted == TextMap{{"v", "x"}});
}

TEST_CASE("regex configurations that are refused", "[stage][regex]") {
  const struct {
    std::string what;
    std::string stages;
    std::string want;  // the message's beginning
  } rows[] = {
      {"empty source", "- regex: {expression: x, source: ''}", "test.yaml:1:34: empty source"},
      {"no expression", "- regex: {source: x}", "test.yaml:1:10: regex stage: \"expression\" is required"},
      {"no body", "- regex:", "test.yaml:1:"},
      {"empty expression", "- regex: {expression: ''}", "test.yaml:1:23: expression is required"},
      {"number", "- regex: {expression: 12}", "test.yaml:1:23: expected a string"},
      {"bare string", "- regex: x", "test.yaml:1:10: regex stage: expected a mapping"},
      {"place", "- output: {source: a}\n- regex:\n    expression: '('",
       "test.yaml:3:17: could not compile regular expression: missing )"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK_THAT(build_error(row.stages), Catch::Matchers::StartsWith(row.want));
  }
  const std::string patterns[] = {
      "(?P<v>x",      "(?<!y)(?P<v>x)", R"((?P<v>x)\1)", "(?P<a-b>x)",   "(?P<>x)",
      "(?<é>x)",      "(?P<v>x++)",     "(?>x)(?P<v>y)", R"((?P<v>\y))", R"(x\Z)",
      "(?P<v>[z-a])", R"(\p{Nope})",    R"(a\Cb)",       "[a",           "a\\",
      "(?P<v",        "(?P=v)",         "\xFF",
  };
  for (const std::string& pattern : patterns) {
    INFO(pattern);
    CHECK_THAT(build_error(regex_stage(pattern)),
               Catch::Matchers::Contains("could not compile regular expression: ") ||
                   Catch::Matchers::Contains("not valid YAML"));
  }
}

TEST_CASE("regex warns of keys it does not know", "[stage][regex]") {
  const PipelineRunner runner("- regex: {Expression: x, labels_from_groups: true}");
  REQUIRE(runner.warnings().size() == 1);
  CHECK_THAT(runner.warnings()[0], Catch::Matchers::Contains("labels_from_groups"));
}

}  // namespace
}  // namespace lokitail::pipeline::test
