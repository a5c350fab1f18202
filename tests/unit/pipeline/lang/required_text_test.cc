#include "pipeline/lang/required_text.h"

#include <catch2/catch.hpp>

#include "pipeline/lang/regex.h"

namespace lokitail::pipeline::lang {
namespace {

TEST_CASE("what every text that matches has in it", "[regex]") {
  const struct {
    std::string pattern;
    std::string want;
  } rows[] = {
      {"error", "error"},
      {"^error: (.*) code=(\\d+)$", "error: "},
      {"a.*longer.*b", "longer"},
      {"(GET|POST) /api/", " /api/"},
      {"a(bc)d", "abcd"},
      {"a(bc)+de", "abc"},
      {"(abc){2}", "abc"},
      {"ab(xyz)?cd", "ab"},
      {"ab(xyz)*cde", "cde"},
      {"x{0}", ""},
      {"x+y", "x"},
      {"(?i)error", ""},
      {"a|b", ""},
      {"[a]b[c]", "abc"},
      {"[ab]cd", "cd"},
      {"\\.\\[x", ".[x"},
      {"gr\u00FC\u00DFe", "gr\u00FC\u00DFe"},
      {"\\bword\\b", ""},  // for RE2 alone
      {"", ""},
  };
  for (const auto& row : rows) {
    INFO(row.pattern);
    CHECK(required_text(row.pattern) == row.want);
  }
}

TEST_CASE("texts are looked through for it before they are matched", "[regex]") {
  const Regex regex("took (\\d+) ms for (\\S+)");
  std::vector<std::string_view> groups(3);
  CHECK_FALSE(regex.match("nothing of the kind", groups));
  CHECK_FALSE(regex.match("took 7 ms for ", groups));
  CHECK_FALSE(regex.match(" ms for took 7", groups));
  REQUIRE(regex.match("it took 7 ms for me", groups));
  CHECK(groups[1] == "7");
  // From a place behind it.
  CHECK_FALSE(regex.match_from(std::string_view("took 7 ms for me, thanks"), 8, groups));
  REQUIRE(regex.match_from(std::string_view("took 7 ms for me, took 8 ms for you"), 8, groups));
  CHECK(groups[2] == "you");
  // Bytes that are no text stand for U+FFFD, as in Go.
  const Regex replaced("ab\uFFFDcd");
  CHECK(
      replaced.matches("xab\xFF"
                       "cd"));
  CHECK_FALSE(replaced.matches("xabcd"));
}

}  // namespace
}  // namespace lokitail::pipeline::lang
