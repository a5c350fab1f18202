#include "config/expand_env.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "config/error.h"
#include "config/glob_trim.h"

namespace lokitail::config {
namespace {

const std::map<std::string, std::string, std::less<>> kEnvironment = {
    {"A", "one"}, {"EMPTY", ""},    {"ABC", "abcdef"},          {"MIX", "aBcD"}, {"PATH_", "/a/b/c.tar.gz"},
    {"N", "2"},   {"lower_9", "l"}, {"U", "\xC3\xA9t\xC3\xA9"}, {"XX", "xaxbx"},
};

std::optional<std::string> look_up(std::string_view name) {
  const auto found = kEnvironment.find(name);
  if (found == kEnvironment.end()) return std::nullopt;
  return found->second;
}

std::string expand(std::string_view text) { return expand_env(text, look_up, "f"); }

std::string error_of(std::string_view text) {
  try {
    return "no error: " + expand(text);
  } catch (const Error& error) {
    return error.what();
  }
}

TEST_CASE("what is expanded, and into what") {
  const struct {
    const char* what;
    const char* text;
    const char* want;
  } rows[] = {
      {"nothing", "", ""},
      {"text", "plain $A text $", "plain $A text $"},
      {"a value", "<${A}> <${NOPE}> <${EMPTY}>", "<one> <> <>"},
      {"names", "${lower_9}${1}", "l"},
      {"default", "${NOPE:-d} ${EMPTY:-d} ${A:-d}", "d d one"},
      {"other spellings of default", "${NOPE:=d} ${NOPE=d} ${NOPE:?d} ${NOPE:+d} ${A:+d}", "d d d d one"},
      {"empty default", "[${NOPE:-}]", "[]"},
      {"default of spaces, slashes, colons", "${NOPE:-a b/c:d}", "a b/c:d"},
      {"nested default", "${NOPE:-x${A}y${NOPE:-${N}}z}", "xoney2z"},
      {"default ends at the first brace", "${NOPE:-{a}}", "{a}"},
      {"length", "${#ABC} ${#NOPE} ${#U}", "6 0 5"},
      {"upper", "${A^} ${A^^} ${EMPTY^}", "One ONE "},
      {"lower", "${MIX,} ${MIX,,}", "aBcD abcd"},
      {"substring", "${ABC:1} ${ABC:1:2} ${ABC:0:1} ${ABC:9} ${ABC:4:9} ${ABC:${N}:1}", "bcdef bc a  ef c"},
      {"substring of words", "[${A:fallback}] [${NOPE:fallback}]", "[one] []"},
      {"length of no number, beyond the end", "[${ABC:9:x}] [${ABC:9:1}]", "[abcdef] []"},
      {"prefix", "${PATH_#*/} ${PATH_##*/} ${PATH_#x}", "a/b/c.tar.gz c.tar.gz /a/b/c.tar.gz"},
      {"suffix", "${PATH_%.*} ${PATH_%%.*} ${PATH_%/*}", "/a/b/c.tar /a/b/c /a/b"},
      {"replace first", "${XX/x/-} ${XX/x/}", "-axbx axbx"},
      {"replace all", "${XX//x/-} ${XX//x/}", "-a-b- ab"},
      {"replace prefix", "${XX/#x/-} ${XX/#a/-}", "-axbx xaxbx"},
      {"replace suffix", "${XX/%x/-} ${XX/%a/-}", "xaxb- xaxbx"},
      {"replace a slash", "${PATH_//\\//.}", ".a.b.c.tar.gz"},
      {"replace by a variable", "${XX//x/${N}}", "2a2b2"},
      {"replace nothing", "${A/${NOPE}/-} ${A//${NOPE}/-} ${A/#${NOPE}/-} ${A/%${NOPE}/-}",
       "-one -o-n-e- -one one-"},
      {"escaped dollars", "cost $$5 $${A} $$$${A} $$", "cost $5 ${A} $${A} $"},
      {"backslashes", "\\d \\\\d \\\\\\d \\\\\\\\d \\$ \\\\$ \\/ end\\",
       "\\d \\d \\\\d \\\\d \\$ \\$ / end\\"},
      {"backslashes in defaults stay", "${NOPE:-\\\\d}", "\\\\d"},
      {"in a comment", "# ${NOPE:-x}\n", "# x\n"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(expand(row.text) == row.want);
  }
}

TEST_CASE("what cannot be expanded is refused at its place") {
  const std::string lead = "cannot expand environment variables: ";
  const struct {
    const char* text;
    const char* place;
    const char* want;
  } rows[] = {
      {"${}", "f:1:1: ", "unable to parse variable name"},
      {"a\n b ${.}", "f:2:4: ", "unable to parse variable name"},
      {"${a.b}", "f:1:1: ", "missing closing brace"},
      {"${A", "f:1:1: ", "missing closing brace"},
      {"${A-d}", "f:1:1: ", "missing closing brace"},
      {"${A+d}", "f:1:1: ", "missing closing brace"},
      {"${A?d}", "f:1:1: ", "missing closing brace"},
      {"${A:-d", "f:1:1: ", "missing closing brace"},
      {"${A:-x${B}", "f:1:1: ", "missing closing brace"},
      {"${A:-x${.}}", "f:1:7: ", "unable to parse variable name"},
      {"${A:}", "f:1:1: ", "bad substitution"},
      {"${A#}", "f:1:1: ", "bad substitution"},
      {"${ABC:1:-1}", "f:1:1: ", "the length is below zero"},
      {"${A/x}", "f:1:1: ", "bad substitution"},
      {"${#A:1}", "f:1:1: ", "missing closing brace"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK(error_of(row.text) == row.place + lead + row.want);
  }
}

TEST_CASE("expansion cannot run away") {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "${NOPE:-";
  CHECK(error_of(deep).find("nested too deeply") != std::string::npos);

  std::string growth = "x";
  for (int i = 0; i < 40; ++i) growth = "${XX//x/" + growth + "}";  // three x each
  CHECK(error_of(growth).find("the result is too long") != std::string::npos);
}

TEST_CASE("glob trimming") {
  const struct {
    const char* text;
    const char* pattern;
    const char* shortest;  // prefix cut off
    const char* longest;
  } rows[] = {
      {"aXbXc", "*X", "bXc", "c"},   {"abc", "?", "bc", "bc"},         {"abc", "[a-b]*", "bc", ""},
      {"abc", "[^a]", "abc", "abc"}, {"a*c", "a\\*", "c", "c"},        {"abc", "[", "abc", "abc"},
      {"abc", "", "abc", "abc"},     {"\xC3\xA9x", "?", "\xA9x", "x"}, {"abc", "abcd", "abc", "abc"},
      {"]x", "[]]", "]x", "]x"},     {"abc", "\\", "abc", "abc"},
  };
  for (const auto& row : rows) {
    INFO(row.text << " " << row.pattern);
    CHECK(trim_prefix(row.text, row.pattern, GlobReach::kShortest) == row.shortest);
    CHECK(trim_prefix(row.text, row.pattern, GlobReach::kLongest) == row.longest);
  }
  CHECK(trim_suffix("abcabc", "b*", GlobReach::kShortest) == "abca");
  CHECK(trim_suffix("abcabc", "b*", GlobReach::kLongest) == "a");
  // Reversed, these are no classes and no escapes.
  CHECK(trim_suffix("abcabc", "[bc]", GlobReach::kShortest) == "abcabc");
  CHECK(trim_suffix("ab*", "\\*", GlobReach::kShortest) == "ab*");
}

}  // namespace
}  // namespace lokitail::config
