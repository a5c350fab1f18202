#include "agent/command/test/expectation.h"

#include <catch2/catch.hpp>

namespace lokitail::agent::testing {
namespace {

using pipeline::SnapshotValue;
using pipeline::Value;

config::Warnings warnings;

config::Node yaml(const std::string& text) { return config::Node::parse(text, "t.yaml"); }

SnapshotValue text(const std::string& value) { return {Value::Kind::kText, value}; }
SnapshotValue number(const std::string& value) { return {Value::Kind::kNumber, value}; }
const SnapshotValue kTrue{Value::Kind::kBool, "true"};
const SnapshotValue kNull{Value::Kind::kNull, ""};

TEST_CASE("an expected value matches by what stages see") {
  const struct {
    const char* expected;
    SnapshotValue actual;
    bool matches;
  } rows[] = {
      {"a", text("a"), true},
      {"a", text("A"), false},
      {"a", text("ab"), false},
      {"200", number("200"), true},
      {"200.0", number("200"), true},
      {"2e2", number("200"), true},
      {"200", text("200"), true},
      {"200.0", text("200"), false},
      {"'200'", number("200"), true},
      {"'200.0'", number("200"), false},
      {"true", kTrue, true},
      {"'true'", kTrue, true},
      {"true", text("true"), true},
      {"false", kTrue, false},
      {"null", kNull, true},
      {"", kNull, true},
      {"''", kNull, false},
      {"'null'", kNull, false},
      {"null", text("null"), false},
      {"null", text(""), false},
      {"{regex: '^a+$'}", text("aa"), true},
      {"{regex: '^a+$'}", text("ab"), false},
      {"{regex: b}", text("abc"), true},
      {"{regex: '^2'}", number("200"), true},
      {"{regex: ''}", kNull, false},
  };
  for (const auto& row : rows) {
    INFO(row.expected << " and " << row.actual.text);
    CHECK(Pattern::read_value(yaml(row.expected), warnings).matches(row.actual) == row.matches);
  }
}

TEST_CASE("an expected value is shown as it is written") {
  const struct {
    const char* expected;
    const char* shown;
  } rows[] = {{"a", "\"a\""},   {"'200'", "\"200\""}, {"200", "200"},
              {"true", "true"}, {"", "null"},         {"{regex: '^\\d'}", "/^\\d/"}};
  for (const auto& row : rows) {
    CHECK(Pattern::read_value(yaml(row.expected), warnings).describe() == row.shown);
  }
}

TEST_CASE("an expected time matches the instant, however it is written") {
  const auto matches = [](const char* expected) {
    return Pattern::read_timestamp(yaml(expected), warnings).matches("2025-11-07T12:00:00.5Z");
  };
  CHECK(matches("2025-11-07T12:00:00.5Z"));
  CHECK(matches("2025-11-07T13:00:00.500+01:00"));
  CHECK(matches("{regex: '^2025-11-07T12'}"));
  CHECK_FALSE(matches("2025-11-07T12:00:00Z"));
}

const pipeline::Snapshot kActual{"line",
                                 {1'762'516'800, 0},
                                 {{"job", "t"}, {"level", "info"}},
                                 {{"trace", "1"}},
                                 {{"n", number("5")}, {"job", text("t")}}};

std::vector<std::string> differences_of(const std::string& expected) {
  std::vector<std::string> found;
  for (const Difference& each : differences(read_expected_entry(yaml(expected), warnings), kActual)) {
    found.push_back(each.what + ": " + each.expected.value_or("-") + " " + each.actual.value_or("-"));
  }
  return found;
}

TEST_CASE("differences of an entry: only what is given counts, and only what differs is told") {
  using Found = std::vector<std::string>;
  CHECK(differences_of("{}").empty());
  CHECK(differences_of("line").empty());
  CHECK(differences_of("{line: line, labels: {level: info, job: t}, timestamp: "
                       "2025-11-07T12:00:00Z, structured_metadata: {trace: '1'}, extracted: {n: 5}}")
            .empty());
  CHECK(differences_of("{labels_include: {job: t}, extracted: {}}").empty());
  CHECK(differences_of("other") == Found{"line: \"other\" \"line\""});
  CHECK(differences_of("{timestamp: 2025-11-07T12:00:01Z}") ==
        Found{"timestamp: 2025-11-07T12:00:01Z 2025-11-07T12:00:00Z"});
  CHECK(differences_of("{labels: {a: x, level: warn}}") ==
        Found{"label a: \"x\" -", "label job: - \"t\"", "label level: \"warn\" \"info\""});
  CHECK(differences_of("{labels: {}}") == Found{"label job: - \"t\"", "label level: - \"info\""});
  CHECK(differences_of("{labels_include: {job: u, z: x}}") ==
        Found{"label job: \"u\" \"t\"", "label z: \"x\" -"});
  CHECK(differences_of("{structured_metadata: {}}") == Found{"structured metadata trace: - \"1\""});
  CHECK(differences_of("{extracted: {n: 6, gone: null}}") ==
        Found{"extracted gone: null -", "extracted n: 6 5"});
}

}  // namespace
}  // namespace lokitail::agent::testing
