#include "pipeline/lang/json_parse.h"

#include <string>

#include <catch2/catch.hpp>

#include "pipeline/lang/json_print.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::lang {
namespace {

using pipeline::test::PaddedText;

// The document written anew; "malformed" if it is.
std::string reprint(std::string_view document) {
  const PaddedText text(document);
  Arena arena;
  const auto value = JsonParser().parse_document(text.view(), arena);
  if (!value) return "malformed";
  std::string printed;
  return print_json(printed, *value, JsonStyle::kJsonIterator) ? printed : "unprintable";
}

std::string repeat(std::size_t count, std::string_view text) {
  std::string repeated;
  for (std::size_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
  return "{\"a\":" + repeat(depth, open) + repeat(depth, close) + "}";
}

TEST_CASE("JSON documents are read as json-iterator reads them", "[json]") {
  const struct {
    std::string what;
    std::string document;
    std::string want;
  } rows[] = {
      {"empty object", "{}", "{}"},
      {"null is a document", "null", "null"},
      {"whitespace everywhere", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \r\n", R"({"a":[1,2],"b":{}})"},
      {"all kinds", R"({"a":[true,false,null,1,"x",[],{}]})", R"({"a":[true,false,null,1,"x",[],{}]})"},
      {"a NUL ends the document", std::string("{\"a\":1}\0garbage", 15), R"({"a":1})"},
      {"... and null", std::string("null\0]", 6), "null"},
      {"empty text", "", "malformed"},
      {"blanks", "  ", "malformed"},
      {"array", "[]", "malformed"},
      {"string", "\"a\"", "malformed"},
      {"number", "1", "malformed"},
      {"half of null", "nul", "malformed"},
      {"more than null", "nulll", "malformed"},
      {"byte order mark", "\xEF\xBB\xBF{}", "malformed"},
      {"text behind", "{}x", "malformed"},
      {"object behind", "{}{}", "malformed"},
      {"other blanks", "{\f}", "malformed"},
      {"unclosed", "{", "malformed"},
      {"unclosed with a key", R"({"a")", "malformed"},
      {"unclosed with a colon", R"({"a":)", "malformed"},
      {"unclosed with a value", R"({"a":1)", "malformed"},
      {"unclosed with a comma", R"({"a":1,)", "malformed"},
      {"unclosed array", R"({"a":[1)", "malformed"},
      {"wrong bracket", R"({"a":[1})", "malformed"},
      {"comma at the end", R"({"a":1,})", "malformed"},
      {"comma at an array's end", R"({"a":[1,]})", "malformed"},
      {"comma at the beginning", R"({,"a":1})", "malformed"},
      {"no colon", R"({"a" 1})", "malformed"},
      {"no comma", R"({"a":1 "b":2})", "malformed"},
      {"no key", R"({1:1})", "malformed"},
      {"unquoted key", R"({a:1})", "malformed"},
      {"no value", R"({"a":})", "malformed"},
      {"other literals", R"({"a":True})", "malformed"},
      {"letters behind a literal", R"({"a":truex})", "malformed"},
      {"half a literal at the end", R"({"a":tru)", "malformed"},
      {"NUL inside", std::string("{\"a\":\0}", 7), "malformed"},

      {"null as the first key of the document", R"({null:1})", R"({"":1})"},
      {"null as a later key", R"({"a":1,null:2})", R"({"a":1,"":2})"},
      {"null as the first key further in", R"({"a":{null:1}})", "malformed"},
      {"null as a later key further in", R"({"a":{"b":1,null:2}})", R"({"a":{"b":1,"":2}})"},

      {"a key twice: the last value at the first place", R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
      {"... of another kind", R"({"a":{"b":1},"a":[2]})", R"({"a":[2]})"},
      {"... further in", R"({"x":{"a":1,"a":2,"a":3}})", R"({"x":{"a":3}})"},
      {"... one of them with escapes", R"({"a":1,"\u0061":2})", R"({"a":2})"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(reprint(row.document) == row.want);
  }
}

TEST_CASE("JSON strings are read as json-iterator reads them", "[json]") {
  const struct {
    std::string what;
    std::string text;  // of one string, without its quotes
    std::string want;  // of the value; "malformed" if it is
  } rows[] = {
      {"empty", "", ""},
      {"plain", "abc", "abc"},
      {"all short escapes", R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
      {"Unicode", R"(\u0041\u00e9\u65E5\ud83d\ude00)", "Aé日😀"},
      {"NUL", R"(a\u0000b)", std::string("a\0b", 3)},
      {"raw UTF-8", "é日😀", "é日😀"},
      {"bytes that are no UTF-8", "\xFF\xC0", "\xFF\xC0"},
      {"delete is no control character", "\x7F", "\x7F"},
      {"tab", "\t", "malformed"},
      {"newline", "a\nb", "malformed"},
      {"control character before an escape", "\x01\\n", "malformed"},
      {"control character behind an escape", "\\n\x01\t", "\n\x01\t"},
      {"NUL behind an escape", std::string("\\n\0x", 4), std::string("\n\0x", 3)},
      {"high surrogate alone", R"(\ud83dx)", "\uFFFDx"},
      {"low surrogate alone", R"(\ude00x)", "\uFFFDx"},
      {"high surrogate at the end", R"(\ud83d)", "\uFFFD"},
      {"high surrogate and a short escape", R"(\ud83d\n)", "\uFFFD\n"},
      {"high surrogate and a letter", R"(\ud83d\u0041)", "\uFFFDA"},
      {"two high surrogates", R"(\ud83d\ud83d)", "\uFFFD\uFFFD"},
      {"the second of two high surrogates has lost its pair", R"(\ud83d\ud83d\ude00)", "\uFFFD\uFFFD\uFFFD"},
      {"low before high", R"(\ude00\ud83d)", "\uFFFD\uFFFD"},
      {"noncharacters", R"(\uffff)", "\uFFFF"},
      {"unknown escape", R"(\q)", "malformed"},
      {"escaped newline", "\\\n", "malformed"},
      {"short Unicode escape", R"(\u00e)", "malformed"},
      {"no hexadecimal digit", R"(\u00eg)", "malformed"},
      {"upper-case U", R"(\U0041)", "malformed"},
      {"bad escape behind a high surrogate", R"(\ud83d\q)", "malformed"},
      {"bad second half", R"(\ud83d\uzzzz)", "malformed"},
      {"backslash before the quote", R"(\)", "malformed"},
  };
  for (const auto& row : rows) {
    // At all distances from the beginning of a block that is looked at in one go.
    for (std::size_t prefix = 0; prefix < 130; ++prefix) {
      INFO(row.what << " behind " << prefix << " bytes");
      const std::string before = std::string(prefix, 'p');
      const PaddedText document("{\"k\":\"" + before + row.text + "\"}");
      Arena arena;
      const auto value = JsonParser().parse_document(document.view(), arena);
      if (row.want == "malformed") {
        REQUIRE_FALSE(value);
      } else {
        REQUIRE(value);
        REQUIRE(value->find("k")->text() == before + row.want);
      }
    }
  }
}

TEST_CASE("long JSON strings full of escapes", "[json]") {
  for (std::size_t count = 0; count < 200; ++count) {
    const PaddedText document("{\"k\":\"" + repeat(count, R"(ab\"c\\)") + "\",\"l\":\"z\"}");
    Arena arena;
    const auto value = JsonParser().parse_document(document.view(), arena);
    REQUIRE(value);
    REQUIRE(value->find("k")->text() == repeat(count, "ab\"c\\"));
    REQUIRE(value->find("l")->text() == "z");
  }
}

TEST_CASE("JSON numbers are read as json-iterator reads them", "[json]") {
  constexpr double kMalformed = -42;
  const struct {
    std::string text;
    double want;
  } rows[] = {
      {"0", 0},
      {"-0", 0},
      {"7", 7},
      {"-12.5", -12.5},
      {"0.1", 0.1},
      {"1e3", 1000},
      {"1E+2", 100},
      {"2.5e-3", 0.0025},
      {"0e5", 0},
      {"0.0", 0},
      {"123456789012345678", 123456789012345678.0},
      {"18446744073709551615", 18446744073709551615.0},
      {"18446744073709551616", 18446744073709551616.0},
      {"99999999999999999999", 1e20},
      {"1699999999.1234567", 1699999999.1234567},
      {"9007199254740993", 9007199254740992},
      {"9007199254740993.0", 9007199254740992},
      {"0.30000000000000004", 0.1 + 0.2},
      {"1.7976931348623157e308", 1.7976931348623157e308},
      {"5e-324", 5e-324},
      {"2.2250738585072011e-308", 2.2250738585072011e-308},
      {"1e-400", 0},
      {"0.00e400", 0},
      {"0e99999999999999999999", 0},
      {"1e-99999999999999999999", 0},
      {std::string(300, '9'), 1e300},
      {"0." + std::string(400, '0') + "1e401", 1},
      {"-+1", -1},
      {"-+01.5", -1.5},
      {"-+.5", -0.5},
      {"1e400", kMalformed},
      {"-1e309", kMalformed},
      {std::string(400, '9'), kMalformed},
      {"1e99999999999999999999", kMalformed},
      {"0." + std::string(10, '0') + "1e400", kMalformed},
      {"01", kMalformed},
      {"-01", kMalformed},
      {"00", kMalformed},
      {"+1", kMalformed},
      {".5", kMalformed},
      {"-.5", kMalformed},
      {"1.", kMalformed},
      {"1.e5", kMalformed},
      {"-", kMalformed},
      {"--1", kMalformed},
      {"-+-1", kMalformed},
      {"-+", kMalformed},
      {"-+.", kMalformed},
      {"-e5", kMalformed},
      {"1e", kMalformed},
      {"1e+", kMalformed},
      {"1e5.5", kMalformed},
      {"1.5.5", kMalformed},
      {"1-2", kMalformed},
      {"1+", kMalformed},
      {"0x10", kMalformed},
      {"1_000", kMalformed},
      {"1a", kMalformed},
      {"Infinity", kMalformed},
      {"NaN", kMalformed},
  };
  for (const auto& row : rows) {
    for (const std::string behind : {"}", ",\"z\":1}", "\r}", " }", "\n}"}) {
      INFO(row.text << behind);
      const PaddedText document("{\"k\":" + row.text + behind);
      Arena arena;
      const auto value = JsonParser().parse_document(document.view(), arena);
      REQUIRE(value.has_value() == (row.want != kMalformed));
      if (value) CHECK(value->find("k")->number() == row.want);
    }
  }
  CHECK(reprint(R"({"a":-0})") == R"({"a":-0})");
}

TEST_CASE("deeply nested JSON is read without recursion", "[json]") {
  CHECK(reprint(nested(200, "[", "]")) == nested(200, "[", "]"));
  CHECK(reprint(nested(10000, "[", "]")) == nested(10000, "[", "]"));
  CHECK(reprint(nested(10001, "[", "]")) == "malformed");
  CHECK(reprint(nested(9999, R"({"b":)", "}")) == "malformed");  // no value
  const std::string objects = "{\"a\":" + repeat(9999, R"({"b":)") + "{}" + repeat(9999, "}") + "}";
  CHECK(reprint(objects) == objects);
  CHECK(reprint("{\"a\":" + repeat(100000, "[")) == "malformed");
}

TEST_CASE("objects with many members", "[json]") {
  std::string document = "{";
  for (int i = 0; i < 1000; ++i)
    document += "\"k" + std::to_string(i % 600) + "\":" + std::to_string(i) + ",";
  document.back() = '}';
  const PaddedText text(document);
  Arena arena;
  const auto value = JsonParser().parse_document(text.view(), arena);
  REQUIRE(value);
  REQUIRE(value->members().size() == 600);
  CHECK(value->members()[0].key == "k0");
  CHECK(value->find("k0")->number() == 600);
  CHECK(value->find("k399")->number() == 999);
  CHECK(value->find("k400")->number() == 400);
  CHECK(value->find("k599")->number() == 599);
  CHECK(value->find("k600") == nullptr);
}

TEST_CASE("a document of too many values is left", "[json]") {
  JsonParser parser;
  const auto fits = [&](std::string_view document, std::size_t most) {
    const PaddedText text(document);
    Arena arena;
    const bool is_read = parser.parse_document(text.view(), arena, most).has_value();
    CHECK(is_read != parser.had_too_many_values());
    return is_read;
  };
  for (const char* document : {R"({"a":1,"b":"2","c":true,"d":null})", R"({"a":[[],[[]]]})",
                               R"({"a":{},"b":{"c":{}}})", R"({"a":[{"b":"c"},"d"]})"}) {
    INFO(document);
    // The document itself is one.
    const std::size_t values = std::string_view(document).starts_with(R"({"a":{)") ? 4 : 5;
    CHECK(fits(document, values));
    for (std::size_t most = 0; most < values; ++most) CHECK_FALSE(fits(document, most));
  }
  CHECK_FALSE(fits("{\"a\":[" + repeat(100, "[],") + repeat(100, "null,") + nested(50, "[", "]") + "]}", 20));
  CHECK(fits("{}", JsonParser::kUnlimited));
}

TEST_CASE("every beginning of a JSON document is malformed", "[json]") {
  const std::string document = R"({"a":"x\ty\ud83d\ude00","b":[1.5e3,true,null,{"c":-0.1}],"d":{"e":"f"}})";
  REQUIRE(reprint(document) != "malformed");
  for (std::size_t size = 0; size < document.size(); ++size) {
    INFO(size);
    CHECK(reprint(document.substr(0, size)) == "malformed");
  }
}

TEST_CASE("strict JSON is what Go's encoding/json reads", "[json]") {
  const struct {
    std::string what;
    std::string text;
    std::string want;
  } rows[] = {
      {"scalar", "5", "5"},
      {"string", "\"a\"", "\"a\""},
      {"whitespace", " [1, 2]\n", "[1,2]"},
      {"null", "null", "null"},
      {"object", R"({"a":{"b":null}})", R"({"a":{"b":null}})"},
      {"a word in a string", R"("null:-+1")", R"("null:-+1")"},
      {"no UTF-8", "\"a\xFF\"", "\"a\uFFFD\""},
      {"empty", "", "refused"},
      {"blank", " ", "refused"},
      {"text behind", "1 2", "refused"},
      {"control character behind an escape", "\"\\n\t\"", "refused"},
      {"null as a key", R"({"a":1,null:2})", "refused"},
      {"a plus", "-+1", "refused"},
      {"NUL behind", std::string("1\0", 2), "refused"},
      {"no JSON", "foo", "refused"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    Arena arena;
    const auto value = parse_strict_json(std::string(row.text), arena);
    std::string printed = "refused";
    if (value) printed.clear(), print_json(printed, *value, JsonStyle::kJsonIterator);
    CHECK(printed == row.want);
  }
}

}  // namespace
}  // namespace lokitail::pipeline::lang
