#include <catch2/catch.hpp>

#include <array>
#include <random>

#include "pipeline/lang/regex_matches.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

std::string decolorize(const std::string& line) { return run_pipeline("- decolorize:", {line}).at(0).line; }

TEST_CASE("decolorize removes escape sequences", "[stage][decolorize]") {
  const struct {
    std::string what;
    std::string line;
    std::string want;
  } rows[] = {
      {"none", "plain [31m", "plain [31m"},
      {"colours", "\x1B[31mred\x1B[0m \x1B[1;32mgreen\x1B[m", "red green"},
      {"the other introducer",
       "\xC2\x9B"
       "31mred",
       "red"},
      {"cursor", "a\x1B[2K\x1B[1G\x1B[?25lb", "ab"},
      {"title",
       "a\x1B]0;title\x07"
       "b",
       "ab"},
      {"title with blanks is none", "\x1B]0;my title\x07", "y title\x07"},
      {"empty title",
       "a\x1B\x07"
       "b",
       "ab"},
      {"five digits", "\x1B[12345m", "m"},
      {"cut off", "a\x1B[31", "a"},
      {"cut off behind a semicolon", "a\x1B[31;;", "a;;"},
      {"nothing behind", "a\x1B", "a\x1B"},
      {"no final character", "\x1B[31\xFFx", "\xFFx"},
      {"two in a row", "\x1B\x1B[1ma",
       "\x1B"
       "a"},
      {"no UTF-8",
       "\xFF\x1B[31m\xFF\x9B"
       "31m",
       "\xFF\xFF\x9B"
       "31m"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(decolorize(row.line) == row.want);
  }
}

TEST_CASE("decolorize is what its regular expression says", "[stage][decolorize]") {
  const lang::Regex regex(R"([\x{1B}\x{9B}][[\]()#;?]*(?:(?:(?:[a-zA-Z\d]*(?:;[a-zA-Z\d]*)*)?\x{07}))"
                          R"(|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PRZcf-ntqry=><~])))");
  const auto by_regex = [&regex](std::string_view line) {
    std::string out;
    std::size_t kept = 0;
    std::array<std::string_view, 1> match;
    lang::for_each_match(regex, line, match, [&] {
      const auto begin = static_cast<std::size_t>(match[0].data() - line.data());
      out += line.substr(kept, begin - kept);
      kept = begin + match[0].size();
      return true;
    });
    return out += line.substr(kept);
  };
  constexpr std::string_view kPieces[] = {"\x1B", "\x1B", "\xC2\x9B", "\xC2", "\x9B", "[",   "]", "(",
                                          "#",    ";",    "?",        "1",    "23",   "456", "m", "K",
                                          "Q",    "a",    "z",        "\x07", " ",    "=",   "é", "\n"};
  PipelineRunner runner("- decolorize:");
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string line;
    for (std::size_t size = random() % 12; size > 0; --size) {
      line += kPieces[random() % std::size(kPieces)];
    }
    runner.push(line);
    REQUIRE(runner.entries().back().line == by_regex(line));
  }
}

TEST_CASE("decolorize has no settings", "[stage][decolorize]") {
  for (const std::string body : {"", " {}", " 5", " [a]", " {source: x}"}) {
    CHECK(build_error("- decolorize:" + body).empty());
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
