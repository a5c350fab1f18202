#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// Values for these tests: v is there where the line has v=..., z is null, w is never there.
const std::string kExtract = R"(
- json: {expressions: {z: x}, source: object}
- logfmt: {mapping: {v: , u: }}
)";

bool drops(const std::string& stage, const std::string& line) {
  return run_pipeline(kExtract + "- drop: " + stage, {line}, {{"object", "{}"}}).empty();
}

TEST_CASE("drop", "[stage][drop]") {
  const struct {
    std::string stage;
    std::string line;
    bool want;
  } rows[] = {
      {"{source: v}", "v=1", true},
      {"{source: v}", "x=1", false},
      {"{source: z}", "x=1", true},
      {"{source: []}", "x=1", true},
      {"{source: [v, u]}", "v=1 u=2", true},
      {"{source: [v, u]}", "v=1", false},
      {"{source: v, value: a.c}", "v=a.c", true},
      {"{source: v, value: a.c}", "v=abc", false},
      {"{source: v, value: a}", "v=ab", false},
      {"{source: v, value: 204}", "v=204", true},
      {"{source: v, value: ''}", "x=1", true},
      {"{source: z, value: ''}", "x=1", false},
      {"{source: w, expression: '^$'}", "x=1", true},
      {"{source: v, expression: b}", "v=abc", true},
      {"{source: v, expression: ^b}", "v=abc", false},
      {"{source: [v, w, u], value: 1;2}", "v=1 u=2", true},
      {"{source: [u, v], value: 1;2}", "v=1 u=2", false},
      {"{source: [v, u], value: 1;2}", "v=1", false},
      {"{source: [v, z], value: 1}", "v=1", false},
      {"{source: [v, u], value: '1, 2', separator: ', '}", "v=1 u=2", true},
      {"{source: [v, u], expression: ^12$, separator: ''}", "v=1 u=2", true},
      {"{expression: b+}", "abc", true},
      {"{expression: b+}", "ac", false},
      {"{expression: ''}", "", true},
      {"{longer_than: 3}", "abcd", true},
      {"{longer_than: 3b}", "abc", false},
      {"{longer_than: 1KB}", "abcd", false},
      {"{longer_than: ''}", "a", true},
      {"{longer_than: ''}", "", false},
      {"{longer_than: 2, expression: a}", "abc", true},
      {"{longer_than: 2, expression: b$}", "abc", false},
      {"{longer_than: 2, source: v}", "abc", false},
  };
  for (const auto& row : rows) {
    INFO(row.stage << " on " << row.line);
    CHECK(drops(row.stage, row.line) == row.want);
  }
}

TEST_CASE("drop by age", "[stage][drop]") {
  const struct {
    std::string stage;
    std::int64_t age;  // in seconds
    bool want;
  } rows[] = {
      {"{older_than: 1h}", 3601, true},    {"{older_than: 1h}", 3600, false},
      {"{older_than: 1h}", -9999, false},  {"{older_than: 0}", 1, true},
      {"{older_than: 0}", 0, false},       {"{older_than: -1h}", -3599, true},
      {"{older_than: -1h}", -3600, false}, {"{older_than: 2562047h}", 4'000'000'000, false},
  };
  for (const auto& row : rows) {
    INFO(row.stage << " at " << row.age);
    PipelineRunner runner("- drop: " + row.stage);
    runner.push("x", nullptr, kReadTime.plus_seconds(-row.age));
    CHECK(runner.entries().empty() == row.want);
  }
}

TEST_CASE("drop counts", "[stage][drop]") {
  PipelineRunner runner(R"(
- drop: {expression: a}
- drop: {expression: b, drop_counter_reason: many_b}
- drop: {expression: c, drop_counter_reason: ''}
)");
  for (const char* line : {"a", "ab", "b", "c", "d"}) runner.push(line);
  CHECK(runner.dropped() == std::map<std::string, int>{{"drop_stage", 3}, {"many_b", 1}});
  CHECK(runner.entries().size() == 1);
}

TEST_CASE("drop refuses", "[stage][drop]") {
  const std::string nothing =
      "drop stage config must contain at least one of `source`, `expression`, `older_than` or "
      "`longer_than`";
  CHECK(build_error("- drop: {}") == "test.yaml:1:9: " + nothing);
  CHECK(build_error("- drop: {drop_counter_reason: x}") == "test.yaml:1:9: " + nothing);
  CHECK(build_error("- drop: {value: x, longer_than: 1}") ==
        "test.yaml:1:17: drop stage config error, if `value` is specified, `source` must be, too");
  CHECK(build_error("- drop: {source: a, value: x, expression: x}") ==
        "test.yaml:1:28: drop stage config error, `value` and `expression` cannot both be "
        "defined");
  CHECK(build_error("- drop: {source: {a: b}}") ==
        "test.yaml:1:18: drop stage source invalid type should be string or list of strings, "
        "found a mapping");
  CHECK_FALSE(build_error("- drop: {source: [1]}").empty());
  CHECK_FALSE(build_error("- drop: {source: 1}").empty());
  CHECK_FALSE(build_error("- drop: {expression: (}").empty());
  CHECK_FALSE(build_error("- drop: {older_than: 1d}").empty());
  CHECK_FALSE(build_error("- drop: {older_than: 5}").empty());
  CHECK_FALSE(build_error("- drop: {longer_than: 1KiB}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
