#include <catch2/catch.hpp>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

const std::string kTakeMessage = "- regex: {expression: '(?s)(?P<message>.*)'}\n";

// What the stage extracts from a message.
TextMap extract_message(const std::string& message, const std::string& settings = "") {
  const auto entries = run_pipeline(kTakeMessage + "- eventlogmessage: " + settings, {message});
  TextMap extracted = entries.at(0).extracted;
  extracted.erase("message");
  extracted.erase("job");
  return extracted;
}

TEST_CASE("eventlogmessage", "[stage][eventlogmessage]") {
  const struct {
    std::string what;
    std::string settings;
    std::string message;
    TextMap want;
  } rows[] = {
      {"lines", "", "A: 1\r\nB: 2\r\n", {{"A", "1"}, {"B", "2"}}},
      {"nothing", "", "", {}},
      {"no colon", "", "An account\r\n\r\nA:1", {{"A", "1"}}},
      {"newline alone", "", "A: 1\nB: 2", {{"A", "1\nB: 2"}}},
      {"more colons", "", "A: 1:2", {{"A", "1:2"}}},
      {"spaces of all kinds", "", "A:\t\u00A0 x y \u2003\u3000", {{"A", "x y"}}},
      {"empty value", "", "A:", {{"A", ""}}},
      {"no UTF-8", "", "A: \xFF\r\nB: 1", {{"B", "1"}}},
      {"names",
       "",
       "Logon Type: a\r\n1st: b\r\nü.x2: c\r\n\xFF\xFE: d\r\n: e",
       {{"Logon_Type", "a"}, {"_st", "b"}, {"__x2", "c"}, {"__", "d"}, {"_", "e"}}},
      {"names left out", "{drop_invalid_labels: true}", "Logon Type: a\r\n: b\r\nC: c", {{"C", "c"}}},
      {"again", "", "A: 1\r\nA: 2\r\nA: 3", {{"A", "1"}, {"A_extracted", "3"}}},
      {"again, sanitized",
       "",
       "A B: 1\r\nA C: 1\r\nA B: 2",
       {{"A_B", "1"}, {"A_B_extracted", "2"}, {"A_C", "1"}}},
      {"again, over the first", "{overwrite_existing: true}", "A: 1\r\nA: 2", {{"A", "2"}}},
      {"a label", "", "job: x", {{"job_extracted", "x"}}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(extract_message(row.message, row.settings) == row.want);
  }
}

TEST_CASE("eventlogmessage and its source", "[stage][eventlogmessage]") {
  const auto other =
      run_pipeline("- json: {expressions: {body: , message: }}\n- eventlogmessage: {source: body}\n",
                   {R"({"body":"A: 1","message":"B: 1"})"});
  CHECK(other.at(0).extracted.contains("A"));
  CHECK_FALSE(other.at(0).extracted.contains("B"));
  CHECK(run_pipeline("- eventlogmessage:", {"A: 1"}).size() == 1);  // there is none
  const std::string json = "- json: {expressions: {message: }}\n- eventlogmessage:";
  CHECK(run_pipeline(json, {R"({"message":5})"}).size() == 1);
  CHECK(run_pipeline(json, {R"({"message":null})"}).empty());
}

TEST_CASE("eventlogmessage bounds the names that it makes", "[stage][eventlogmessage]") {
  std::string message;
  for (int i = 0; i < 3'000; ++i) message += "k" + std::to_string(i) + ": v\r\n";
  message += "wanted: v";
  const auto entries = run_pipeline(
      kTakeMessage + "- eventlogmessage:\n- template: {source: wanted, template: '{{ .Value }}!'}",
      {message});
  CHECK(entries.at(0).extracted.size() == 1'000 + 3);
  CHECK(entries.at(0).extracted.at("wanted") == "v!");
}

TEST_CASE("eventlogmessage refuses", "[stage][eventlogmessage]") {
  CHECK(build_error("- eventlogmessage: {source: ''}") == "test.yaml:1:29: invalid label name: ");
  CHECK_FALSE(build_error("- eventlogmessage: {source: a-b}").empty());
  CHECK_FALSE(build_error("- eventlogmessage: {overwrite_existing: 'true'}").empty());
}

}  // namespace
}  // namespace lokitail::pipeline::test
