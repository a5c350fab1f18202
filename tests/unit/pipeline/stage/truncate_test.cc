#include <catch2/catch.hpp>

#include <string>

#include "pipeline/utf8.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

TEST_CASE("borders of characters", "[utf8]") {
  const struct {
    std::string_view text;
    std::size_t at;
    std::size_t want;
  } rows[] = {
      {"abc", 0, 0},
      {"abc", 2, 2},
      {"aé", 2, 1},
      {"éa", 2, 2},
      {"a€b", 1, 1},
      {"a€b", 2, 1},
      {"a€b", 3, 1},
      {"a€b", 4, 4},
      {"😀😀", 3, 0},
      {"😀😀", 4, 4},
      {"😀😀", 7, 4},
      {"é", 1, 0},
      {"\x80\x80\x80\x80\x80", 4, 4},  // no character at all
      {"\xE2\x82xx", 1, 1},            // one that does not end
      {"a\xC3", 1, 1},
  };
  for (const auto& row : rows) {
    INFO(row.text << " " << row.at);
    CHECK(character_border(row.text, row.at) == row.want);
  }
}

std::string truncated_line(const std::string& rule, const std::string& line) {
  return run_pipeline("- truncate: " + rule, {line}).at(0).line;
}

TEST_CASE("truncate cuts lines", "[stage][truncate]") {
  const struct {
    const char* what;
    std::string rule;
    std::string line;
    std::string want;
  } rows[] = {
      {"empty", "{limit: 3}", "", ""},
      {"at the limit", "{limit: 3}", "abc", "abc"},
      {"above it", "{limit: 3}", "abcd", "abc"},
      {"in kilobytes", "{limit: 1KB}", std::string(2'000, 'x'), std::string(1'024, 'x')},
      {"between characters", "{limit: 4}", "aéé", "aé"},
      {"nothing is left", "{limit: 3}", "😀", ""},
      {"bytes that are no UTF-8", "{limit: 2}", "a\xFF\x80\x80", "a\xFF"},
      {"suffix", "{limit: 5, suffix: ...}", "abcdef", "ab..."},
      {"suffix at the limit", "{limit: 5, suffix: ...}", "abcde", "abcde"},
      {"long suffix", "{limit: 5, suffix: …}", "abcédef", "ab…"},
      {"long suffix behind a short character", "{limit: 6, suffix: …}", "abcédef", "abc…"},
      {"explicit", "{limit: 2, source_type: line}", "abc", "ab"},
      {"last rule", "{rules: [{limit: 4, suffix: '!'}, {limit: 2, suffix: '?'}]}", "abcdef", "a?"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(truncated_line(row.rule, row.line) == row.want);
  }
}

TEST_CASE("truncate leaves a line that can be parsed", "[stage][truncate]") {
  // The JSON scanner reads beyond the end of its text.
  const std::string stages = "- truncate: {limit: 7, suffix: '}'}\n- json: {expressions: {a: }}";
  CHECK(run_pipeline(stages, {R"({"a":1234})"}).at(0).extracted.at("a") == "1");
}

// The labels a and b, structured metadata c and d, and extracted values, all of five letters.
std::vector<Collected> run_full(const std::string& rule) {
  const std::string stages =
      "- json: {expressions: {c: , d: , number: }}\n"
      "- structured_metadata: {c: , d: }\n"
      "- truncate: " +
      rule;
  return run_pipeline(stages, {R"({"c":"ccccc","d":"ddddd","number":12345})"},
                      {{"a", "aaaaa"}, {"b", "bbbbb"}});
}

TEST_CASE("truncate cuts labels, structured metadata and extracted values", "[stage][truncate]") {
  const TextMap labels = {{"a", "aaaaa"}, {"b", "bbbbb"}};
  const TextMap metadata = {{"c", "ccccc"}, {"d", "ddddd"}};
  const TextMap extracted = {
      {"a", "aaaaa"}, {"b", "bbbbb"}, {"c", "ccccc"}, {"d", "ddddd"}, {"number", "12345"}};
  const struct {
    std::string rule;
    TextMap labels;
    TextMap metadata;
    TextMap extracted;  // beside `truncated`
    std::string truncated;
  } rows[] = {
      {"{limit: 5, source_type: label}", labels, metadata, extracted, ""},
      {"{limit: 2, source_type: label}", {{"a", "aa"}, {"b", "bb"}}, metadata, extracted, "label"},
      {"{limit: 2, suffix: '~', source_type: label, sources: b}",
       {{"a", "aaaaa"}, {"b", "b~"}},
       metadata,
       extracted,
       "label"},
      {"{limit: 2, source_type: label, sources: [z, a]}",
       {{"a", "aa"}, {"b", "bbbbb"}},
       metadata,
       extracted,
       "label"},
      {"{limit: 2, source_type: label, sources: [c]}", labels, metadata, extracted, ""},
      {"{limit: 2, source_type: structured_metadata}",
       labels,
       {{"c", "cc"}, {"d", "dd"}},
       extracted,
       "structured_metadata"},
      {"{limit: 2, source_type: structured_metadata, sources: [d, a]}",
       labels,
       {{"c", "ccccc"}, {"d", "dd"}},
       extracted,
       "structured_metadata"},
      {"{limit: 2, source_type: extracted}",
       labels,
       metadata,
       {{"a", "aa"}, {"b", "bb"}, {"c", "cc"}, {"d", "dd"}, {"number", "12345"}},
       "extracted"},
      {"{limit: 2, source_type: extracted, sources: [number, c]}",
       labels,
       metadata,
       {{"a", "aaaaa"}, {"b", "bbbbb"}, {"c", "cc"}, {"d", "ddddd"}, {"number", "12345"}},
       "extracted"},
      {"{rules: [{limit: 9}, {limit: 4, source_type: label, sources: a}, "
       "{limit: 3, source_type: structured_metadata, sources: c}]}",
       {{"a", "aaaa"}, {"b", "bbbbb"}},
       {{"c", "ccc"}, {"d", "ddddd"}},
       extracted,
       "label,line,structured_metadata"},
  };
  for (const auto& row : rows) {
    INFO(row.rule);
    const Collected entry = run_full(row.rule).at(0);
    CHECK(entry.labels == row.labels);
    CHECK(entry.structured_metadata == row.metadata);
    TextMap want = row.extracted;
    if (!row.truncated.empty()) want.emplace("truncated", row.truncated);
    CHECK(entry.extracted == want);
  }
}

TEST_CASE("truncate adds to the marks of an earlier one", "[stage][truncate]") {
  const auto mark = [](const std::string& stages, const std::string& line) {
    return run_pipeline(stages, {line}, {{"a", "aaaaa"}}).at(0).extracted["truncated"];
  };
  CHECK(mark("- truncate: {limit: 1}\n- truncate: {limit: 1, source_type: label}", "xx") == "label,line");
  CHECK(mark("- truncate: {limit: 1, source_type: label}\n- truncate: {limit: 1}", "xx") == "label,line");
  // What the line itself says is no mark.
  CHECK(mark("- json: {expressions: {truncated: }}\n- truncate: {limit: 1}", R"({"truncated":true})") ==
        "line");
}

TEST_CASE("truncate counts", "[stage][truncate]") {
  PipelineRunner runner(
      "- truncate: {rules: [{limit: 2}, {limit: 1, source_type: label}, "
      "{limit: 1, source_type: extracted, sources: a}]}",
      {{"a", "aa"}, {"b", "bb"}, {"c", "c"}});
  runner.push("x");
  runner.push("xxx");
  runner.push("xxx");
  const auto count = [&](const std::string& field) {
    return runner.metrics().count("logentry_truncated_fields_total field=" + field);
  };
  CHECK(count("line") == 2);
  CHECK(count("label") == 6);
  CHECK(count("extracted") == 3);
  CHECK(count("structured_metadata") == 0);
  CHECK(runner.entries().size() == 3);
}

TEST_CASE("truncate refuses", "[stage][truncate]") {
  const struct {
    std::string body;
    std::string want;
  } rows[] = {
      {"{}", "1:13: truncate stage: \"limit\" is required"},
      {"x", "1:13: truncate stage: expected a mapping, found a string"},
      {"{limit: 0}", "1:21: limit must be greater than zero"},
      {"{limit: 0KB}", "1:21: limit must be greater than zero"},
      {"{limit: lots}", "1:21: expected a size"},
      {"{limit: -1}", "1:21: expected a size"},
      {"{limit: 3, suffix: …}", "1:32: the suffix of 3 bytes must be shorter than the limit"},
      {"{limit: 3, suffix: 7}", "1:32: expected a string, found \"7\""},
      {"{limit: 3, source_type: labels}",
       "1:37: expected line, label, structured_metadata or extracted, found \"labels\" (did you "
       "mean \"label\"?)"},
      {"{limit: 3, sources: [a]}", "1:33: sources cannot be set when source_type is line"},
      {"{limit: 3, source_type: label, sources: []}",
       "1:53: expected a name, or a list of names, found an empty list"},
      {"{limit: 3, source_type: label, sources: [a, 7]}",
       "1:57: expected a name, or a list of names, found \"7\""},
      {"{limit: 3, source_type: label, sources: ''}",
       "1:53: expected a name, or a list of names, found a string"},
      {"{limit: 3, source_type: label, source: a}",
       "1:44: truncate stage: unknown key \"source\" (did you mean \"sources\"?)"},
      {"{limit: 3, rules: [{limit: 3}]}", "1:14: truncate stage: unknown key \"limit\""},
      {"{rules: []}", "1:21: truncate stage: expected a list of rules, found an empty one"},
      {"{rules: {limit: 3}}", "1:21: truncate stage: expected a list of rules, found a mapping"},
      {"{rules: [{limit: 3, suffx: x}]}",
       "1:33: truncate rule: unknown key \"suffx\" (did you mean \"suffix\"?)"},
      {"{rules: [{suffix: x}]}", "1:22: truncate rule: \"limit\" is required"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    CHECK_THAT(build_error("- truncate: " + row.body), Catch::StartsWith("test.yaml:" + row.want));
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
