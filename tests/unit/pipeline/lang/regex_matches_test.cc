#include <catch2/catch.hpp>

#include <string>

#include "pipeline/lang/regex_matches.h"

namespace lokitail::pipeline::lang {
namespace {

// The matches and where they begin: "0:ab 5:ab ".
std::string matches(const std::string& pattern, const std::string& text) {
  const Regex regex(pattern);
  std::string_view group;
  std::string out;
  for_each_match(regex, text, {&group, 1}, [&] {
    out += std::to_string(group.data() - text.data()) + ":" + std::string(group) + " ";
    return true;
  });
  return out;
}

TEST_CASE("all matches of a regex are found", "[regex]") {
  const struct {
    std::string pattern;
    std::string text;
    std::string want;
  } rows[] = {
      {"ab", "abxabab", "0:ab 3:ab 5:ab "},
      {"z", "abc", ""},
      {"", "ab", "0: 1: 2: "},
      {"x*", "axb", "0: 1:x 3: "},
      {"x*", "xx", "0:xx "},
      {"x*", "", "0: "},
      {"^a", "aa", "0:a "},
      {"$", "ab", "2: "},
      {R"(\b)", "ab c", "0: 2: 3: 4: "},
      {"", "\u017E", "0: 2: "},
      {"", "a\xFF", "0: 1: 2: "},
      {"a|", "baab", "0: 1:a 2:a 4: "},
  };
  for (const auto& row : rows) {
    INFO(row.pattern << " on " << row.text);
    CHECK(matches(row.pattern, row.text) == row.want);
  }
}

TEST_CASE("the search for matches ends where it is told to", "[regex]") {
  const Regex regex("a");
  std::string_view group;
  int count = 0;
  for_each_match(regex, "aaa", {&group, 1}, [&] { return ++count < 2; });
  CHECK(count == 2);
}

}  // namespace
}  // namespace lokitail::pipeline::lang
