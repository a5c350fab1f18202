#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("tenant", "[stage][tenant]") {
  const struct {
    std::string what;
    std::string stages;
    std::string want;  // empty: no label
  } rows[] = {
      {"value", "- tenant: {value: a}", "a"},
      {"label", "- tenant: {label: job}", "t"},
      {"source", "- regex: {expression: '(?P<s>l..e)'}\n- tenant: {source: s}", "line"},
      {"missing label", "- tenant: {label: gone}", ""},
      {"missing source", "- tenant: {source: gone}", ""},
      {"empty source", "- regex: {expression: '(?P<s>)'}\n- tenant: {source: s}", ""},
      {"label is not extracted", "- regex: {expression: '(?P<s>.)'}\n- tenant: {label: s}", ""},
      {"the last counts", "- tenant: {value: a}\n- tenant: {value: b}", "b"},
      {"unless it has none", "- tenant: {value: a}\n- tenant: {source: gone}", "a"},
      {"empty keys are none", "- tenant: {value: a, source: '', label: }", "a"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    TextMap want = {{"job", "t"}};
    if (!row.want.empty()) want["__tenant_id__"] = row.want;
    CHECK(run_pipeline(row.stages, {"line"}).at(0).labels == want);
  }
}

TEST_CASE("tenant refuses", "[stage][tenant]") {
  CHECK(build_error("- tenant: {}") == "test.yaml:1:11: label, source or value config are required");
  CHECK(build_error("- tenant: {label: a, value: b}") ==
        "test.yaml:1:11: label, source and value are mutually exclusive");
  CHECK_FALSE(build_error("- tenant: {value: 1}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
