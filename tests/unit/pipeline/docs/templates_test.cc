// Executes the examples of docs/templates.md.
#include <catch2/catch.hpp>

#include <set>

#include "pipeline/lang/go_template/function.h"
#include "tests/unit/pipeline/docs/markdown.h"
#include "tests/unit/pipeline/lang/go_template/support.h"

namespace lokitail::pipeline::test {
namespace {

using lang::test::render;

const std::map<std::string, std::string> kData = {
    {"level", "warn"}, {"status", "503"}, {"json", R"({"a":{"b":1}})"}};

constexpr std::string_view kRefused = "Not supported";

std::string only_span(const std::string& cell) {
  const auto spans = code_spans(cell);
  return spans.empty() ? "" : spans[0];
}

TEST_CASE("the examples of docs/templates.md give what they say", "[docs]") {
  for (const Section& section : read_page("templates.md")) {
    if (section.title == kRefused) continue;
    for (const TableRow& row : section.rows) {
      INFO("docs/templates.md:" << row.line);
      REQUIRE(row.cells.size() == 4);
      const std::string example = only_span(row.cells[2]);
      REQUIRE_FALSE(example.empty());
      const bool whole = example.find("{{") != std::string::npos;
      CHECK(render(whole ? example : "{{ " + example + " }}", kData) == only_span(row.cells[3]));
    }
  }
}

TEST_CASE("docs/templates.md lists every function, and none that is not there", "[docs]") {
  std::set<std::string, std::less<>> listed;
  for (const Section& section : read_page("templates.md")) {
    if (section.title.empty() || section.title == "Constructs") continue;
    for (const TableRow& row : section.rows) {
      for (const std::string& call : code_spans(row.cells[0])) {
        listed.insert(call.substr(0, call.find(' ')));
      }
    }
  }
  listed.insert({"fail", "getHostByName"});  // in sentences of their own
  std::set<std::string, std::less<>> there;
  for (const auto& [name, function] : lang::go_template::all_functions()) there.emplace(name);
  CHECK(listed == there);
}

TEST_CASE("what docs/templates.md says is not supported fails when it is called", "[docs]") {
  const Section refused = read_section("templates.md", kRefused);
  for (const TableRow& row : refused.rows) {
    for (const std::string& name : code_spans(row.cells[0])) {
      INFO(name);
      CHECK(render("{{ " + name + " \"a\" }}", kData).starts_with("error: "));
    }
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
