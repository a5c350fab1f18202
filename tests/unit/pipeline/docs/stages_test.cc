// Runs the examples of docs/stages.md. An example is three fenced blocks: yaml with the stages,
// text with the lines that come in, text with what comes out.
#include <catch2/catch.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <span>

#include "pipeline/lang/time_layout.h"
#include "pipeline/registry.h"
#include "tests/support/maxmind_db.h"
#include "tests/unit/pipeline/docs/markdown.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

// How the page shows characters that a page cannot hold.
constexpr std::pair<std::string_view, std::string_view> kPictures[] = {
    {"␤", "\n"}, {"␍", "\r"}, {"␛", "\x1B"}};

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string from_pictures(std::string text) {
  for (const auto& [picture, character] : kPictures) text = replace_all(text, picture, character);
  return text;
}

std::string to_pictures(std::string text) {
  for (const auto& [picture, character] : kPictures) text = replace_all(text, character, picture);
  return text;
}

// a="b", c="d"
std::string print(const TextMap& texts) {
  std::string out;
  for (const auto& [name, value] : texts) {
    if (!out.empty()) out += ", ";
    out.append(name).append("=\"").append(value).append("\"");
  }
  return out;
}

std::string print(const Collected& entry) {
  static const auto layout = lang::TimeLayout::compile("2006-01-02T15:04:05.999999999Z07:00");
  std::string out = '{' + print(entry.labels) + "} ";
  out += layout.format(entry.timestamp, lang::Zone::utc());
  if (!entry.structured_metadata.empty()) out += " [" + print(entry.structured_metadata) + ']';
  return out + ' ' + to_pictures(entry.line) + '\n';
}

// The database that the page's example names, with one network in it.
class GeoDatabase {
 public:
  GeoDatabase() : file_(std::filesystem::temp_directory_path() / "lokitail-docs-XXXXXX.mmdb") {
    const int file = ::mkstemps(file_.data(), 5);
    REQUIRE(file >= 0);
    ::close(file);
    using namespace lokitail::test::maxmind;
    Database database(Format{});
    database.add("192.0.2.0/24", map({{"city", map({{"names", named("Longmont")}})},
                                      {"country", map({{"names", named("United States")}})}}));
    std::ofstream(file_, std::ios::binary) << database.bytes();
  }
  ~GeoDatabase() { std::filesystem::remove(file_); }

  const std::string& file() const { return file_; }

 private:
  std::string file_;
};

std::string run(const std::string& stages, const std::string& lines) {
  const GeoDatabase database;
  PipelineRunner runner(replace_all(stages, "/usr/share/GeoIP/GeoLite2-City.mmdb", database.file()),
                        {{"job", "app"}});
  for (const std::string& line : split_lines(lines)) runner.push(from_pictures(line));
  runner.drain();
  for (const std::string& warning : runner.warnings()) FAIL_CHECK("warning: " << warning);
  std::string out;
  for (const Collected& entry : runner.entries()) out += print(entry);
  return out;
}

void check_examples(const Section& section) {
  REQUIRE(section.blocks.size() % 3 == 0);
  for (std::span blocks(section.blocks); !blocks.empty(); blocks = blocks.subspan(3)) {
    INFO("docs/stages.md:" << blocks[0].line << ": " << section.title);
    CHECK(blocks[0].language == "yaml");
    CHECK(blocks[1].language == "text");
    CHECK(blocks[2].language == "text");
    CHECK(run(blocks[0].text, blocks[1].text) == blocks[2].text);
  }
}

TEST_CASE("the examples of docs/stages.md do what they say", "[docs]") {
  for (const Section& section : read_page("stages.md")) check_examples(section);
}

TEST_CASE("docs/stages.md has a section with an example for every stage", "[docs]") {
  const std::vector<Section> sections = read_page("stages.md");
  for (const std::string_view stage : stage_names()) {
    INFO("stage " << stage);
    const auto section = std::ranges::find(sections, stage, &Section::title);
    REQUIRE(section != sections.end());
    const std::string use = "- " + std::string(stage) + ":";
    CHECK(std::ranges::any_of(section->blocks, [&](const CodeBlock& block) {
      return block.language == "yaml" && block.text.find(use) != std::string::npos;
    }));
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
