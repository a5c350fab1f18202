#include "agent/telemetry/logger/json_text.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include <simdjson.h>

namespace lokitail::telemetry {
namespace {

using namespace std::chrono_literals;

template <typename Append>
std::string written(Append append) {
  TextBuffer out;
  append(out);
  return std::string(out.view());
}

std::string json_string(std::string_view text) {
  return written([&](TextBuffer& out) { append_json_string(out, text); });
}

// What a strict reader makes of it; REQUIREs that it takes it.
std::string read_back(std::string_view text) {
  simdjson::dom::parser parser;
  const std::string json = json_string(text);
  simdjson::dom::element value;
  INFO(json);
  REQUIRE(parser.parse(json).get(value) == simdjson::SUCCESS);
  return std::string(std::string_view(value));
}

// The same in the plainest way: a byte that begins no valid character stands alone.
std::string with_replacements(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t wanted = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (wanted <= text.size() && simdjson::validate_utf8(text.data(), wanted)) {
      out += text.substr(0, wanted);
      text.remove_prefix(wanted);
    } else {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    }
  }
  return out;
}

TEST_CASE("JSON strings are escaped as little as can be") {
  CHECK(json_string("") == R"("")");
  CHECK(json_string("task executed") == R"("task executed")");
  CHECK(json_string("say \"no\"\\\n\r\t\b\f") == R"("say \"no\"\\\n\r\t\b\f")");
  CHECK(json_string(std::string_view("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
  CHECK(json_string("na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x9A\x80 </a>") ==
        "\"na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x9A\x80 </a>\"");
  CHECK(json_string("a\xFF"
                    "b") ==
        "\"a\xEF\xBF\xBD"
        "b\"");
}

TEST_CASE("each sequence of up to three bytes makes valid JSON") {
  // All of one and two, and of three those with a first byte of each kind.
  for (unsigned a = 0; a < 256; ++a) {
    const char one[] = {static_cast<char>(a)};
    if (read_back({one, 1}) != with_replacements({one, 1})) FAIL(a);
    for (unsigned b = 0; b < 256; ++b) {
      const char two[] = {static_cast<char>(a), static_cast<char>(b)};
      if (read_back({two, 2}) != with_replacements({two, 2})) FAIL((a << 8 | b));
    }
  }
  for (const unsigned a : {0x41U, 0x7FU, 0xC1U, 0xC2U, 0xE0U, 0xEDU, 0xEFU, 0xF0U, 0xF4U, 0xF5U}) {
    for (unsigned b = 0x70; b < 256; ++b) {
      for (unsigned c = 0x70; c < 256; c += 3) {
        const char three[] = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        if (read_back({three, 3}) != with_replacements({three, 3})) FAIL((a << 16 | b << 8 | c));
      }
    }
  }
}

TEST_CASE("texts of any bytes make valid JSON") {
  std::mt19937 random(20251107);
  constexpr std::string_view kPieces[] = {
      "plain text",       "\"",           "\\",   "\n",  "\xC3\xA9", "\xE2\x82",
      "\xF0\x9F\x9A\x80", "\xED\xA0\x80", "\xFF", "\x01"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto pieces = random() % 12; pieces > 0; --pieces) {
      if (random() % 2 == 0) {
        text += kPieces[random() % std::size(kPieces)];
      } else {
        text += static_cast<char>(random());
      }
    }
    if (read_back(text) != with_replacements(text)) FAIL(json_string(text));
  }
}

TEST_CASE("numbers are the shortest that read as the same") {
  const auto number = [](auto value) {
    return written([&](TextBuffer& out) { append_json_number(out, value); });
  };
  CHECK(number(0.5) == "0.5");
  CHECK(number(2500.0) == "2500");
  CHECK(number(45e6) == "45000000");
  CHECK(number(1e15) == "1e+15");
  CHECK(number(-36893488147419099136.0) == "-3.68934881474191e+19");
  CHECK(number(-0.0000012345678901234567) == "-0.0000012345678901234567");
  CHECK(number(1e-7) == "1e-07");
  CHECK(number(0.0) == "0");
  CHECK(number(0.1F) == "0.1");
  CHECK(number(-1.2345678901234567e-308) == "-1.2345678901234567e-308");
  CHECK(number(std::nan("")) == "\"NaN\"");
  CHECK(number(std::numeric_limits<double>::infinity()) == "\"+Inf\"");
  CHECK(number(-std::numeric_limits<float>::infinity()) == "\"-Inf\"");
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    double value = 0;
    const std::uint64_t bits = random();
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = number(value);
    simdjson::dom::parser parser;
    if (double(parser.parse("[" + text + "]").at(0)) != value) FAIL(text);
  }
}

TEST_CASE("durations are milliseconds with the places they need") {
  const auto milliseconds = [](std::chrono::nanoseconds time) {
    return written([&](TextBuffer& out) { append_milliseconds(out, time); });
  };
  CHECK(milliseconds(2500ms) == "2500");
  CHECK(milliseconds(0ns) == "0");
  CHECK(milliseconds(125us) == "0.125");
  CHECK(milliseconds(1ns) == "0.000001");
  CHECK(milliseconds(-1500us) == "-1.5");
  CHECK(milliseconds(std::chrono::nanoseconds::min()) == "-9223372036854.775808");
}

TEST_CASE("bytes are base64") {
  const auto base64 = [](std::string_view text) {
    return written([&](TextBuffer& out) { append_base64(out, std::as_bytes(std::span(text))); });
  };
  // The vectors of RFC 4648, section 10.
  CHECK(base64("") == R"("")");
  CHECK(base64("f") == R"("Zg==")");
  CHECK(base64("fo") == R"("Zm8=")");
  CHECK(base64("foobar") == R"("Zm9vYmFy")");
  CHECK(base64("\xFB\xFF") == R"("+/8=")");
}

TEST_CASE("a long text moves to the heap whole") {
  const std::string text(10'000, 'x');
  CHECK(json_string(text) == '"' + text + '"');
}

}  // namespace
}  // namespace lokitail::telemetry
