#include "agent/discovery/target_list.h"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace lokitail::agent {
namespace {

using Targets = std::vector<config::LabelMap>;

TEST_CASE("lists of targets in JSON alone", "[discovery]") {
  CHECK(read_json_target_list(R"( [{"targets": ["a", "b"], "labels": {"x": "y"}}, {"targets": ["c"]}] )") ==
        Targets{
            {{"__address__", "a"}, {"x", "y"}}, {{"__address__", "b"}, {"x", "y"}}, {{"__address__", "c"}}});
  // Tabs, escapes, and what comes first does not matter.
  CHECK(read_json_target_list(
            "[\n\t{\"labels\": {\"x\": \"\\/\\ud83d\\ude00\"},\n\t \"targets\": [\"a\"]}\n]") ==
        Targets{{{"__address__", "a"}, {"x", "/\xF0\x9F\x98\x80"}}});
  for (const char* none :
       {"[]", "null", "[{}]", R"([{"targets": null, "labels": null}])", R"([{"labels": {"a": "b"}}])"}) {
    INFO(none);
    CHECK(read_json_target_list(none).empty());
  }
}

TEST_CASE("what is no list of targets in JSON is told of", "[discovery]") {
  const struct {
    const char* text;
    const char* want;
  } rows[] = {
      {"", "this is no JSON"},
      {"- targets: [a]", "this is no JSON"},
      {"[] []", "this is no JSON"},
      {"{}", "expected a list"},
      {"[null]", "target group 1: expected an object"},
      {R"([{}, {"target": []}])", "target group 2: unknown key \"target\""},
      {R"([{"targets": "a"}])", "`targets` is no list"},
      {R"([{"targets": [1]}])", "an address in `targets` is no text"},
      {R"([{"labels": []}])", "`labels` is no object"},
      {R"([{"labels": {"a": 1}}])", "the label a is no text"},
      {R"([{"labels": {"": "b"}}])", "\"\" is no name of a label"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK_THROWS_WITH(read_json_target_list(row.text), Catch::Contains(row.want));
  }
}

}  // namespace
}  // namespace lokitail::agent
