#include "agent/terminal.h"

#include <catch2/catch.hpp>

#include <stdexcept>

#include <unistd.h>

namespace lokitail::agent {
namespace {

TEST_CASE("text in quotes cannot command the terminal and needs few escapes") {
  const struct {
    std::string text;
    const char* quoted;
  } rows[] = {
      {"", R"("")"},
      {"plain 'text'", R"("plain 'text'")"},
      {R"({"a":1})", R"('{"a":1}')"},
      {R"("it's")", R"("\"it's\"")"},
      {R"("a\"b)", R"('"a\\"b')"},
      {"\"\x1b[2J\n\xff", R"('"\x1b[2J\n\xff')"},
      {"\xC2\x9B"
       "2J \u00e9",
       "\"\\u009b2J \u00e9\""},
      {R"(\)", R"("\\")"},
  };
  for (const auto& row : rows) CHECK(quoted_text(row.text) == row.quoted);
}

TEST_CASE("control characters are shown, not obeyed") {
  CHECK(without_controls("a\x1b[2Jb\n\tc\r\x7f") == "a\\x1b[2Jb\n\tc\\x0d\\x7f");
  CHECK(without_controls("\xC2\x9B"
                         "2J") == "\\u009b2J");
  CHECK(without_controls("\u00a3\u00e9\xC2") == "\u00a3\u00e9\xC2");
}

TEST_CASE("colours where they are wanted") {
  CHECK(Painter(true)(Colour::kRed, "x") == "\x1b[31mx\x1b[0m");
  CHECK(Painter(true)(Colour::kNone, "x") == "x");
  CHECK(Painter(true)(Colour::kRed, "").empty());
  CHECK(Painter(false)(Colour::kRed, "x") == "x");
  CHECK(parse_colour_choice("always", STDOUT_FILENO));
  CHECK_FALSE(parse_colour_choice("never", STDOUT_FILENO));
  CHECK_FALSE(parse_colour_choice("auto", -1));  // no terminal
  CHECK_THROWS_AS(parse_colour_choice("yes", STDOUT_FILENO), std::invalid_argument);
}

}  // namespace
}  // namespace lokitail::agent
