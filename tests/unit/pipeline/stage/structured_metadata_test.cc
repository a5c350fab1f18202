#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("structured_metadata", "[stage][structured_metadata]") {
  const TextMap target = {{"job", "t"}};
  const struct {
    std::string what;
    std::string stages;
    std::string line;
    TextMap metadata;
    TextMap labels;
  } rows[] = {
      {"extracted", "- structured_metadata: {k: , a: k, b: ''}", "k=v", {{"k", "v"}, {"a", "v"}}, target},
      {"empty", "- structured_metadata: {k: }", "k=", {{"k", ""}}, target},
      {"missing", "- structured_metadata: {k: }", "x", {}, target},
      {"no UTF-8", "- structured_metadata: {k: }", "k=\xFF", {}, target},
      {"label", "- structured_metadata: {job: }", "x", {{"job", "t"}}, {}},
      {"label, renamed twice", "- structured_metadata: {a: job, b: job}", "x", {{"a", "t"}, {"b", "t"}}, {}},
      {"label of other value", "- structured_metadata: {job: }", "job=x", {{"job", "x"}}, target},
      {"label that is not extracted",
       "- static_labels: {s: v}\n- structured_metadata: {a: s, b: s}",
       "x",
       {{"a", "v"}, {"b", "v"}},
       target},
      {"label instead of a value without UTF-8",
       "- structured_metadata: {job: }",
       "job=\xFF",
       {{"job", "t"}},
       {}},
      {"two stages",
       "- structured_metadata: {k: }\n- structured_metadata: {a: k}",
       "k=v",
       {{"k", "v"}, {"a", "v"}},
       target},
      {"nothing", "- structured_metadata:", "k=v", {}, target},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto entries = run_pipeline("- logfmt: {mapping: {k: , job: }}\n" + row.stages, {row.line});
    CHECK(entries.at(0).structured_metadata == row.metadata);
    CHECK(entries.at(0).labels == row.labels);
  }
}

TEST_CASE("structured_metadata refuses", "[stage][structured_metadata]") {
  CHECK(build_error("- structured_metadata: {a-b: x}") == "test.yaml:1:25: invalid label name: a-b");
  CHECK(build_error("- structured_metadata: [a]") ==
        "test.yaml:1:24: structured_metadata stage: expected a mapping of names to sources, found "
        "a list");
  CHECK_FALSE(build_error("- structured_metadata: {a: 1}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
