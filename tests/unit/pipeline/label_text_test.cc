#include <catch2/catch.hpp>

#include <vector>

#include "pipeline/label_name.h"
#include "pipeline/label_text.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

std::string label_text(std::span<const std::pair<std::string_view, std::string_view>> sorted) {
  std::string out;
  append_label_text(out, sorted);
  return out;
}

TEST_CASE("label values are quoted as Go quotes", "[label_text]") {
  const struct {
    std::string text;
    std::string want;
  } rows[] = {
      {"", R"("")"},
      {"plain text ~!", R"("plain text ~!")"},
      {R"(a"b\c'd)", R"("a\"b\\c'd")"},
      {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
      {std::string("\0\x01\x1F\x7F", 4), R"("\x00\x01\x1f\x7f")"},
      {"é 日本 😀", R"("é 日本 😀")"},
      {"e\u0301", "\"e\u0301\""},
      {"\u0080\u00A0\u00AD\u200B\u2028\uFEFF", R"("\u0080\u00a0\u00ad\u200b\u2028\ufeff")"},
      {"\u3000\uE000\uFFFD", "\"\\u3000\\ue000\uFFFD\""},
      {"\U000E0041\U0010FFFD", R"("\U000e0041\U0010fffd")"},
      {"a\xFF\xC3z\xE2\x82", R"("a\xff\xc3z\xe2\x82")"},
      {"\xED\xA0\x80", R"("\xed\xa0\x80")"},
      {"\xC0\xAF", R"("\xc0\xaf")"},
      {"\xF4\x90\x80\x80", R"("\xf4\x90\x80\x80")"},
  };
  for (const auto& row : rows) {
    std::string quoted;
    append_quoted(quoted, row.text);
    CHECK(quoted == row.want);
  }
}

TEST_CASE("label sets as text", "[label_text]") {
  using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;
  CHECK(label_text(Pairs{}) == "{}");
  CHECK(label_text(Pairs{{"a", "1"}}) == R"({a="1"})");
  CHECK(label_text(Pairs{{"a", ""}, {"b.c", "x\"y"}, {"é", "z"}}) == R"({a="", b.c="x\"y", é="z"})");
}

TEST_CASE("label names", "[label_name]") {
  for (const char* name : {"a", "_", "A9_", "__x__"}) CHECK(is_label_name(name));
  for (const char* name : {"", "9a", "a-b", "a.b", "a b", "é", "a:b"}) CHECK_FALSE(is_label_name(name));
  for (const char* name : {"9a", "a.b", "é", " "}) CHECK(is_utf8_label_name(name));
  for (const char* name : {"", "\xFF", "a\xC3"}) CHECK_FALSE(is_utf8_label_name(name));
}

TEST_CASE("a sanitized label name has one underscore for each character", "[label_name]") {
  CHECK(sanitized_label_name("app.kubernetes.io/name-1") == "app_kubernetes_io_name_1");
  CHECK(sanitized_label_name("1é€😀_") == "1____");
  CHECK(sanitized_label_name("a\xFF\xC3") == "a__");
  CHECK(sanitized_label_name("").empty());
}

TEST_CASE("UTF-8 wherever the odd byte stands", "[utf8]") {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = '\xFF';
      CHECK_FALSE(is_ascii(text));
      CHECK_FALSE(is_utf8(text));
      text.replace(at, 1, "é");
      CHECK_FALSE(is_ascii(text));
      CHECK(is_utf8(text));
    }
  }
  CHECK(is_utf8(""));
}

}  // namespace
}  // namespace lokitail::pipeline
