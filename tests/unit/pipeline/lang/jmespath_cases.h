// Checks tables of JMESPath cases written as text: a line is an expression, ` => `, and what it makes
// of the document as JSON; `error` where it cannot be evaluated, `refused` where it is none, and
// `unprintable` where the result is no JSON.
//
// What go-jmespath 0.4.0, which Promtail uses, made of the same cases.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "pipeline/lang/jmespath.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::pipeline::lang::test {

inline std::string outcome(std::string_view expression, std::string_view document_text) {
  Arena arena;
  const auto document = parse_strict_json(document_text, arena);
  if (!document) return "a bad document";
  try {
    const JmesPath path = JmesPath::compile(expression);
    const JmesPath::Result result = path.evaluate(*document, arena);
    if (result.error != nullptr) return "error";
    std::string printed;
    const bool good = print_json(printed, result.value, JsonStyle::kEncodingJson);
    return good ? printed : "unprintable";
  } catch (const JmesPathError&) {
    return "refused";
  }
}

inline void check_cases(std::string_view document, std::string_view cases) {
  constexpr std::string_view kArrow = " => ";
  std::size_t count = 0;
  while (!cases.empty()) {
    const std::string_view line = cases.substr(0, cases.find('\n'));
    cases.remove_prefix(std::min(line.size() + 1, cases.size()));
    if (line.empty()) continue;
    const std::size_t arrow = line.find(kArrow);
    REQUIRE(arrow != std::string_view::npos);
    INFO(line);
    CHECK(outcome(line.substr(0, arrow), document) == line.substr(arrow + kArrow.size()));
    ++count;
  }
  CHECK(count > 0);
}

}  // namespace lokitail::pipeline::lang::test
