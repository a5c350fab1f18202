#include "tests/unit/pipeline/docs/markdown.h"

#include <fstream>
#include <stdexcept>

namespace lokitail::pipeline::test {
namespace {

constexpr std::string_view kFence = "```";
constexpr std::string_view kHeading = "## ";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// The cells of "| a | b |". A bar that is none of the table's has a backslash before it.
std::vector<std::string> split_row(std::string_view line) {
  std::vector<std::string> cells(1);
  line.remove_prefix(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i).starts_with("\\|")) {
      cells.back() += line[++i];
    } else if (line[i] == '|') {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  cells.pop_back();  // behind the last bar
  for (std::string& cell : cells) cell = trimmed(cell);
  return cells;
}

class PageReader {
 public:
  void take(const std::string& line) {
    ++line_;
    Section& section = sections_.back();
    if (in_block_) {
      take_block_line(section.blocks.back(), line);
    } else if (line.starts_with(kFence)) {
      in_block_ = true;
      section.blocks.push_back({line.substr(kFence.size()), "", line_});
    } else if (line.starts_with(kHeading)) {
      sections_.push_back({line.substr(kHeading.size()), {}, {}});
    } else if (line.starts_with('|')) {
      take_row(section, line);
    } else {
      table_line_ = 0;
    }
  }

  std::vector<Section> finish() {
    if (in_block_) throw std::runtime_error("the page ends in a fenced block");
    return std::move(sections_);
  }

 private:
  void take_block_line(CodeBlock& block, const std::string& line) {
    if (line == kFence) {
      in_block_ = false;
    } else {
      block.text.append(line) += '\n';
    }
  }

  // The first two lines of a table are its header.
  void take_row(Section& section, const std::string& line) {
    if (++table_line_ > 2) section.rows.push_back({split_row(line), line_});
  }

  std::vector<Section> sections_{1};
  bool in_block_ = false;
  int table_line_ = 0;  // within the present table
  int line_ = 0;
};

}  // namespace

std::vector<Section> read_page(const std::string& name) {
  const std::string path = std::string(LOKITAIL_DOCS) + '/' + name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  PageReader reader;
  for (std::string line; std::getline(file, line);) reader.take(line);
  return reader.finish();
}

Section read_section(const std::string& name, std::string_view title) {
  for (Section& section : read_page(name)) {
    if (section.title == title) return std::move(section);
  }
  throw std::runtime_error("docs/" + name + " has no section " + std::string(title));
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<std::string> code_spans(std::string_view cell) {
  std::vector<std::string> spans;
  for (std::size_t begin; (begin = cell.find('`')) != std::string_view::npos;) {
    const std::size_t end = cell.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    spans.emplace_back(cell.substr(begin + 1, end - begin - 1));
    cell.remove_prefix(end + 1);
  }
  return spans;
}

}  // namespace lokitail::pipeline::test
