#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

#include "pipeline/lang/regex.h"

namespace lokitail::pipeline::lang {
namespace {

TEST_CASE("replacements are expanded as Go expands them", "[regex]") {
  const Regex regex(R"((?P<year>\d+)-(\d+)(-(?P<day>\d+))?)");
  const struct {
    std::string replacement;
    std::string want;
  } rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"$1", "2025"},
      {"${1}x", "2025x"},
      {"$1x", ""},
      {"$year/$2", "2025/11"},
      {"${year}_$2.", "2025_11."},
      {"$0", "2025-11"},
      {"[$day]", "[]"},
      {"[$3$4]", "[]"},
      {"$99", ""},
      {"$01", ""},
      {"$nope", ""},
      {"$$1", "$1"},
      {"$$$1", "$2025"},
      {"a$", "a$"},
      {"$-", "$-"},
      {"${}", "${}"},
      {"${1", "${1"},
      {"${ 1}", "${ 1}"},
      {"$99999999999999999999", ""},
  };
  std::vector<std::string_view> groups(regex.group_names().size());
  REQUIRE(regex.match("on 2025-11 ", groups));
  for (const auto& row : rows) {
    INFO(row.replacement);
    std::string out;
    append_expanded(out, row.replacement, regex, groups);
    CHECK(out == row.want);
  }
}

TEST_CASE("of groups with equal names the first that took part is expanded", "[regex]") {
  const Regex regex("(?P<v>x)|(?P<v>y)");
  CHECK(regex.group_names() == std::vector<std::string>{"", "v", "v"});
  std::vector<std::string_view> groups(3);
  REQUIRE(regex.match("y", groups));
  std::string out;
  append_expanded(out, "$v", regex, groups);
  CHECK(out == "y");
}

TEST_CASE("a whole match", "[regex]") {
  const Regex regex("one|two.three", Regex::Anchoring::kWhole);
  CHECK(regex.matches("one"));
  CHECK(regex.matches("two\nthree"));
  CHECK_FALSE(regex.matches("onex"));
  CHECK_FALSE(regex.matches("xone"));
  CHECK(Regex("(.*)", Regex::Anchoring::kWhole).matches(""));
  CHECK(Regex(".{2}", Regex::Anchoring::kWhole).matches("\xFF\xC3"));
}

TEST_CASE("matching goes on from any place", "[regex]") {
  const Regex word(R"(\b\w+)");
  std::vector<std::string_view> groups(1);
  // b stands in the middle of a word.
  REQUIRE(word.match_from(std::string_view("ab cd"), 1, groups));
  CHECK(groups[0] == "cd");
  CHECK_FALSE(word.match_from(std::string_view("ab"), 1, groups));
  CHECK_FALSE(Regex("^b").match_from(std::string_view("ab"), 1, groups));

  const std::string_view odd =
      "1\xFF"
      "2\xFE"
      "c";
  REQUIRE(Regex(R"([^a-z0-9]([a-z]))").match_from(odd, 2, groups));
  CHECK(groups[0] ==
        "\xFE"
        "c");
  CHECK(groups[0].data() == odd.data() + 3);
}

// Where a pattern that matches nothing but places does so, one after the other.
std::vector<std::size_t> places(const std::string& pattern, std::string_view text) {
  const Regex regex(pattern);
  std::vector<std::string_view> groups(1);
  std::vector<std::size_t> found;
  for (std::size_t from = 0; from <= text.size() && regex.match_from(text, from, groups);) {
    found.push_back(static_cast<std::size_t>(groups[0].data() - text.data()));
    from = found.back() + 1;
  }
  return found;
}

