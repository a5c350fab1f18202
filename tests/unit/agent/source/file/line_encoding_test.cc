#include "agent/source/file/line_encoding.h"

#include <catch2/catch.hpp>

#include <vector>

#include "config/text_encoding.h"

namespace lokitail::agent {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kPadding = 64;

std::string decode(std::string_view encoding, std::string_view line) {
  LineEncoding decoder(encoding);
  decoder.begin(line.substr(0, 2), true);
  return std::string(decoder.decode(line, kPadding));
}

// All lines of a text, each where it ends.
std::vector<std::string> lines(std::string_view encoding, std::string_view text) {
  LineEncoding decoder(encoding);
  decoder.begin(text.substr(0, 2), true);
  std::vector<std::string> all;
  while (const char* const end = decoder.first_end(text, true)) {
    const auto size = static_cast<std::size_t>(end + 1 - text.data());
    all.emplace_back(decoder.decode(text.substr(0, size), kPadding));
    text.remove_prefix(size);
  }
  if (!text.empty()) all.emplace_back("rest: " + std::string(decoder.decode(text, kPadding)));
  return all;
}

}  // namespace

TEST_CASE("every encoding with a name can be converted here") {
  for (const std::string_view name : config::text_encoding_names()) {
    INFO(name);
    CHECK_NOTHROW(LineEncoding(name));
  }
  CHECK(config::find_text_encoding("Shift_JIS") != nullptr);
  CHECK(config::find_text_encoding("klingon") == nullptr);
}

TEST_CASE("lines in other encodings") {
  CHECK(decode("iso-8859-1",
               "gr\xF6\xDF"
               "e\n") == "größe");
  CHECK(decode("WINDOWS-1252", "\x93smart\x94 \x80") == "“smart” €");
  CHECK(decode("windows-1252", "a\x81z") == "a\xC2\x81z");
  CHECK(decode("koi8-r", "\xD0\xD2\xC9\xD7\xC5\xD4\n") == "привет");
  CHECK(decode("shift_jis", "\x93\xFA\x96\x7B\x8C\xEA") == "日本語");
  CHECK(decode("euc-jp", "\xC6\xFC\xCB\xDC\n") == "日本");
  CHECK(decode("gbk", "\xD6\xD0\xCE\xC4\n") == "中文");
  CHECK(decode("big5", "\xA4\xA4\xA4\xE5\n") == "中文");
  CHECK(decode("euc-kr", "\xC7\xD1\xB1\xDB\n") == "한글");
  CHECK(decode("gb18030", "\x81\x30\x81\x30\n") == "\xC2\x80");
  CHECK(decode("utf-8", "größe\n") == "größe");
  CHECK(decode("gbk", "") == "");
  CHECK(decode("gbk", "\n") == "");
}

TEST_CASE("what is no character is replaced, and the rest of the line stays") {
  CHECK(decode("shift_jis", "ok \x81\n") == "ok \uFFFD");
  CHECK(decode("shift_jis", "\xFF\xFE bad\n") == "\uFFFD\uFFFD bad");
  CHECK(decode("utf-8", "a\xFFz\n") == "a\uFFFDz");
  CHECK(decode("utf-16le", "a\0\x00\xD8z\0\n\0"sv) == "a\uFFFDz");
  CHECK(decode("us-ascii", std::string(10'000, '\xFF')).size() == 30'000);
}

TEST_CASE("lines of UTF-16 end with a character, not with a byte") {
  // U+0A0A and U+010A have the byte of a newline in them.
  const std::string_view little = "a\0\x0A\x0A\n\0\x0A\x01z\0\n\0"sv;
  CHECK(lines("utf-16le", little) == std::vector<std::string>{"a\u0A0A", "\u010Az"});
  const std::string_view big = "\0a\x0A\x0A\0\n\x01\x0A\0z\0\n"sv;
  CHECK(lines("utf-16be", big) == std::vector<std::string>{"a\u0A0A", "\u010Az"});
  CHECK(lines("utf-16", "\xFE\xFF\0a\0\n\0b\0\n"sv) == std::vector<std::string>{"a", "b"});
  CHECK(lines("utf-16",
              "\xFF\xFE"
              "a\0\n\0b\0\n\0"sv) == std::vector<std::string>{"a", "b"});
  CHECK(lines("utf-16le",
              "\xFF\xFE"
              "a\0\n\0b\0"sv) == std::vector<std::string>{"a", "rest: b"});
}

TEST_CASE("half a newline at the end of the file will do") {
  LineEncoding decoder("utf-16le");
  const std::string_view text = "a\0\n"sv;
  CHECK(decoder.first_end(text, false) == nullptr);
  CHECK(decoder.first_end(text, true) == text.data() + 2);
  CHECK(decoder.decode(text, kPadding) == "a");
  CHECK(decoder.begins_with_half(3, '\0'));
  CHECK_FALSE(decoder.begins_with_half(4, '\0'));
}

}  // namespace lokitail::agent
