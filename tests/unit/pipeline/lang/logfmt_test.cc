#include "pipeline/lang/logfmt.h"

#include <catch2/catch.hpp>

#include <string>

namespace lokitail::pipeline::lang {
namespace {

// The pairs as "key=value|key=value|", and "!" at the end of what is no logfmt.
std::string scan(std::string_view text) {
  Arena arena;
  LogfmtScanner scanner(text);
  std::string out;
  while (scanner.next(arena)) {
    out += std::string(scanner.key()) + "=" + std::string(scanner.value()) + "|";
  }
  if (scanner.failed()) out += "!";
  return out;
}

TEST_CASE("logfmt", "[lang][logfmt]") {
  const struct {
    const char* what;
    std::string text;
    std::string want;
  } rows[] = {
      {"nothing", "", ""},
      {"blanks", " \t\r\n\x01 ", ""},
      {"pairs", "a=1 bb=two", "a=1|bb=two|"},
      {"bare keys", "a b= c", "a=|b=|c=|"},
      {"blanks around the equals sign", "a = 1", "a=|!"},
      {"empty in quotes", R"(a="" b="x y")", "a=|b=x y|"},
      {"no blank behind quotes", R"(a="x"b=1)", "a=x|b=1|"},
      {"equals sign in a value", "a=x=y", "!"},
      {"equals sign in quotes", R"(a="x=y")", "a=x=y|"},
      {"no key", "a=1 =2 b=3", "a=1|!"},
      {"quote in a key", "a=1 b\"c=2", "a=1|!"},
      {"quote in a value", "a=1 b=x\"y", "a=1|!"},
      {"quotes do not end", "a=1 b=\"x", "a=1|!"},
      {"quotes end in an escape", R"(a=1 b="x\")", "a=1|!"},
      {"quotes go over a line", "a=1 b=\"x\ny\"", "a=1|!"},
      {"escape over a line", "b=\"x\\\ny\"", "!"},
      {"several lines", "a=1\nb=2\r\n\nc=3", "a=1|b=2|c=3|"},
      {"escapes", R"(a="\"\\\/\'\b\f\n\r\t")", "a=\"\\/'\b\f\n\r\t|"},
      {"unknown escape", R"(a="\x41")", "!"},
      {"code", R"(a="\u0041\u00e9\u20AC")", "a=Aé€|"},
      {"short code", R"(a="\u004")", "!"},
      {"code of other characters", R"(a="\u00g0")", "!"},
      {"pair of codes", R"(a="\ud83d\ude00")", "a=😀|"},
      {"half a pair", R"(a="\ud83dx" b="\ude00" c="\ud83d\u0041")", "a=\uFFFDx|b=\uFFFD|c=\uFFFDA|"},
      {"control character in quotes", "a=\"x\ty\"", "a=x\ty|"},
      {"control character beside an escape", "a=\"x\ty\\\\\"", "!"},
      {"no UTF-8 in a value", "a=\xFF b=\"\xFF\"", "a=\xFF|b=\xFF|"},
      {"no UTF-8 beside an escape", "a=\"\xFF\\\\\xC3\"", "a=\uFFFD\\\uFFFD|"},
      {"no UTF-8 in a key", "a=1 k\xFF=1", "a=1|!"},
      {"replacement character in a key", "\uFFFD=1", "!"},
      {"UTF-8 in a key", "žluť=barva", "žluť=barva|"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(scan(row.text) == row.want);
  }
}

TEST_CASE("logfmt of any length", "[lang][logfmt]") {
  const std::string value(200'000, 'x');
  CHECK(scan("a=" + value + " b=\"\\\\" + value + "\"") == "a=" + value + "|b=\\" + value + "|");
  CHECK(scan("a=\"\\\\" + std::string(50'000, '\xFF') + "\"").size() == 3 + 1 + 150'000);
}

TEST_CASE("values without escapes are views of the text", "[lang][logfmt]") {
  const std::string text = "a=1 b=\"x y\"";
  Arena arena;
  LogfmtScanner scanner(text);
  while (scanner.next(arena)) {
    CHECK(scanner.value().data() > text.data());
    CHECK(scanner.value().data() < text.data() + text.size());
  }
}

}  // namespace
}  // namespace lokitail::pipeline::lang
