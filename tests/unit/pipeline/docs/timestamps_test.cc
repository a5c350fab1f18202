// Reads the examples of docs/timestamps.md.
#include <catch2/catch.hpp>

#include "pipeline/lang/time_parser.h"
#include "tests/unit/pipeline/docs/markdown.h"

namespace lokitail::pipeline::test {
namespace {

// The day of the examples, for layouts without a year.
constexpr Timestamp kNow{1'763'118'000, 0};

// The text read by the format, as RFC 3339; "not read" if it is none.
std::string read(const std::string& format, const std::string& text) {
  static const auto layout = lang::TimeLayout::compile("2006-01-02T15:04:05.999999999Z07:00");
  Timestamp time;
  if (!lang::TimeParser::compile(format).parse(text, kNow, time)) return "not read";
  return layout.format(time, lang::Zone::utc());
}

// Rows of: formats, text, format in words | text | time, where `format` is the cell of the formats.
void check_formats(const Section& section, std::size_t format) {
  REQUIRE_FALSE(section.rows.empty());
  for (const TableRow& row : section.rows) {
    INFO("docs/timestamps.md:" << row.line);
    REQUIRE(row.cells.size() == 4);
    const auto examples = code_spans(row.cells[2]);
    const auto times = code_spans(row.cells[3]);
    REQUIRE(examples.size() == 1);
    REQUIRE(times.size() == 1);
    for (const std::string& name : code_spans(row.cells[format])) {
      CHECK(read(name, examples[0]) == times[0]);
    }
  }
}

TEST_CASE("the formats of docs/timestamps.md read their examples", "[docs]") {
  check_formats(read_section("timestamps.md", "Names"), 0);
  check_formats(read_section("timestamps.md", "Layouts of common logs"), 1);
}

TEST_CASE("the layouts of names in docs/timestamps.md are what the names mean", "[docs]") {
  const Section names = read_section("timestamps.md", "Names");
  for (const TableRow& row : names.rows) {
    INFO("docs/timestamps.md:" << row.line);
    const auto layouts = code_spans(row.cells[1]);
    if (layouts.empty()) continue;
    CHECK(read(layouts[0], code_spans(row.cells[2])[0]) == code_spans(row.cells[3])[0]);
  }
}

TEST_CASE("the tokens of docs/timestamps.md read their examples", "[docs]") {
  const Section section = read_section("timestamps.md", "Tokens");
  REQUIRE_FALSE(section.rows.empty());
  for (const TableRow& row : section.rows) {
    INFO("docs/timestamps.md:" << row.line);
    const auto tokens = code_spans(row.cells[0]);
    const auto examples = code_spans(row.cells[2]);
    REQUIRE(tokens.size() == examples.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      INFO(tokens[i] << " reads " << examples[i]);
      // What a token does not stand for stands for itself, and would not read the example.
      CHECK(read(tokens[i], examples[i]) != "not read");
    }
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
