// Stages in a row that ask about the same text are asked together (lang/regex_chain.h): what comes out is what would if
// each were asked by itself.
#include <catch2/catch.hpp>

#include "pipeline/lang/regex_chain.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// All but the last leave an entry as it came or drop it.
const std::vector<std::string> kStages = {
    "- drop: {expression: '(?i)debug'}\n",
    "- drop: {expression: '(healthz|readyz)', longer_than: 30}\n",
    "- match: {selector: '{job=\"a\"} |~ \"status=[45]..\"', action: drop}\n",
    "- match: {selector: '{job=\"b\"} |~ \"status=[45]..\"', action: drop}\n",
    "- match: {selector: '{job=\"a\"} !~ \"[a-z]|=\"', action: drop}\n",
    "- drop: {source: v, expression: '[x-z]{2}|^$'}\n",
    "- drop: {source: [v, u], expression: '[0-9];|^[0-9]'}\n",
    "- drop: {source: v, expression: '(?i)no|never'}\n",
    "- drop: {source: u, expression: '[0-9][a-z]'}\n",
    "- drop: {expression: '\\x{fffd}[a-z]'}\n",
    "- match: {selector: '{job=\"a\"} |~ \"(?i)kept|left\"', stages: [{template: {source: new, template: "
    "'DeBuG {{ .Entry }}'}}, {output: {source: new}}]}\n",
    "- drop: {expression: '(?i)debug k|l[e]ft'}\n",
};

const Lines kLines = {
    "",
    "plain",
    "Debug: first",
    "healthz",
    "a readyz that is longer than thirty bytes",
    "status=503 v=1",
    "STATUS",
    "== 12 ==",
    "v=xyz",
    "v= u=4",
    "v=4 u=5a",
    "u=5a v=Never",
    "v=no",
    "odd \xff"
    "a bytes",
    "odd \xff bytes",
    "this one is kept",
    "this one is LEFT",
};

TEST_CASE("stages in a row drop what each of them drops") {
  const std::string extract = "- logfmt: {mapping: {v: , u: }}\n";
  // Every choice of up to three of them, in their order.
  for (std::size_t a = 0; a < kStages.size(); ++a) {
    for (std::size_t b = a; b < kStages.size(); ++b) {
      for (std::size_t c = b; c < kStages.size(); ++c) {
        INFO(kStages[a] << kStages[b] << kStages[c]);
        std::vector<std::size_t> chosen = {a};
        if (b > a) chosen.push_back(b);
        if (c > b) chosen.push_back(c);
        std::string together = extract;
        for (const std::size_t each : chosen) together += kStages[each];
        // Each by itself, over what the one before has left.
        Lines alone = kLines;
        for (const std::size_t each : chosen) {
          alone = lines_of(run_pipeline(extract + kStages[each], alone, {{"job", "a"}}));
        }
        CHECK(lines_of(run_pipeline(together, kLines, {{"job", "a"}})) == alone);
      }
    }
  }
}

TEST_CASE("a chain knows when none of its expressions matches") {
  const lang::Regex first("[ab]c");
  const lang::Regex second("(?i)xyz");
  lang::RegexChain chain({&first, &second});
  for (const auto& [text, want] : std::vector<std::pair<std::string, bool>>{
           {"nothing", false}, {"", false}, {"bc", true}, {"xYz", true}, {"no UTF-8: \xff", true}}) {
    INFO(text);
    chain.begin();
    CHECK(chain.may_match(text) == want);
    // The same text is looked at once.
    CHECK(chain.may_match("bc") == want);
  }
  CHECK(lang::RegexChain::is_chainable(second));
  // One of these is there or it does not match; the other is matched in one pass.
  CHECK_FALSE(lang::RegexChain::is_chainable(lang::Regex("panic: \\d+")));
  CHECK_FALSE(lang::RegexChain::is_chainable(lang::Regex("^\\S+ (\\d+)")));
}

}  // namespace
}  // namespace lokitail::pipeline::test