TEST_CASE("no match begins inside of a character", "[regex]") {
  using Places = std::vector<std::size_t>;
  CHECK(places("\\B", "aé") == Places{3});
  CHECK(places("\\B", "aéé") == Places{3, 5});
  CHECK(places("\\B|x", "aéa").empty());
  CHECK(places("\\B", "a😀b") == Places{});
  CHECK(places("\\B", "ab") == Places{1});
  CHECK_FALSE(Regex("\\B").matches("aéa"));
  CHECK(Regex("\\B").matches("aéé"));
  // An odd byte is a character.
  CHECK(places("\\B", "a\xFF\xFE") == Places{2, 3});
}

TEST_CASE("groups behind a class that begins like a named one", "[regex]") {
  const struct {
    std::string pattern;
    std::string text;
    std::string want;
  } rows[] = {
      {"[[:](x)", ":x", "x"},
      {"[x[:](?P<v>x)", "[x", "x"},
      {"[^[:](x)", "ax", "x"},
      {"[[:digit:][:](x)", ":x", "x"},
      {"[--[:](x)|[:]", ":x", "x"},
      {"[]x](x)", "]x", "x"},
      {"[\\d-[:alpha:]](x)", "-x", "x"},
      {"[[:alpha:]](x)", "ax", "x"},
  };
  for (const auto& row : rows) {
    INFO(row.pattern);
    const Regex regex(row.pattern);
    std::vector<std::string_view> groups(2);
    REQUIRE(regex.match(row.text, groups));
    CHECK(groups[1] == row.want);
  }
  // To Go this is the name of a class.
  CHECK_THROWS_AS(Regex("[a[:](x)[b:]"), std::invalid_argument);
}

TEST_CASE("names of Unicode's classes", "[regex]") {
  const struct {
    std::string pattern;
    std::string matching;
    std::string other;
  } rows[] = {
      {"^\\p{Letter}$", "é", "1"},
      {"^\\P{Letter}$", "1", "é"},
      {"^\\p{^Letter}$", "1", "é"},
      {"^\\P{^Letter}$", "é", "1"},
      {"^\\p{lowercase letter}$", "é", "É"},
      {"^\\p{Uppercase-LETTER}$", "É", "é"},
      {"^\\pl$", "é", "1"},
      {"^\\p{lu}$", "É", "é"},
      {"^\\p{Digit}$", "٣", "x"},
      {"^\\p{greek}$", "σ", "s"},
      {"^\\p{Old_Italic}$", "\U00010300", "s"},
      {"^\\p{any}$", "x", ""},
      {"^[\\p{Number}x]$", "x", "y"},
      {"^[^\\p{Number}x]$", "y", "1"},
      {"^\\p{ASCII}$", "x", "é"},
      {"^\\P{ascii}$", "é", "x"},
      {"^[^\\p{ASCII}]$", "é", "x"},
      {"^[\\P{ASCII}x]$", "x", "y"},
  };
  for (const auto& row : rows) {
    INFO(row.pattern);
    const Regex regex(row.pattern);
    CHECK(regex.matches(row.matching));
    CHECK_FALSE(regex.matches(row.other));
  }
  for (const char* const pattern :
       {"\\p{Nothing}", "\\p{}", "\\p{L", "\\p", "[\\p{L", "\\p{^}", "\\p{^^L}", "\\pé"}) {
    INFO(pattern);
    CHECK_THROWS_AS(Regex(pattern), std::invalid_argument);
  }
  CHECK(Regex("(\\p{Letter})(?P<v>[\\p{Letter})(])").group_names() == std::vector<std::string>{"", "", "v"});
}

TEST_CASE("more groups asked for than there are", "[regex]") {
  std::vector<std::string_view> groups(3, "old");
  REQUIRE(Regex("b").match("abc", groups));
  CHECK(groups[0] == "b");
  CHECK(groups[1].data() == nullptr);
  CHECK(groups[2].data() == nullptr);
}

TEST_CASE("large patterns that Go takes", "[regex]") {
  CHECK(Regex(R"(^[\pL\pN]{1,900}$)").matches("abc"));
  CHECK_THROWS_AS(Regex("a{1001}"), std::invalid_argument);
}

}  // namespace
}  // namespace lokitail::pipeline::lang
