// What tests read out of the pages in docs/: their sections with fenced blocks and tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lokitail::pipeline::test {

// ```language ... ```
struct CodeBlock {
  std::string language;
  std::string text;  // with a newline at the end of each line
  int line;          // of the opening fence
};

// A row of a table, its header left out.
struct TableRow {
  std::vector<std::string> cells;
  int line;
};

// From one heading of the form "## title" to the next; the first section is what stands before.
struct Section {
  std::string title;
  std::vector<CodeBlock> blocks;
  std::vector<TableRow> rows;
};

// Reads docs/<name>. Throws std::runtime_error where there is none.
std::vector<Section> read_page(const std::string& name);
// One section of it. Throws std::runtime_error where there is none.
Section read_section(const std::string& name, std::string_view title);

// The lines of a text that ends in a newline, without their newlines.
std::vector<std::string> split_lines(std::string_view text);

// What stands in back-ticks, in order.
std::vector<std::string> code_spans(std::string_view cell);

}  // namespace lokitail::pipeline::test
