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
