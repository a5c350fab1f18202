#include "pipeline/trace_json.h"

#include <catch2/catch.hpp>

#include "pipeline/traced_pipeline.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

std::vector<std::string> traced_json(std::string_view stages, std::initializer_list<const char*> lines) {
  config::Warnings warnings;
  std::vector<std::string> documents;
  TracedPipeline pipeline(
      config::Node::parse(stages, "t.yaml"), {{"job", "t"}}, kReadTime, warnings,
      [&documents](const Passage& passage) { append_json(documents.emplace_back(), passage); });
  for (const char* line : lines) pipeline.push(line);
  pipeline.drain();
  return documents;
}

const std::string kStart = R"("start":{"line":"x","timestamp":"2025-11-07T12:00:00Z","labels":{"job":"t"},)"
                           R"("structured_metadata":[],"extracted":{"job":"t"}})";

TEST_CASE("a passage as JSON", "[trace][json]") {
  CHECK(traced_json("[]", {"x"}) ==
        std::vector{R"({"lines":[1],"outcome":"out",)" + kStart +
                    R"(,"result":{"line":"x","timestamp":"2025-11-07T12:00:00Z","labels":{"job":"t"},)"
                    R"("structured_metadata":[],"extracted":{"job":"t"}},"steps":[]})"});
  CHECK(traced_json("- drop: {expression: x}", {"x"}) ==
        std::vector{R"({"lines":[1],"outcome":"dropped",)" + kStart +
                    R"(,"result":null,"steps":[{"stage":"drop","path":"pipeline_stages[0]",)"
                    R"("place":{"file":"t.yaml","line":1,"column":3},"depth":0,"outcome":"dropped",)"
                    R"("drop_reason":"drop_stage","changes":[],)"
                    R"("before":{"line":"x","timestamp":"2025-11-07T12:00:00Z","labels":{"job":"t"},)"
                    R"("structured_metadata":[],"extracted":{"job":"t"}},"after":null}]})"});
}

TEST_CASE("changes as JSON, with types and odd bytes", "[trace][json]") {
  const std::vector<std::string> documents = traced_json(
      "- json: {expressions: {n: , ok: , none: , s:  }}\n- structured_metadata: {s: }\n"
      "- labeldrop: [job]\n- static_labels: {a: \"\\\"\\x01<\"}\n",
      {R"({"n":0.5,"ok":false,"none":null,"s":"é"})", "\xff"});
  REQUIRE(documents.size() == 2);
  const std::string& first = documents[0];
  for (const char* part : {
           R"({"of":"extracted","name":"n","after":0.5})",
           R"({"of":"extracted","name":"ok","after":false})",
           R"({"of":"extracted","name":"none","after":null})",
           R"("changes":[{"of":"structured_metadata","name":"s","after":"é"}])",
           R"("changes":[{"of":"label","name":"job","before":"t"}])",
           R"("changes":[{"of":"label","name":"a","after":"\"\u0001\u003c"}])",
           R"("structured_metadata":[["s","é"]],"extracted":{)",
       }) {
    INFO(part << "\n" << first);
    CHECK(first.find(part) != std::string::npos);
  }
  CHECK(documents[1].find(R"("start":{"line":"\ufffd",)") != std::string::npos);
}

TEST_CASE("numbers that JSON does not have", "[trace][json]") {
  Passage passage;
  passage.start.extracted = {{"a", {Value::Kind::kNumber, "NaN"}},
                             {"b", {Value::Kind::kNumber, "-Inf"}},
                             {"c", {Value::Kind::kNumber, "-0.5"}}};
  std::string document;
  append_json(document, passage);
  CHECK(document.find(R"("extracted":{"a":"NaN","b":"-Inf","c":-0.5})") != std::string::npos);
}

TEST_CASE("what was kept back as JSON", "[trace][json]") {
  const auto documents = traced_json("- multiline: {firstline: x}", {"x"});
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].find(R"("outcome":"held")") != std::string::npos);
  CHECK(documents[1].find(R"("outcome":"released","changes":[],"before":null,"after":{)") !=
        std::string::npos);
}

}  // namespace
}  // namespace lokitail::pipeline::test
