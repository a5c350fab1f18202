#include "pipeline/lang/json_print.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "pipeline/lang/json_parse.h"

namespace lokitail::pipeline::lang {
namespace {

std::string format(double number) {
  char text[kMaxNumberText];
  return {text, format_number(number, text)};
}

TEST_CASE("numbers as text are the shortest without exponent", "[json]") {
  const struct {
    double number;
    std::string want;
  } rows[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-12, "-12"},
      {1.5, "1.5"},
      {0.1, "0.1"},
      {-0.001, "-0.001"},
      {1234567.891, "1234567.891"},
      {1234567890.5, "1234567890.5"},
      {1e-7, "0.0000001"},
      {1.25e-7, "0.000000125"},
      {9007199254740991, "9007199254740991"},
      {9007199254740992, "9007199254740992"},
      {12345678901234567890.0, "12345678901234567000"},
      {1e21, "1000000000000000000000"},
      {1.5e25, "15000000000000000000000000"},
      {std::numeric_limits<double>::max(), "17976931348623157" + std::string(292, '0')},
      {std::numeric_limits<double>::denorm_min(), "0." + std::string(323, '0') + "5"},
      {-2.2250738585072014e-308, "-0." + std::string(307, '0') + "22250738585072014"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
  };
  for (const auto& row : rows) CHECK(format(row.number) == row.want);
}

TEST_CASE("numbers as text read back as themselves", "[json]") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    const std::string text = format(number);
    CHECK(text.size() <= kMaxNumberText);
    CHECK(text.find('e') == std::string::npos);
    REQUIRE(std::strtod(text.c_str(), nullptr) == number);
  }
}

TEST_CASE("strings are escaped as Go's libraries do", "[json]") {
  const struct {
    std::string what;
    std::string text;
    std::string want;
    std::string want_encoding_json;
  } rows[] = {
      {"plain", "abc é日😀 '/\x7F", "\"abc é日😀 '/\x7F\"", ""},
      {"quotes", "a\"b\\c", R"("a\"b\\c")", ""},
      {"HTML", "<b>&", R"("\u003cb\u003e\u0026")", ""},
      {"blanks", "\n\r\t", R"("\n\r\t")", ""},
      {"backspace and form feed", "\b\f", R"("\u0008\u000c")", R"("\b\f")"},
      {"control characters", std::string("\0\x01\x1F", 3), R"("\u0000\u0001\u001f")", ""},
      {"separators", "\u2028\u2029\u2030", "\"\\u2028\\u2029\u2030\"", ""},
      {"no UTF-8", "a\xFF\xC3", R"("a\ufffd\ufffd")", ""},
      {"surrogate as UTF-8", "\xED\xA0\x80", R"("\ufffd\ufffd\ufffd")", ""},
      {"U+FFFD itself", "\uFFFD", "\"\uFFFD\"", ""},
      {"empty", "", "\"\"", ""},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    std::string out = "x";
    append_json_string(out, row.text);
    CHECK(out == "x" + row.want);
    out.clear();
    append_json_string(out, row.text, JsonStyle::kEncodingJson);
    CHECK(out == (row.want_encoding_json.empty() ? row.want : row.want_encoding_json));
  }
}

TEST_CASE("containers are written in two styles", "[json]") {
  const struct {
    std::string text;
    std::string want;
    std::string want_encoding_json;
  } rows[] = {
      {"[1.0,1e3,1e20,1e21,1e-6,1e-7,-1e-7,1.5e-10,1e100,1e-100,123456789012345678,-0]",
       "[1,1000,100000000000000000000,1e+21,0.000001,1e-07,-1e-07,1.5e-10,1e+100,1e-100,"
       "123456789012345680,-0]",
       "[1,1000,100000000000000000000,1e+21,0.000001,1e-7,-1e-7,1.5e-10,1e+100,1e-100,"
       "123456789012345680,-0]"},
      {R"({"b":1,"a":{"d":[],"c":{}},"":null})", R"({"b":1,"a":{"d":[],"c":{}},"":null})",
       R"({"":null,"a":{"c":{},"d":[]},"b":1})"},
      {R"([true,false,null,"<"])", R"([true,false,null,"\u003c"])", R"([true,false,null,"\u003c"])"},
  };
  for (const auto& row : rows) {
    Arena arena;
    const auto value = parse_strict_json(row.text, arena);
    REQUIRE(value);
    std::string out;
    CHECK(print_json(out, *value, JsonStyle::kJsonIterator));
    CHECK(out == row.want);
    out.clear();
    CHECK(print_json(out, *value, JsonStyle::kEncodingJson));
    CHECK(out == row.want_encoding_json);
  }
}

TEST_CASE("what is no JSON is not written", "[json]") {
  const JsonValue items[] = {JsonValue(std::numeric_limits<double>::quiet_NaN())};
  std::string out;
  CHECK_FALSE(print_json(out, JsonValue(items), JsonStyle::kJsonIterator));
  CHECK_FALSE(print_json(out, JsonValue(std::numeric_limits<double>::infinity()), JsonStyle::kEncodingJson));
  out.clear();
  CHECK(print_json(out, JsonValue::null_document(), JsonStyle::kJsonIterator));
  CHECK(out == "null");
}

TEST_CASE("values are compared as Go's DeepEqual does", "[json]") {
  const struct {
    std::string left;
    std::string right;
    bool want;
  } rows[] = {
      {"1", "1.0", true},
      {"0", "-0", true},
      {"1", "\"1\"", false},
      {"null", "false", false},
      {"[]", "{}", false},
      {"[1,[2]]", "[1,[2]]", true},
      {"[1,[2]]", "[1,[3]]", false},
      {"[1]", "[1,1]", false},
      {R"({"a":1,"b":[{}]})", R"({"b":[{}],"a":1})", true},
      {R"({"a":1})", R"({"b":1})", false},
      {R"({"a":1})", R"({"a":1,"b":1})", false},
  };
  for (const auto& row : rows) {
    INFO(row.left << " and " << row.right);
    Arena arena;
    const auto left = parse_strict_json(row.left, arena);
    const auto right = parse_strict_json(row.right, arena);
    REQUIRE(left);
    REQUIRE(right);
    CHECK(deep_equal(*left, *right) == row.want);
    CHECK(deep_equal(*right, *left) == row.want);
  }
  const JsonValue nan(std::numeric_limits<double>::quiet_NaN());
  CHECK_FALSE(deep_equal(nan, nan));
  CHECK(deep_equal(JsonValue::null_document(), JsonValue::null_document()));
  CHECK_FALSE(deep_equal(JsonValue::null_document(), JsonValue(std::span<const JsonMember>())));
}

TEST_CASE("large objects are compared member by member", "[json]") {
  std::string left = "{";
  std::string right = "{";
  for (int i = 0; i < 100; ++i) {
    left += "\"" + std::to_string(i) + "\":1,";
    right += "\"" + std::to_string(99 - i) + "\":1,";
  }
  left.back() = right.back() = '}';
  Arena arena;
  CHECK(deep_equal(*parse_strict_json(left, arena), *parse_strict_json(right, arena)));
  right.insert(right.size() - 2, "0");
  CHECK_FALSE(deep_equal(*parse_strict_json(left, arena), *parse_strict_json(right, arena)));
}

}  // namespace
}  // namespace lokitail::pipeline::lang
