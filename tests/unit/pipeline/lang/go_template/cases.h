// Checks tables of templates written as text: a line is a template, ` => `, and what it renders as a
// JSON string; `error` where it fails while it runs, `refused` where it does not compile.
//
// What Go's text/template and Sprig made of the same cases.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "pipeline/lang/json_print.h"
#include "tests/unit/pipeline/lang/go_template/support.h"

namespace lokitail::pipeline::lang::test {

inline std::string outcome(std::string_view text) {
  static const TextMap data = {
      {"a", "x"}, {"b", "B é"}, {"num", "-7"}, {"line", "GET /index.html 200"}, {"empty", ""},
  };
  try {
    const std::string rendered = render(text, data);
    if (rendered.starts_with("error: ")) return "error";
    std::string quoted;
    append_json_string(quoted, rendered, JsonStyle::kEncodingJson);
    return quoted;
  } catch (const std::invalid_argument&) {
    return "refused";
  }
}

inline void check_cases(std::string_view cases) {
  constexpr std::string_view kArrow = " => ";
  std::size_t count = 0;
  while (!cases.empty()) {
    const std::string_view line = cases.substr(0, cases.find('\n'));
    cases.remove_prefix(std::min(line.size() + 1, cases.size()));
    if (line.empty()) continue;
    const std::size_t arrow = line.rfind(kArrow);
    REQUIRE(arrow != std::string_view::npos);
    INFO(line);
    CHECK(outcome(line.substr(0, arrow)) == line.substr(arrow + kArrow.size()));
    ++count;
  }
  CHECK(count > 0);
}

}  // namespace lokitail::pipeline::lang::test
